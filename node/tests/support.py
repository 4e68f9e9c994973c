"""The parts that the tests share: chains in this process, and transactions of the development accounts."""

import contextlib
import http.client
import json
import subprocess
import sys
import unittest
from pathlib import Path
from typing import Any

from localchain.accounts import KEYS
from localchain.chain import Chain, ChainOptions
from localchain.errors import RPCError
from localchain.geth import GethRules
from localchain.hardhat import HardhatRules
from localchain.transaction import sign

NODE = Path(__file__).parent.parent
ADDRESSES = list(KEYS)
ANNA, BERTA = ADDRESSES[:2]
STRANGER = bytes.fromhex("22" * 20)
GWEI = 10**9


def make(rules: str = "hardhat", mines: bool = True, **options: Any) -> Chain:
    chain = Chain(ChainOptions(**options), {"hardhat": HardhatRules, "geth": GethRules}[rules]())
    chain.is_automining = mines
    return chain


def raw(nonce: int, sender: bytes = ANNA, to: bytes = STRANGER, value: int = 1, gas: int = 21_000,
        fees: tuple[int, ...] = (GWEI, 10 * GWEI), data: bytes = b"", chain_id: int = 31337, **more: Any) -> bytes:
    """One fee is a legacy transaction's gas price, two are tip and maximum."""
    return sign(KEYS[sender], chain_id, nonce, to, value, data, gas, fees, **more)


class ChainTests(unittest.TestCase):
    def refused(self, chain: Chain, transaction: bytes) -> str:
        with self.assertRaises(RPCError) as caught:
            chain.submit(transaction)
        return caught.exception.message

    def hashes(self, chain: Chain) -> list[list[bytes]]:
        """Of the transactions in each block."""
        return [[mined.transaction.hash for mined in block.transactions] for block in chain.blocks]


class Node:
    """The whole program, as a child."""

    def __init__(self, *arguments: str, has_faults: bool = True) -> None:
        faults = ["--faults"] if has_faults else []
        self.process = subprocess.Popen(
            [sys.executable, str(NODE / "chain.py"), "--port", "0", *faults, *arguments],
            stdout=subprocess.PIPE, text=True,
        )
        self.port = int(self.process.stdout.readline().rpartition(":")[2])

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def post(self, body: Any, timeout: float = 30) -> tuple[int, bytes]:
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)) as connection:
            connection.request("POST", "/", body if isinstance(body, bytes) else json.dumps(body))
            answer = connection.getresponse()
            return answer.status, answer.read()

    def batch(self, *calls: tuple[str, list[Any]]) -> list[dict[str, Any]]:
        return json.loads(self.post(items(*calls))[1])

    def call(self, method: str, *parameters: Any) -> Any:
        answer = json.loads(self.post(items((method, list(parameters)))[0])[1])
        if "error" in answer:
            raise RPCError(answer["error"]["message"], answer["error"]["code"])
        return answer["result"]


def items(*calls: tuple[str, list[Any]]) -> list[dict[str, Any]]:
    return [
        {"jsonrpc": "2.0", "id": number, "method": method, "params": parameters}
        for number, (method, parameters) in enumerate(calls, start=1)
    ]


def text(value: bytes) -> str:
    return "0x" + value.hex()
