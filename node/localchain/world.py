"""Accounts and storage as flat dictionaries that py-evm reads and writes, with a log that undoes what was written."""

from functools import lru_cache

from eth_hash.auto import keccak

Key = bytes | tuple[bytes, int]
Account = tuple[int, int, bytes]
"""Nonce, balance, code."""

EMPTY: Account = (0, 0, b"")

WARM = b"warm"
TRANSIENT = b"transient"
"""In the log instead of a key, for what no block keeps."""


@lru_cache(maxsize=1024)
def code_hash(code: bytes) -> bytes:
    return keccak(code)


class World:
    """An account database, as py-evm calls it.

    A key is an address, whose value is an account, or an address and a slot, whose value is a number. Each write goes
    into `log` with the value before it, so a checkpoint is a position in the log, and going back is undoing from the
    end. The roots of real chains are not computed: nothing here asks for proofs.
    """

    state_root = b""

    def __init__(self) -> None:
        self.values: dict[Key, Account | int] = {}
        self.log: list[tuple[Key, Account | int | None]] = []
        self._have_storage: set[bytes] = set()
        self._originals: dict[Key, int] = {}
        self._warm: set[Key] = set()
        self._transient: dict[Key, bytes] = {}

    # Writing, with the log

    def write(self, key: Key, value: Account | int | None) -> None:
        self.log.append((key, self.values.get(key)))
        self._put(key, value)

    def _put(self, key: Key, value: Account | int | None) -> None:
        if value is None:
            self.values.pop(key, None)
        else:
            self.values[key] = value
            if type(key) is tuple:
                self._have_storage.add(key[0])

    def record(self) -> int:
        return len(self.log)

    def commit(self, checkpoint: int) -> None:
        pass

    def discard(self, checkpoint: int) -> None:
        while len(self.log) > checkpoint:
            key, value = self.log.pop()
            if key == WARM:
                self._warm.discard(value)
            elif key == TRANSIENT:
                self._transient[value[0]] = value[1]
            else:
                self._put(key, value)

    def begin_transaction(self) -> None:
        """Takes the present state as original; nothing is warm, and transient storage is empty."""
        self._originals.clear()
        self._warm.clear()
        self._transient.clear()

    def take_changes(self) -> tuple[dict[Key, Account | int | None], dict[Key, Account | int | None]]:
        """Empties the log; answers what the written keys are now, and what they were."""
        before: dict[Key, Account | int | None] = {}
        for key, value in self.log:
            if key not in (WARM, TRANSIENT):
                before.setdefault(key, value)
        self.log.clear()
        before = {key: value for key, value in before.items() if self.values.get(key) != value}
        return {key: self.values.get(key) for key in before}, before

    # The questions of py-evm.

    def account(self, address: bytes) -> Account:
        return self.values.get(address, EMPTY)

    def get_balance(self, address: bytes) -> int:
        return self.account(address)[1]

    def set_balance(self, address: bytes, balance: int) -> None:
        nonce, _, code = self.account(address)
        self.write(address, (nonce, balance, code))

    def get_nonce(self, address: bytes) -> int:
        return self.account(address)[0]

    def set_nonce(self, address: bytes, nonce: int) -> None:
        _, balance, code = self.account(address)
        self.write(address, (nonce, balance, code))

    def increment_nonce(self, address: bytes) -> None:
        self.set_nonce(address, self.get_nonce(address) + 1)

    def get_code(self, address: bytes) -> bytes:
        return self.account(address)[2]

    def get_code_hash(self, address: bytes) -> bytes:
        return code_hash(self.account(address)[2])

    def set_code(self, address: bytes, code: bytes) -> None:
        nonce, balance, _ = self.account(address)
        self.write(address, (nonce, balance, bytes(code)))

    def delete_code(self, address: bytes) -> None:
        self.set_code(address, b"")

    def get_storage(self, address: bytes, slot: int, from_journal: bool = True) -> int:
        key = (address, slot)
        if not from_journal and key in self._originals:
            return self._originals[key]
        return self.values.get(key, 0)

    def set_storage(self, address: bytes, slot: int, value: int) -> None:
        key = (address, slot)
        self._originals.setdefault(key, self.values.get(key, 0))
        self.write(key, value or None)

    def delete_storage(self, address: bytes) -> None:
        if address not in self._have_storage:
            return
        for key in [key for key in self.values if type(key) is tuple and key[0] == address]:
            self.write(key, None)

    def account_has_code_or_nonce(self, address: bytes) -> bool:
        nonce, _, code = self.account(address)
        return nonce != 0 or code != b""

    def account_exists(self, address: bytes) -> bool:
        return address in self.values

    def account_is_empty(self, address: bytes) -> bool:
        return self.account(address) == EMPTY

    def touch_account(self, address: bytes) -> None:
        if address not in self.values:
            self.write(address, EMPTY)

    def delete_account(self, address: bytes) -> None:
        self.delete_storage(address)
        self.write(address, None)

    def is_address_warm(self, address: bytes) -> bool:
        return address in self._warm

    def mark_address_warm(self, address: bytes) -> None:
        self._mark(address)

    def is_storage_warm(self, address: bytes, slot: int) -> bool:
        return (address, slot) in self._warm

    def mark_storage_warm(self, address: bytes, slot: int) -> None:
        self._mark((address, slot))

    def _mark(self, key: Key) -> None:
        if key not in self._warm:
            self._warm.add(key)
            self.log.append((WARM, key))

    # The state that lasts for one transaction.

    def get_transient_storage(self, address: bytes, slot: int) -> bytes:
        return self._transient.get((address, slot), b"")

    def set_transient_storage(self, address: bytes, slot: int, value: bytes) -> None:
        key = (address, slot)
        self.log.append((TRANSIENT, (key, self._transient.get(key, b""))))
        self._transient[key] = value
