"""Measures what the chain takes from one client: python -m tests.bench auto|interval:1 hardhat|geth [options]."""

import http.client
import json
import subprocess
import sys
import time
from pathlib import Path

from localchain.accounts import KEYS
from localchain.transaction import sign

NODE = Path(__file__).parent.parent
TO = bytes.fromhex("11" * 20)
COUNT = 2000


def main() -> None:
    mining, rules, *more = sys.argv[1:] or ["auto", "hardhat"]
    process = subprocess.Popen(
        [sys.executable, str(NODE / "chain.py"), "--port", "0", "--mining", mining, "--rules", rules, *more],
        stdout=subprocess.PIPE, text=True,
    )
    try:
        url = process.stdout.readline().split()[-1]
        for size, key in zip((1, 100), list(KEYS.values())):
            _measure(url, size, key)
    finally:
        process.terminate()


def _measure(url: str, size: int, key: bytes) -> None:
    count = COUNT if size > 1 else COUNT // 2
    raws = [sign(key, 31337, n, TO, 1, b"", 21_000, (10**9, 3 * 10**9)).hex() for n in range(count)]
    connection = http.client.HTTPConnection(url.removeprefix("http://"))
    start = time.perf_counter()
    for first in range(0, count, size):
        items = [
            {"jsonrpc": "2.0", "id": n, "method": "eth_sendRawTransaction", "params": ["0x" + raws[n]]}
            for n in range(first, first + size)
        ]
        connection.request("POST", "/", json.dumps(items), {"Content-Type": "application/json"})
        for answer in json.loads(connection.getresponse().read()):
            if "result" not in answer:
                sys.exit(f"refused: {answer}")
    accepted = time.perf_counter() - start
    call = {"jsonrpc": "2.0", "id": 1, "method": "eth_getTransactionCount", "params": [_address(key), "latest"]}
    while True:
        connection.request("POST", "/", json.dumps(call))
        if int(json.loads(connection.getresponse().read())["result"], 16) == count:
            break
        time.sleep(0.005)
    mined = time.perf_counter() - start
    print(f"{count} in requests of {size}: accepted {count / accepted:.0f}/s, mined {count / mined:.0f}/s")


def _address(key: bytes) -> str:
    return "0x" + next(address for address, other in KEYS.items() if other == key).hex()


if __name__ == "__main__":
    main()
