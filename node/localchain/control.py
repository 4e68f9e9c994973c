"""The `tally_` methods, with which tests break the node and look at what it was asked."""

from typing import Any

from . import faults
from .answers import data, quantity
from .chain import Chain
from .errors import INVALID_PARAMS, RPCError
from .faults import Faults
from .parameters import Parameters, to_data, to_quantity


class Control:
    def __init__(self, chain: Chain, queue: Faults) -> None:
        self.chain = chain
        self._faults = queue

    def methods(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in dir(self) if name.startswith("tally_")}

    def tally_fault(self, parameters: Parameters) -> int:
        """Adds one fault or a list of them; answers how many are waiting."""
        given = parameters[0]
        scripts = given if isinstance(given, list) else [given]
        count = 0
        for fault in [faults.read(script) for script in scripts]:
            count = self._faults.add(fault)
        return count

    def tally_clearFaults(self, parameters: Parameters) -> int:
        return self._faults.clear()

    def tally_calls(self, parameters: Parameters) -> dict[str, Any]:
        """The requests since the start; `{"clear": true}` begins anew."""
        answer = {
            "calls": dict(sorted(self._faults.calls.items())),
            "transactions": list(self._faults.transactions),
            "faults": self._faults.waiting,
        }
        if _options(parameters, {"clear"}).get("clear"):
            self._faults.clear_calls()
        return answer

    def tally_reset(self, parameters: Parameters) -> str:
        """Another genesis, an empty chain, an empty pool; answers the new genesis's hash."""
        self.chain.reset()
        return data(self.chain.blocks[0].hash)

    def tally_reorg(self, parameters: Parameters) -> list[str]:
        """Replaces `depth` blocks; those named in `drop` are not in the new ones. Answers the new blocks' hashes."""
        options = _options(parameters, {"depth", "drop", "requeue"})
        drop = {to_data(hash_, 32) for hash_ in options.get("drop", [])}
        blocks = self.chain.reorganize(to_quantity(options.get("depth", 1)), drop, bool(options.get("requeue")))
        return [data(block.hash) for block in blocks]

    def tally_clearPool(self, parameters: Parameters) -> int:
        return self.chain.pool.clear()

    def tally_pool(self, parameters: Parameters) -> list[dict[str, str]]:
        waiting = sorted(self.chain.pool, key=lambda transaction: transaction.order)
        return [{"from": data(t.sender), "nonce": quantity(t.nonce), "hash": data(t.hash)} for t in waiting]

    def tally_setGasPrice(self, parameters: Parameters) -> str | None:
        """Sets the price of gas from the next block on; null follows the rule of EIP-1559 again."""
        self.chain.gas_price = None if parameters[0] is None else parameters.quantity(0)
        return parameters[0]


def _options(parameters: Parameters, known: set[str]) -> dict[str, Any]:
    options = parameters[0] or {}
    if not isinstance(options, dict) or set(options) - known:
        raise RPCError(f"an object with {', '.join(sorted(known))} is wanted", INVALID_PARAMS)
    return options
