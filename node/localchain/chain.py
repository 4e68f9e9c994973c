"""The chain: its blocks, its pool, and mining."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from . import record
from .accounts import BALANCE, KEYS
from .block import COINBASE, FIRST_BASE_FEE, GAS_LIMIT, Block, Mined, Values
from .errors import RPCError
from .journal import Journal
from .machine import Machine, Surroundings
from .pool import Pool, PoolLimits
from .rules import Rules
from .transaction import Transaction
from .world import World


@dataclass(slots=True)
class ChainOptions:
    chain_id: int = 31337
    accounts: int = 10
    is_legacy: bool = False
    """No base fee, no transactions of type 2."""
    gas_price: int | None = None
    """The price of gas, fixed; None follows EIP-1559's rule."""
    fee_cap: float = 0
    """The most that a transaction's gas may cost in coins, with geth's rules; 0 is no cap."""
    genesis_time: int | None = None
    """None makes another genesis at each start."""
    data: str | None = None
    state_blocks: int | None = None
    """For how many blocks before the newest one state can be asked for; None is for all, as an archive has it."""
    min_tip: int = 1
    """The least tip that geth's rules take, its `--txpool.pricelimit`."""
    tip: int = 1_000_000_000
    """The tip that `eth_maxPriorityFeePerGas` proposes, while the price of gas is not fixed."""
    pool: PoolLimits | None = None
    """The transactions that geth's rules keep of one account and of all; None is more than any test sends."""


class Chain:
    def __init__(self, options: ChainOptions, rules: Rules) -> None:
        self.options = options
        self.rules = rules
        self.is_automining = True
        self.chain_id = options.chain_id
        self.is_legacy = options.is_legacy
        self.fee_cap = options.fee_cap
        self.gas_price = options.gas_price
        self.world = World()
        self.machine = Machine(self.world)
        self.pool = Pool(self.world)
        self.blocks: list[Block] = []
        self.mined: dict[bytes, Mined] = {}
        self._snapshots: list[tuple[int, list[Transaction]]] = []
        self.by_hash: dict[bytes, Block] = {}
        self.journal = Journal(options.data)
        for item in self.journal.read():
            self._replay(item)
        if not self.blocks:
            self._begin()

    # Reading

    @property
    def head(self) -> Block:
        return self.blocks[-1]

    @property
    def base_fee(self) -> int:
        """Of the next block; 0 on a chain without."""
        if self.is_legacy:
            return 0
        return self.head.next_base_fee() if self.gas_price is None else self.gas_price

    @property
    def least_price(self) -> int:
        """The price of gas in the next block."""
        return self.gas_price or 0 if self.is_legacy else self.base_fee

    @property
    def usual_price(self) -> int | None:
        """The price of gas in the last blocks: the 60th percentile, as an oracle takes it; None without any.

        So it follows whoever pays more than it says.
        """
        recent = [mined for block in self.blocks[-20:] for mined in block.transactions]
        prices = sorted(mined.transaction.price(mined.block.base_fee or 0) for mined in recent)
        return prices[(len(prices) - 1) * 60 // 100] if prices else None

    @property
    def has_work(self) -> bool:
        """Whether the pool has a transaction for the next block."""
        return self.pool.in_order(self.base_fee, self.least_price).next() is not None

    @contextmanager
    def as_of(self, number: int) -> Iterator[World]:
        """The world as it was after that block, for the time of the `with`; nothing written there stays."""
        kept = self.options.state_blocks
        if kept is not None and number < self.head.number - kept:
            root = self.blocks[number].state_root.hex()
            raise RPCError(f"missing trie node {root} (path ) state 0x{root} is not available, not found")
        checkpoint = self.world.record()
        try:
            for block in reversed(self.blocks[number + 1 :]):
                for key, value in block.before.items():
                    self.world.write(key, value)
            yield self.world
        finally:
            self.world.discard(checkpoint)

    def surroundings(self, parent: Block, timestamp: int, base_fee: int, mix_hash: bytes = bytes(32)) -> Surroundings:
        ancestors = [block.hash for block in self.blocks[max(0, parent.number - 255) : parent.number + 1]]
        ancestors.reverse()
        return Surroundings(
            COINBASE, timestamp, parent.number + 1, GAS_LIMIT, base_fee, mix_hash, ancestors, self.chain_id
        )

    # Sending

    def submit(self, raw: bytes) -> Transaction:
        """Takes a transaction, and mines it when that is the mode."""
        transaction = self.rules.admit(self, raw)
        if self.is_automining:
            while transaction.hash in self.pool and self.has_work:
                self.mine()
            mined = self.mined.get(transaction.hash)
            if mined is not None and not mined.is_success and (error := self.rules.failed(mined)) is not None:
                raise error
        return transaction

    # Mining

    def mine(self, transactions: list[Transaction] | None = None) -> Block:
        """Adds a block with what the pool has for it, or with just these transactions."""
        parent = self.head
        base_fee = self.base_fee
        block = Block(
            parent.number + 1, parent.hash, max(parent.timestamp + 1, int(time.time())), os.urandom(32),
            None if self.is_legacy else base_fee,
        )
        self.machine.enter(self.surroundings(parent, block.timestamp, base_fee, block.mix_hash))
        try:
            if transactions is None:
                self._fill(block, base_fee)
            else:
                for transaction in transactions:
                    self._run(transaction, block)
        except Exception:
            self.world.discard(0)
            raise
        changes, block.before = self.world.take_changes()
        block.seal(parent.state_root, changes)
        self._append(block)
        self.journal.add({"block": record.block_record(block, changes)})
        if len(self.pool):
            self.pool.tidy()
        return block

    def _fill(self, block: Block, base_fee: int) -> None:
        order = self.pool.in_order(base_fee, self.least_price)
        while (item := order.next()) is not None:
            transaction, rest = item
            if transaction.gas > GAS_LIMIT - block.gas_used:
                continue
            self.pool.remove(transaction)
            # A transaction that cannot be paid is dropped without a word; those behind it have a gap before them now.
            if self._run(transaction, block):
                order.go_on(rest)

    def _run(self, transaction: Transaction, block: Block) -> bool:
        nonce, balance, _ = self.world.account(transaction.sender)
        can_pay = transaction.cost <= balance and transaction.max_fee_per_gas >= (block.base_fee or 0)
        if transaction.nonce != nonce or not can_pay:
            return False
        outcome = self.machine.run(transaction)
        block.gas_used += outcome.gas_used
        block.transactions.append(
            Mined(
                transaction, len(block.transactions), outcome.is_success, outcome.gas_used, block.gas_used,
                outcome.contract, outcome.logs, block, outcome.output, outcome.error,
            )
        )
        return True

    def _append(self, block: Block) -> None:
        self.blocks.append(block)
        self.by_hash[block.hash] = block
        for mined in block.transactions:
            self.mined[mined.transaction.hash] = mined

    # Changing the past

    def reset(self) -> None:
        """A new chain from its genesis on; the pool is empty."""
        self.journal.clear()
        self.world.values.clear()
        self.blocks.clear()
        self.by_hash.clear()
        self.mined.clear()
        self.pool.clear()
        self._begin()

    def rewind(self, depth: int) -> list[Block]:
        """Takes the last blocks away, and answers them, oldest first."""
        if not 0 < depth < len(self.blocks):
            raise RPCError(f"there are {len(self.blocks) - 1} blocks after the genesis, not {depth}")
        gone = self.blocks[-depth:]
        self._cut(depth)
        self.journal.add({"rewind": depth})
        return gone

    def snapshot(self) -> int:
        """Remembers blocks and pool; answers the number by which `revert` brings them back."""
        self._snapshots.append((self.head.number, list(self.pool)))
        return len(self._snapshots)

    def revert(self, number: int) -> bool:
        """Goes back to a snapshot, which is used up with all that came after it, as Hardhat and ganache do.

        Transactions of the blocks that are gone are forgotten.
        """
        if not 0 < number <= len(self._snapshots):
            return False
        height, waiting = self._snapshots[number - 1]
        del self._snapshots[number - 1 :]
        if self.head.number > height:
            self.rewind(self.head.number - height)
        self.pool.clear()
        for transaction in waiting:
            self.pool.add(transaction)
        return True

    def _cut(self, depth: int) -> None:
        for block in reversed(self.blocks[-depth:]):
            for key, value in block.before.items():
                self.world.write(key, value)
            del self.by_hash[block.hash]
            for mined in block.transactions:
                del self.mined[mined.transaction.hash]
        del self.blocks[-depth:]
        self.world.log.clear()

    def reorganize(self, depth: int, drop: set[bytes], returns: bool) -> list[Block]:
        """Replaces the last blocks by as many others, in which the dropped transactions are not.

        A transaction that cannot be mined without them goes back into the pool; they do so only if `returns`.
        """
        blocks = []
        waiting: list[Transaction] = []
        for old in self.rewind(depth):
            transactions = [mined.transaction for mined in old.transactions]
            waiting += [t for t in transactions if t.hash in drop and returns]
            block = self.mine([t for t in transactions if t.hash not in drop])
            waiting += [t for t in transactions if t.hash not in drop and t.hash not in self.mined]
            blocks.append(block)
        for transaction in waiting:
            self.pool.add(transaction)
        self.pool.tidy()
        return blocks

    def patch(self, values: Values) -> None:
        """Changes the world by decree, as part of the last block."""
        for key, value in values.items():
            self.world.write(key, value)
        changes, before = self.world.take_changes()
        for key, value in before.items():
            self.head.before.setdefault(key, value)
        self.journal.add({"patch": record.values_record(changes)})

    # The beginning, and what was before

    def _begin(self) -> None:
        is_fresh = self.options.genesis_time is None
        block = Block(
            0, bytes(32), int(time.time()) if is_fresh else self.options.genesis_time,
            os.urandom(32) if is_fresh else bytes(32), None if self.is_legacy else self.gas_price or FIRST_BASE_FEE,
        )
        for address in list(KEYS)[: self.options.accounts]:
            self.world.write(address, (0, BALANCE, b""))
        changes, _ = self.world.take_changes()
        block.seal(b"", changes)
        self._append(block)
        self.journal.add({"block": record.block_record(block, changes)})
        self.journal.sync()

    def _replay(self, item: dict) -> None:
        if "rewind" in item:
            self._cut(item["rewind"])
            return
        changes = record.values(item["patch"] if "patch" in item else item["block"]["changes"])
        for key, value in changes.items():
            self.world.write(key, value)
        _, before = self.world.take_changes()
        if "patch" in item:
            for key, value in before.items():
                self.head.before.setdefault(key, value)
            return
        block = record.block(item["block"], self.head.hash if self.blocks else bytes(32))
        block.before = before if self.blocks else {}
        block.seal(self.head.state_root if self.blocks else b"", changes)
        self._append(block)
