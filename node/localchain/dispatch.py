"""From the body of a request to the body of its answer."""

import asyncio
import json
import traceback
from dataclasses import dataclass, field
from typing import Any

from .answers import data
from .control import Control
from .errors import INTERNAL, INVALID_REQUEST, METHOD_NOT_FOUND, RPCError
from .faults import ON_ITEMS, Fault, Faults
from .parameters import Parameters
from .reads import Reads
from .transaction import decode
from .writes import Writes

LONGEST_BATCH = 1000
"""geth's limit."""
ITEMS_AT_A_TIME = 10
"""After so many calls of a batch others have their turn."""
SEND = "eth_sendRawTransaction"


@dataclass(slots=True)
class Asked:
    """A request that was read."""

    items: list[Any]
    is_batch: bool
    methods: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.methods = {str(item.get("method")) for item in self.items if isinstance(item, dict)}


class Dispatcher:
    def __init__(
        self, reads: Reads, writes: Writes, control: Control | None, faults: Faults, longest: int = LONGEST_BATCH
    ) -> None:
        self._longest = longest
        self._reads = reads
        self._faults = faults
        self._methods = reads.methods() | writes.methods() | (control.methods() if control else {})

    def read(self, body: bytes) -> Asked:
        try:
            asked = json.loads(body)
        except ValueError as error:
            raise RPCError("invalid JSON was received", -32700) from error
        if not isinstance(asked, list):
            return Asked([asked], False)
        if not asked:
            raise RPCError("empty batch", INVALID_REQUEST)
        if len(asked) > self._longest:
            self._faults.calls["too large"] += 1
            raise RPCError("batch too large", INVALID_REQUEST)
        return Asked(asked, True)

    async def carry_out(self, asked: Asked, limit: int | None = None) -> list[dict[str, Any]]:
        """The answers to the items, or to the first `limit` of them, in order; one may be missing by a fault."""
        answers: list[dict[str, Any]] = []
        for index, item in enumerate(asked.items[:limit]):
            if index % ITEMS_AT_A_TIME == ITEMS_AT_A_TIME - 1:
                await asyncio.sleep(0)
            answer = self._answer(item)
            if answer is not None:
                answers.append(answer)
        return answers

    def _answer(self, item: Any) -> dict[str, Any] | None:
        if not isinstance(item, dict) or not isinstance(item.get("method"), str):
            return failure(None, RPCError("invalid request", INVALID_REQUEST))
        method, identifier = item["method"], item.get("id")
        self._faults.calls[method] += 1
        fault = self._faults.strike({method}, ON_ITEMS)
        try:
            answer = {"jsonrpc": "2.0", "id": identifier, "result": self._call(method, item, fault)}
        except RPCError as error:
            answer = failure(identifier, error)
        except Exception:  # a fault of ours: the caller gets an answer, the log the place
            traceback.print_exc()
            answer = failure(identifier, RPCError("internal error", INTERNAL))
        if method == SEND:
            self._note(item, answer)
        return None if fault is not None and fault.kind == "missing" else answer

    def _call(self, method: str, item: dict[str, Any], fault: Fault | None) -> Any:
        function = self._methods.get(method)
        if function is None:
            message = f"the method {method} does not exist/is not available"
            raise RPCError(message, METHOD_NOT_FOUND)
        parameters = Parameters(item.get("params", []))
        if fault is None:
            return function(parameters)
        if fault.kind == "error":
            if fault.is_carried:
                function(parameters)
            raise RPCError(
                fault.option("message", "internal error"), fault.option("code", -32000), fault.option("data")
            )
        if fault.kind == "accept-then-drop" and method == SEND:
            return data(decode(parameters.data(0)).hash)
        if fault.kind == "chain-id" and method in ("eth_chainId", "net_version"):
            identifier = fault.option("id", 1)
            return hex(identifier) if method == "eth_chainId" else str(identifier)
        self._reads.lag = fault.option("blocks", 0) if fault.kind == "lag" else 0
        try:
            answer = function(parameters)
        finally:
            self._reads.lag = 0
        is_genesis = method == "eth_getBlockByNumber" and answer is not None and answer["number"] == "0x0"
        if fault.kind == "genesis" and is_genesis:
            answer["hash"] = fault.option("hash", "0x" + "13" * 32)
        return answer

    def _note(self, item: dict[str, Any], answer: dict[str, Any]) -> None:
        parameters = item.get("params")
        raw = parameters[0] if isinstance(parameters, list) and parameters else None
        self._faults.transactions.append({"raw": raw, **{k: answer[k] for k in ("result", "error") if k in answer}})


def failure(identifier: Any, error: RPCError) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": identifier, "error": error.body}
