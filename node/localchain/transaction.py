"""Signed transactions: reading them from bytes, who signed them, and signing for the development accounts."""

from dataclasses import dataclass, field

import coincurve
import rlp
from eth_hash.auto import keccak
from rlp.exceptions import RLPException

HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0
FEE_MARKET = 2


class InvalidTransaction(Exception):
    """Bytes that are no transaction."""


@dataclass(slots=True, eq=False)
class Transaction:
    """A transaction as py-evm wants to see it; a legacy one has its gas price as both fees."""

    type_id: int
    chain_id: int | None
    """None for a legacy transaction from before EIP-155."""
    nonce: int
    max_priority_fee_per_gas: int
    max_fee_per_gas: int
    gas: int
    to: bytes
    """Empty when a contract is created."""
    value: int
    data: bytes
    access_list: tuple[tuple[bytes, tuple[int, ...]], ...] = ()
    v: int = 0
    r: int = 0
    s: int = 0
    raw: bytes = b""
    hash: bytes = b""
    sender: bytes | None = None
    """None when the signature is nobody's."""
    order: int = 0
    """When it came into the pool."""
    intrinsic_gas: int = field(init=False)

    def __post_init__(self) -> None:
        zeros = self.data.count(0)
        gas = 21_000 + zeros * 4 + (len(self.data) - zeros) * 16
        if not self.to:
            gas += 32_000 + (len(self.data) + 31) // 32 * 2
        for _, slots in self.access_list:
            gas += 2400 + 1900 * len(slots)
        self.intrinsic_gas = gas

    @property
    def gas_price(self) -> int:
        return self.max_fee_per_gas

    @property
    def cost(self) -> int:
        """The sum that the sender must be able to pay."""
        return self.gas * self.max_fee_per_gas + self.value

    def price(self, base_fee: int) -> int:
        """The price of each gas in a block with that base fee."""
        return min(self.max_fee_per_gas, base_fee + self.max_priority_fee_per_gas)

    def validate(self) -> None:
        """py-evm's own checks, which the pool and the miner have made."""


def _number(field_: bytes) -> int:
    if field_[:1] == b"\0" or len(field_) > 32:
        raise InvalidTransaction("rlp: non-canonical integer (leading zero bytes)")
    return int.from_bytes(field_, "big")


def _sender(digest: bytes, parity: int, r: int, s: int) -> bytes | None:
    if not (0 < r < 1 << 256 and 0 < s <= HALF_ORDER and parity in (0, 1)):
        return None
    signature = r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes([parity])
    try:
        key = coincurve.PublicKey.from_signature_and_message(signature, digest, hasher=None)
    except Exception:  # coincurve raises bare exceptions for a signature without a key
        return None
    return keccak(key.format(compressed=False)[1:])[12:]


def decode(raw: bytes, sender: bytes | None = None) -> Transaction:
    """The transaction in `raw`, of type 0 or 2; its sender is None when the signature is invalid.

    A caller that knows the sender gives it, and saves the most expensive part.
    """
    if not raw:
        raise InvalidTransaction("rlp: value size exceeds available input length")
    try:
        if raw[0] == FEE_MARKET:
            return _fee_market(raw, rlp.decode(raw[1:]), sender)
        if raw[0] < 0x80:
            raise InvalidTransaction("transaction type not supported")
        return _legacy(raw, rlp.decode(raw), sender)
    except (RLPException, ValueError, TypeError, AttributeError) as error:
        raise InvalidTransaction(f"rlp: {error}") from error


def _legacy(raw: bytes, fields: list[bytes], known: bytes | None) -> Transaction:
    nonce, price, gas, to, value, data, v_bytes, r_bytes, s_bytes = fields
    v, r, s = _number(v_bytes), _number(r_bytes), _number(s_bytes)
    chain_id = (v - 35) // 2 if v >= 35 else None
    tail = [] if chain_id is None else [_bytes(chain_id), b"", b""]
    digest = keccak(rlp.encode([nonce, price, gas, to, value, data, *tail]))
    parity = v - 27 if chain_id is None else (v - 35) % 2
    return Transaction(
        0, chain_id, _number(nonce), _number(price), _number(price), _number(gas), _address(to), _number(value), data,
        v=v, r=r, s=s, raw=raw, hash=keccak(raw), sender=known or _sender(digest, parity, r, s),
    )


def _fee_market(raw: bytes, fields: list, known: bytes | None) -> Transaction:
    chain_id, nonce, tip, fee, gas, to, value, data, access, v_bytes, r_bytes, s_bytes = fields
    v, r, s = _number(v_bytes), _number(r_bytes), _number(s_bytes)
    digest = keccak(b"\x02" + rlp.encode(fields[:9]))
    access_list = tuple(
        (_address(address), tuple(int.from_bytes(slot, "big") for slot in slots)) for address, slots in access
    )
    return Transaction(
        FEE_MARKET, _number(chain_id), _number(nonce), _number(tip), _number(fee), _number(gas), _address(to),
        _number(value), data, access_list, v=v, r=r, s=s, raw=raw, hash=keccak(raw),
        sender=known or _sender(digest, v, r, s),
    )


def _address(field_: bytes) -> bytes:
    if len(field_) not in (0, 20):
        raise InvalidTransaction("rlp: input string too short for common.Address")
    return field_


def _bytes(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def sign(key: bytes, chain_id: int, nonce: int, to: bytes, value: int, data: bytes, gas: int, fees: tuple[int, ...],
         is_protected: bool = True) -> bytes:
    """Signed bytes: of type 2 when `fees` are tip and maximum, of type 0 when it is a gas price alone."""
    fields = [_bytes(nonce), *(_bytes(fee) for fee in fees), _bytes(gas), to, _bytes(value), data]
    private = coincurve.PrivateKey(key)
    if len(fees) == 2:
        fields = [_bytes(chain_id), *fields, []]
        signature = private.sign_recoverable(keccak(b"\x02" + rlp.encode(fields)), hasher=None)
        v = signature[64]
    else:
        tail = [_bytes(chain_id), b"", b""] if is_protected else []
        signature = private.sign_recoverable(keccak(rlp.encode([*fields, *tail])), hasher=None)
        v = signature[64] + (chain_id * 2 + 35 if is_protected else 27)
    numbers = [v, int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big")]
    body = rlp.encode([*fields, *(_bytes(number) for number in numbers)])
    return b"\x02" + body if len(fees) == 2 else body
