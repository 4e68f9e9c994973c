"""Gives signed transactions to a chain as one client in order would: replay.py URL FILE [BATCH]; prints mined per second.

FILE has one `0x…` a line, in order of their nonces, all of one sender: SENDER in the environment.
"""

import http.client
import json
import os
import sys
import time


def main() -> None:
    url, path, batch = sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 99
    with open(path) as file:
        raws = file.read().split()
    connection = http.client.HTTPConnection(url.removeprefix("http://"))

    def call(items: list[tuple[str, list]]) -> list:
        body = [{"jsonrpc": "2.0", "id": n, "method": m, "params": p} for n, (m, p) in enumerate(items)]
        connection.request("POST", "/", json.dumps(body), {"Content-Type": "application/json"})
        return json.loads(connection.getresponse().read())

    call([("hardhat_setBalance", [os.environ["SENDER"], "0xffffffffffffffffffff"])])
    start = time.perf_counter()
    for first in range(0, len(raws), batch):
        answers = call([("eth_sendRawTransaction", [raw]) for raw in raws[first : first + batch]])
        refused = next((answer for answer in answers if "result" not in answer), None)
        if refused:
            sys.exit(f"refused: {refused}")
    count = ("eth_getTransactionCount", [os.environ["SENDER"], "latest"])
    while int(call([count])[0]["result"], 16) < len(raws):
        time.sleep(0.02)
    print(f"{len(raws) / (time.perf_counter() - start):.0f}")


main()
