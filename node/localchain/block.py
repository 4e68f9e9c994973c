"""Blocks and what is kept of the transactions in them."""

from dataclasses import dataclass, field

import rlp
from eth_hash.auto import keccak

from .transaction import Transaction
from .world import Account, Key

GAS_LIMIT = 30_000_000
FIRST_BASE_FEE = 1_000_000_000
COINBASE = bytes.fromhex("c014ba5ec014ba5ec014ba5ec014ba5ec014ba5e")
NO_UNCLES = keccak(rlp.encode([]))

Values = dict[Key, Account | int | None]


@dataclass(slots=True, eq=False)
class Mined:
    """A transaction and its receipt."""

    transaction: Transaction
    index: int
    is_success: bool
    gas_used: int
    cumulative_gas: int
    contract: bytes | None
    logs: list[tuple[bytes, tuple[int, ...], bytes]]
    block: "Block" = field(repr=False)
    output: bytes = b""
    error: str = ""
    """The name of py-evm's error; like the output it is known to the process that mined it only."""


@dataclass(slots=True, eq=False)
class Block:
    """A header, its transactions, and what they changed."""

    number: int
    parent: bytes
    timestamp: int
    mix_hash: bytes
    base_fee: int | None
    """None on a chain without EIP-1559."""
    gas_used: int = 0
    transactions: list[Mined] = field(default_factory=list)
    state_root: bytes = b""
    transactions_root: bytes = b""
    receipts_root: bytes = b""
    hash: bytes = b""
    size: int = 0
    before: Values = field(default_factory=dict, repr=False)
    """The values of the keys that this block changed, from before: undoes it."""

    def seal(self, parent_root: bytes, changes: Values) -> None:
        """Computes roots and hash, when everything in it is final.

        The three roots are hashes over the same contents, not those of Merkle tries: see README.md.
        """
        changed = b"".join(repr(item).encode() for item in sorted(changes.items(), key=repr))
        self.state_root = keccak(parent_root + changed)
        self.transactions_root = keccak(b"".join(mined.transaction.hash for mined in self.transactions))
        receipts = [(m.is_success, m.gas_used, m.contract, m.logs) for m in self.transactions]
        self.receipts_root = keccak(repr(receipts).encode())
        header = [
            self.parent, NO_UNCLES, COINBASE, self.state_root, self.transactions_root,
            self.receipts_root, bytes(256), b"",
            _bytes(self.number), _bytes(GAS_LIMIT), _bytes(self.gas_used), _bytes(self.timestamp), b"",
            self.mix_hash, bytes(8),
        ]
        if self.base_fee is not None:
            header.append(_bytes(self.base_fee))
        encoded = rlp.encode(header)
        self.hash = keccak(encoded)
        self.size = len(encoded) + sum(len(mined.transaction.raw) for mined in self.transactions)

    def next_base_fee(self) -> int | None:
        """EIP-1559's rule."""
        if self.base_fee is None:
            return None
        target = GAS_LIMIT // 2
        change = self.base_fee * abs(self.gas_used - target) // target // 8
        if self.gas_used > target:
            return self.base_fee + max(change, 1)
        return self.base_fee - change


def _bytes(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")
