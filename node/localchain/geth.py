"""The rules of geth's pool: 1.13.8, and 1.9.7 for chains without EIP-1559; both with `--txpool.nolocals`."""

from .block import GAS_LIMIT
from .chain import Chain
from .errors import RPCError
from .pool import PoolLimits
from .rules import Rules, reason
from .transaction import InvalidTransaction, Transaction, decode

USUAL = PoolLimits(16, 1_000_000, 64, 1024)
"""geth's limits, but for the one on all accounts together, which no test reaches."""
PRICE_BUMP = 10


class GethRules(Rules):
    """Nonces behind a gap are queued, and the highest of them forgotten when one account has more than 64.

    Nobody is told: the hash was answered before.
    """

    name = "geth"

    def admit(self, chain: Chain, raw: bytes) -> Transaction:
        transaction = self._read(chain, raw)
        if transaction.hash in chain.pool:
            raise RPCError(f"known transaction: {transaction.hash.hex()}" if chain.is_legacy else "already known")
        self._check(chain, transaction)
        self._check_state(chain, transaction)
        self._check_replacement(chain, transaction)
        limits = chain.options.pool or USUAL
        self._check_room(chain, transaction, limits)
        chain.pool.add(transaction)
        chain.pool.truncate(limits, transaction.sender)
        return transaction

    def _check_room(self, chain: Chain, transaction: Transaction, limits: PoolLimits) -> None:
        """A full pool takes only what pays more than the cheapest there, and calls the others underpriced."""
        if len(chain.pool) < limits.global_slots + limits.global_queue:
            return
        cheapest = min(chain.pool, key=lambda other: other.max_priority_fee_per_gas)
        if transaction.max_priority_fee_per_gas <= cheapest.max_priority_fee_per_gas:
            raise RPCError("transaction underpriced")
        chain.pool.remove(cheapest)

    def _read(self, chain: Chain, raw: bytes) -> Transaction:
        if chain.is_legacy and raw[:1] == b"\x02":
            raise RPCError("rlp: expected input list for types.txdata")
        try:
            transaction = decode(raw)
        except InvalidTransaction as error:
            raise RPCError(str(error)) from error
        fee = transaction.gas * transaction.max_fee_per_gas / 10**18
        if chain.fee_cap and fee > chain.fee_cap:
            raise RPCError(f"tx fee ({fee:.2f} ether) exceeds the configured cap ({chain.fee_cap:.2f} ether)")
        if transaction.chain_id is None and not chain.is_legacy:
            raise RPCError("only replay-protected (EIP-155) transactions allowed over RPC")
        return transaction

    def _check(self, chain: Chain, transaction: Transaction) -> None:
        if transaction.gas > GAS_LIMIT:
            raise RPCError("exceeds block gas limit")
        if transaction.max_priority_fee_per_gas > transaction.max_fee_per_gas:
            raise RPCError(
                "max priority fee per gas higher than max fee per gas: "
                f"maxPriorityFeePerGas: {transaction.max_priority_fee_per_gas}, "
                f"maxFeePerGas: {transaction.max_fee_per_gas}"
            )
        if transaction.sender is None or transaction.chain_id not in (None, chain.chain_id):
            raise RPCError("invalid sender")
        if transaction.gas < transaction.intrinsic_gas:
            numbers = f": needed {transaction.intrinsic_gas}, allowed {transaction.gas}"
            raise RPCError("intrinsic gas too low" + ("" if chain.is_legacy else numbers))
        tip, least = transaction.max_priority_fee_per_gas, chain.options.min_tip
        if tip < least:
            numbers = f": gas tip cap {tip}, minimum needed {least}"
            raise RPCError("transaction underpriced" + ("" if chain.is_legacy else numbers))

    def _check_state(self, chain: Chain, transaction: Transaction) -> None:
        nonce, balance, _ = chain.world.account(transaction.sender)
        if transaction.nonce < nonce:
            numbers = f": next nonce {nonce}, tx nonce {transaction.nonce}"
            raise RPCError("nonce too low" + ("" if chain.is_legacy else numbers))
        words = "insufficient funds for gas * price + value"
        cost = transaction.cost
        if cost > balance:
            numbers = f": balance {balance}, tx cost {cost}, overshot {cost - balance}"
            raise RPCError(words + ("" if chain.is_legacy else numbers))
        if chain.is_legacy:
            return
        spent = sum(other.cost for other in chain.pool.executable(transaction.sender))
        old = chain.pool.at(transaction.sender, transaction.nonce)
        if old is not None and old.nonce < chain.pool.next_nonce(transaction.sender):
            more, name = cost - old.cost, "tx bumped"
        else:
            more, name = cost, "tx cost"
        if spent + more > balance:
            raise RPCError(
                f"{words}: balance {balance}, queued cost {spent}, {name} {more}, overshot {spent + more - balance}"
            )

    def _check_replacement(self, chain: Chain, transaction: Transaction) -> None:
        old = chain.pool.at(transaction.sender, transaction.nonce)
        if old is None:
            return
        fees = [
            (old.max_fee_per_gas, transaction.max_fee_per_gas),
            (old.max_priority_fee_per_gas, transaction.max_priority_fee_per_gas),
        ]
        if any(now <= before or now < before * (100 + PRICE_BUMP) // 100 for before, now in fees):
            raise RPCError("replacement transaction underpriced")

    def reverted(self, error: str, output: bytes) -> RPCError:
        if error != "Revert":
            return RPCError("out of gas" if error == "OutOfGas" else "invalid opcode")
        text = reason(output)
        return RPCError(
            "execution reverted" + ("" if text is None else f": {text}"), 3, f"0x{output.hex()}"
        )
