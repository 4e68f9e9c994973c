"""Sends one instance what no client would, and holds every answer against what an answer has to be.

usage: fuzz.py --port PORT --admin PORT --pid PID --redis PORT --proxy PORT --log FILE [--seed TEXT] [--seconds 18]
               [--case PART:NUMBER]

The instance reaches its Redis on --redis through --proxy, where this program listens. Parts: raw HTTP/1.1, HTTP/2
frames, envelopes of Connect and gRPC, JSON bodies, codes of coupons, and replies of Redis. Each has a share of the
seconds. A case follows from the seed, its part and its number; for each finding the command that repeats it is printed.
Ends with 0 when the process is alive, every answer was well formed, no status of 500 or more was without a name, and
the memory is back.
"""

import argparse
import random
import sys
import time
import urllib.request
from pathlib import Path

import fuzz_bytes
import fuzz_calls
import fuzz_store
from fuzz_wire import Finding

PARTS = {
    "http1": fuzz_bytes.http1, "http2": fuzz_bytes.http2, "envelopes": fuzz_calls.envelopes,
    "json": fuzz_calls.json_bodies, "codes": fuzz_calls.codes, "redis": fuzz_store.replies,
}
# The memory that a busy allocator may keep; a leak of a kilobyte a case is more.
MEMORY_ROOM = 96 << 20


class Target:
    def __init__(self, options: argparse.Namespace, proxy: fuzz_store.Proxy):
        self.port, self.admin, self.pid, self.proxy = options.port, options.admin, options.pid, proxy
        self.log = Path(options.log)
        self.log_seen = 0

    def memory(self) -> int:
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) << 10
        raise Finding("the process has no memory: it has ended")

    def is_alive(self) -> bool:
        try:
            state = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return False
        return state != "Z"

    def ready(self, within: float) -> None:
        """Waits until the instance serves again, as it did at the beginning."""
        end, last = time.monotonic() + within, "no answer"
        while time.monotonic() < end and self.is_alive():
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.admin}/readyz", timeout=5) as answer:
                    if answer.status == 200:
                        return
            except OSError as error:
                last = repr(error)
            time.sleep(0.1)
        raise Finding(f"the instance is not ready again within {within} s: {last}")

    def new_errors(self) -> list[str]:
        """Lines of the log that tell of what nobody thought of."""
        with self.log.open(errors="replace") as file:
            file.seek(self.log_seen)
            lines = file.readlines()
            self.log_seen = file.tell()
        return [line for line in lines if "Unmapped error" in line or "Fatal error" in line]

    def check(self) -> None:
        if not self.is_alive():
            raise Finding("the process has ended")
        if errors := self.new_errors():
            raise Finding(f"the log says {errors[0].strip()}")


def run_part(target: Target, name: str, seed: str, seconds: float, only: int | None) -> tuple[int, list[str]]:
    end, number, findings = time.monotonic() + seconds, 0, []
    try:
        part = PARTS[name](target)
    except Finding as finding:
        print("FOUND", finding, flush=True)
        return 0, [f"{name}, at its beginning: {finding}"]
    while (only is None and time.monotonic() < end and len(findings) < 5) or (only is not None and number == 0):
        case = number if only is None else only
        number += 1
        try:
            part.run(random.Random(f"{seed}:{name}:{case}"))
            target.check()
        except Finding as finding:
            findings.append(f"{name}:{case}: {finding}\n    again: scripts/fuzz --seed {seed} --case {name}:{case}")
            print("FOUND", findings[-1], flush=True)
            if not target.is_alive():
                break
    try:
        part.close()
    except Finding as finding:
        findings.append(f"{name}, at its end: {finding}\n    again: scripts/fuzz --seed {seed}")
        print("FOUND", findings[-1], flush=True)
    return number, findings


def main() -> int:
    parser = argparse.ArgumentParser()
    for name in ("port", "admin", "pid", "redis", "proxy"):
        parser.add_argument(f"--{name}", type=int, required=True)
    parser.add_argument("--log", required=True)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--seconds", type=float, default=18)
    parser.add_argument("--case")
    options = parser.parse_args()
    proxy = fuzz_store.Proxy(options.proxy, options.redis)
    target = Target(options, proxy)
    target.ready(60)
    target.new_errors()
    chosen, only = list(PARTS), None
    if options.case:
        part, _, number = options.case.partition(":")
        chosen, only = [part], int(number)
    findings: list[str] = []
    # A first round fills pools and caches, which stay.
    if only is None:
        for name in chosen:
            findings += run_part(target, name, f"warm-{options.seed}", options.seconds / 30, None)[1]
    before = target.memory()
    for name in chosen:
        if not target.is_alive():
            break
        count, found = run_part(target, name, options.seed, options.seconds / len(chosen), only)
        findings += found
        print(f"{name}: {count} cases, {len(found)} findings", flush=True)
    if target.is_alive():
        try:
            target.ready(30)
            end = time.monotonic() + 10
            while target.memory() > before + MEMORY_ROOM and time.monotonic() < end:
                time.sleep(0.2)
            after = target.memory()
            print(f"memory: {before >> 20} MiB before, {after >> 20} MiB after")
            if after > before + MEMORY_ROOM:
                findings.append("the memory is not back")
        except Finding as finding:
            findings.append(str(finding))
    else:
        findings.append("the process has ended")
    proxy.close()
    print(f"seed {options.seed}: {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
