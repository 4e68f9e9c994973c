"""The EVM: py-evm's rules of Cancun, run on a `World`."""

from dataclasses import dataclass

from eth.vm.execution_context import ExecutionContext
from eth.vm.forks.cancun.state import CancunState

from .transaction import Transaction
from .world import World


class _Silent:
    """py-evm makes a logger by name at each line that it logs; this is one for all."""

    show_debug2 = False

    def debug2(self, *arguments: object) -> None:
        pass


class _State(CancunState):
    logger = _Silent()

    def __init__(self, world: World) -> None:
        self._account_db = world
        self._db = None
        self.execution_context = None

    def validate_transaction(self, transaction: Transaction) -> None:
        """Nothing: the pool and the miner have looked at nonce, balance and fees."""

    # Transient storage is in the world's log, like everything else that a failed call undoes.

    def snapshot(self) -> tuple[bytes, int]:
        return b"", self._account_db.record()

    def revert(self, snapshot: tuple[bytes, int]) -> None:
        self._account_db.discard(snapshot[1])

    def commit(self, snapshot: tuple[bytes, int]) -> None:
        """Nothing: what was written stays."""

    def get_transient_storage(self, address: bytes, slot: int) -> bytes:
        return self._account_db.get_transient_storage(address, slot)

    def set_transient_storage(self, address: bytes, slot: int, value: bytes) -> None:
        self._account_db.set_transient_storage(address, slot, value)

    def clear_transient_storage(self) -> None:
        """The world does so when the next transaction begins."""


@dataclass(slots=True)
class Surroundings:
    """The facts of its block that a transaction can see."""

    coinbase: bytes
    timestamp: int
    number: int
    gas_limit: int
    base_fee: int
    mix_hash: bytes
    ancestors: list[bytes]
    """Hashes of the blocks before, the nearest first."""
    chain_id: int


@dataclass(slots=True)
class Outcome:
    """The result of running a transaction."""

    is_success: bool
    gas_used: int
    output: bytes
    logs: list[tuple[bytes, tuple[int, ...], bytes]]
    contract: bytes | None
    """The address of the contract that was created."""
    error: str
    """The name of py-evm's error, or nothing."""


class Machine:
    """Runs transactions one after another; the caller has checked that the sender can pay."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._state = _State(world)
        self._executor = self._state.get_transaction_executor()

    def enter(self, block: Surroundings) -> None:
        """The transactions that follow are in this block."""
        self._state.execution_context = ExecutionContext(
            coinbase=block.coinbase,
            timestamp=block.timestamp,
            block_number=block.number,
            difficulty=0,
            mix_hash=block.mix_hash,
            gas_limit=block.gas_limit,
            prev_hashes=block.ancestors,
            chain_id=block.chain_id,
            base_fee_per_gas=block.base_fee,
            excess_blob_gas=0,
        )

    def run(self, transaction: Transaction) -> Outcome:
        self.world.begin_transaction()
        computation = self._executor(transaction)
        used = transaction.gas - computation.get_gas_remaining()
        used -= self._executor.calculate_gas_refund(computation, used)
        contract = None
        if not transaction.to and computation.is_success:
            contract = computation.msg.storage_address
        return Outcome(
            computation.is_success,
            used,
            computation.output,
            list(computation.get_log_entries()),
            contract,
            "" if computation.is_success else type(computation.error).__name__,
        )
