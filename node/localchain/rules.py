"""The rules that both nodes share."""

from typing import TYPE_CHECKING

from .errors import RPCError
from .transaction import Transaction

if TYPE_CHECKING:
    from .block import Mined
    from .chain import Chain


class Rules:
    """The choice of transactions that a node takes, and the words with which it refuses the others."""

    name = ""

    def admit(self, chain: "Chain", raw: bytes) -> Transaction:
        """Puts a transaction into the pool, or refuses it."""
        raise NotImplementedError

    def failed(self, mined: "Mined") -> RPCError | None:
        """The words to the sender of a transaction that was mined at once, and failed."""
        return None

    def reverted(self, error: str, output: bytes) -> RPCError:
        """The answer to a call that failed."""
        raise NotImplementedError


def reason(output: bytes) -> str | None:
    """The text of Solidity's `Error(string)`."""
    if output[:4] != bytes.fromhex("08c379a0") or len(output) < 68:
        return None
    length = int.from_bytes(output[36:68], "big")
    return output[68 : 68 + length].decode(errors="replace")
