"""Scripted faults: what a test says will go wrong next."""

import json
from collections import Counter
from dataclasses import dataclass
from typing import Any

from .errors import INVALID_PARAMS, RPCError

ON_ITEMS = {"accept-then-drop", "chain-id", "error", "genesis", "lag", "missing"}
"""Faults of one call, also within a batch."""
ON_REQUESTS = {"delay", "drop-reply", "garbage", "hang", "http", "reset", "shuffle"}
"""Faults of a whole HTTP request."""
NOT_CARRIED_OUT = {"error", "hang", "http", "reset"}
"""Faults before which nothing happens, unless `carried` says otherwise."""
OPTIONS = {
    "accept-then-drop": set(),
    "chain-id": {"id"},
    "delay": {"seconds"},
    "drop-reply": set(),
    "error": {"code", "message", "data"},
    "garbage": set(),
    "genesis": {"hash"},
    "hang": {"seconds"},
    "http": {"status"},
    "lag": {"blocks"},
    "missing": set(),
    "reset": {"after"},
    "shuffle": set(),
}


@dataclass(slots=True)
class Fault:
    """Strikes at calls of the method `on`, or `*`: after `skip` of them, `times` times, -1 without end."""

    kind: str
    on: str
    skip: int
    times: int
    is_carried: bool
    options: dict[str, Any]

    def option(self, name: str, default: Any = None) -> Any:
        return self.options.get(name, default)


def read(script: Any) -> Fault:
    """A fault as it came in; what is unknown in it is refused, because a test with a typing error tests nothing."""
    if not isinstance(script, dict) or script.get("do") not in OPTIONS:
        raise RPCError(f"a fault has \"do\", one of {', '.join(sorted(OPTIONS))}", INVALID_PARAMS)
    kind = script["do"]
    known = {"do", "on", "skip", "times", "carried"} | OPTIONS[kind]
    if unknown := set(script) - known:
        raise RPCError(f"{kind} has no {', '.join(sorted(unknown))}", INVALID_PARAMS)
    options = {name: script[name] for name in OPTIONS[kind] if name in script}
    if kind in ("delay", "hang", "lag") and not options:
        raise RPCError(f"{kind} needs {', '.join(OPTIONS[kind])}", INVALID_PARAMS)
    return Fault(
        kind, script.get("on", "*"), script.get("skip", 0), script.get("times", 1),
        script.get("carried", kind not in NOT_CARRIED_OUT), options,
    )


class Faults:
    """The faults that are still to come, and what was asked of the node."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self.calls: Counter[str] = Counter()
        self.transactions: list[dict[str, Any]] = []

    def add(self, fault: Fault) -> int:
        self._faults.append(fault)
        return len(self._faults)

    def clear(self) -> int:
        count = len(self._faults)
        self._faults.clear()
        return count

    @property
    def waiting(self) -> list[str]:
        return [f"{fault.kind} on {fault.on}" for fault in self._faults]

    def strike(self, methods: set[str], kinds: set[str]) -> Fault | None:
        """The first fault whose turn it is; a method of ours is never struck."""
        if all(method.startswith("tally_") for method in methods):
            return None
        for fault in self._faults:
            if fault.kind not in kinds or (fault.on != "*" and fault.on not in methods):
                continue
            if fault.skip > 0:
                fault.skip -= 1
                continue
            if fault.times > 0:
                fault.times -= 1
                if fault.times == 0:
                    self._faults.remove(fault)
            return fault
        return None

    def clear_calls(self) -> None:
        self.calls.clear()
        self.transactions.clear()


GARBAGE = b'{"jsonrpc":"2.0","id":1,"result":"0x'


def html(status: int) -> bytes:
    words = {429: "Too Many Requests", 502: "Bad Gateway", 503: "Service Unavailable"}.get(status, "Error")
    return f"<html><head><title>{status} {words}</title></head><body><h1>{words}</h1></body></html>\n".encode()


def encode(answer: Any) -> bytes:
    return json.dumps(answer, separators=(",", ":")).encode()
