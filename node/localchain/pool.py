"""Transactions that wait to be mined."""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass

from .transaction import Transaction
from .world import World


@dataclass(frozen=True, slots=True)
class PoolLimits:
    """geth's `--txpool.accountslots`, `globalslots`, `accountqueue` and `globalqueue`."""

    account_slots: int
    global_slots: int
    account_queue: int
    global_queue: int


class Pool:
    """By sender and nonce; those that follow the sender's nonce without a gap are executable, the others are queued."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._by_sender: dict[bytes, dict[int, Transaction]] = {}
        self._by_hash: dict[bytes, Transaction] = {}
        self._arrivals = 0

    def __len__(self) -> int:
        return len(self._by_hash)

    def __contains__(self, hash_: bytes) -> bool:
        return hash_ in self._by_hash

    def __iter__(self) -> Iterator[Transaction]:
        return iter(self._by_hash.values())

    def get(self, hash_: bytes) -> Transaction | None:
        return self._by_hash.get(hash_)

    def at(self, sender: bytes, nonce: int) -> Transaction | None:
        return self._by_sender.get(sender, {}).get(nonce)

    def add(self, transaction: Transaction) -> None:
        """Adds it, in place of the one with its nonce."""
        mine = self._by_sender.setdefault(transaction.sender, {})
        if (old := mine.get(transaction.nonce)) is not None:
            del self._by_hash[old.hash]
        self._arrivals += 1
        transaction.order = self._arrivals
        mine[transaction.nonce] = transaction
        self._by_hash[transaction.hash] = transaction

    def remove(self, transaction: Transaction) -> None:
        if self._by_hash.pop(transaction.hash, None) is None:
            return
        mine = self._by_sender[transaction.sender]
        del mine[transaction.nonce]
        if not mine:
            del self._by_sender[transaction.sender]

    def clear(self) -> int:
        count = len(self)
        self._by_sender.clear()
        self._by_hash.clear()
        return count

    def next_nonce(self, sender: bytes) -> int:
        nonce = self._world.get_nonce(sender)
        mine = self._by_sender.get(sender, {})
        while nonce in mine:
            nonce += 1
        return nonce

    def executable(self, sender: bytes) -> list[Transaction]:
        mine = self._by_sender.get(sender, {})
        return [mine[nonce] for nonce in range(self._world.get_nonce(sender), self.next_nonce(sender))]

    def queued(self, sender: bytes) -> list[Transaction]:
        """The transactions behind a gap, lowest nonce first."""
        end = self.next_nonce(sender)
        mine = self._by_sender.get(sender, {})
        return [mine[nonce] for nonce in sorted(mine) if nonce > end]

    def truncate(self, limits: PoolLimits, sender: bytes) -> None:
        """Forgets, without a word, what is too much after this sender has added one.

        The longest accounts lose their highest nonces.
        """
        for forgotten in self.queued(sender)[limits.account_queue :]:
            self.remove(forgotten)
        if len(self) > limits.global_slots:
            ready = [self.executable(other) for other in self._by_sender]
            while sum(map(len, ready)) > limits.global_slots:
                longest = max(ready, key=len)
                if len(longest) <= limits.account_slots:
                    break
                self.remove(longest.pop())
        if len(self) > limits.global_queue:
            queued = [item for other in list(self._by_sender) for item in self.queued(other)]
            for forgotten in queued[limits.global_queue :]:
                self.remove(forgotten)

    def in_order(self, base_fee: int, least: int) -> "Order":
        """Executable ones that pay at least `least` for gas: dearest first, each sender's in order of nonce."""
        return Order([self.executable(sender) for sender in self._by_sender], base_fee, least)

    def tidy(self) -> None:
        """Drops, without a word, what can never be mined: nonces that are used and costs beyond the balance."""
        for sender, mine in list(self._by_sender.items()):
            nonce, balance, _ = self._world.account(sender)
            for transaction in [t for t in mine.values() if t.nonce < nonce or t.cost > balance]:
                self.remove(transaction)


class Order:
    """Gives the next transaction to mine, until there is none."""

    def __init__(self, lists: list[list[Transaction]], base_fee: int, least: int) -> None:
        self._base_fee = base_fee
        self._least = least
        self._heap: list[tuple[int, int, list[Transaction]]] = []
        for transactions in lists:
            transactions.reverse()
            self._push(transactions)

    def _push(self, rest: list[Transaction]) -> None:
        if not rest:
            return
        first = rest[-1]
        price = first.price(self._base_fee)
        if first.max_fee_per_gas >= self._base_fee and price >= self._least:
            heapq.heappush(self._heap, (self._base_fee - price, first.order, rest))

    def next(self) -> tuple[Transaction, list[Transaction]] | None:
        """The dearest, and what its sender has after it: hand that to `go_on` to have it considered."""
        if not self._heap:
            return None
        rest = heapq.heappop(self._heap)[2]
        return rest.pop(), rest

    def go_on(self, rest: list[Transaction]) -> None:
        self._push(rest)
