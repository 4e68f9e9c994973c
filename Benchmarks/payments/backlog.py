"""Backlogs of payments, kills of workers, load beyond capacity: called by scripts/bench-backlog, which says more.

The measures stand in Redis: how many payments are unfinished, how many messages the workers' group was given, and
in each record when the payment was made and when it ended.
"""
import argparse
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

DRAIN_BAR = 0.8  # of the rate without kills
MESSAGES_BAR = 1.2  # of the messages without kills; in one step those are one for each payment
FORGOTTEN_SECONDS = 10  # behind the end of the backlog the 99th percentile is what it was
SHARDS = [f"s{number:02d}" for number in range(64)]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Redis:
    """As much of a client as is needed."""

    def __init__(self, port):
        self.stream = socket.create_connection(("127.0.0.1", port), timeout=60).makefile("rwb")

    def send(self, *commands):
        for words in commands:
            packed = [str(word).encode() for word in words]
            self.stream.write(b"*%d\r\n" % len(packed) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in packed))
        self.stream.flush()
        return [self.read() for _ in commands]

    def read(self):
        line = self.stream.readline()[:-2]
        kind, rest = line[:1], line[1:]
        if kind == b"$":
            return None if rest == b"-1" else self.stream.read(int(rest) + 2)[:-2].decode()
        if kind == b"*":
            return None if rest == b"-1" else [self.read() for _ in range(int(rest))]
        return int(rest) if kind == b":" else rest.decode() if kind == b"+" else RuntimeError(rest.decode())

    def unfinished(self):
        return sum(self.send(*[("ZCARD", f"tally:{{{shard}}}:payments:open") for shard in SHARDS]))

    def given(self):
        """Messages that the workers' group was given for the first time."""
        streams = [f"tally:{{{shard}}}:{name}" for shard in SHARDS for name in ("work", "payments:locked")]
        groups = self.send(*[("XINFO", "GROUPS", stream) for stream in streams])
        fields = [dict(zip(group[::2], group[1::2])) for reply in groups if isinstance(reply, list) for group in reply]
        return sum(field["entries-read"] or 0 for field in fields)

    def times(self):
        """When each payment was made and when it ended, in ms."""
        cursor, times = "0", []
        while True:
            cursor, keys = self.send(("SCAN", cursor, "MATCH", "tally:{*}:payment:*", "COUNT", 5000))[0]
            for record in self.send(*[("HMGET", key, "created", "finished") for key in keys]):
                if isinstance(record, list) and None not in record:
                    times.append((int(record[0]), int(record[1])))
            if cursor == "0":
                return sorted(times)


class System:
    """A Redis, an instance, and workers that are started again when they end."""

    def __init__(self, binary, workers, **settings):
        self.binary, self.count = binary, workers
        self.folder = tempfile.mkdtemp(prefix="tally-backlog-")
        self.redis_port, self.port = free_port(), free_port()
        # The backlog is to be as large as it is asked for.
        limits = {"TALLY_PAYMENTS_QUEUE_LIMIT": "1000000", "TALLY_PAYMENTS_ACCOUNT_LIMIT": "1000000"}
        self.environment = os.environ | {"SWIFT_BACKTRACE": "enable=no"} | limits | settings
        self.environment["TALLY_REDIS_URL"] = f"redis://127.0.0.1:{self.redis_port}"
        self.log = open(f"{self.folder}/log", "ab")
        self.fixed, self.workers, self.starts = [], {}, {}
        self.admin = free_port()
        self.words = [
            ["redis-server", "--bind", "127.0.0.1", "--port", self.redis_port, "--save", "", "--appendonly", "yes",
             "--appendfsync", "always", "--dir", self.folder],
            [self.binary, "serve", "--port", self.port, "--admin-port", self.admin],
        ]

    def __enter__(self):
        self.fixed = [self.launch(*words) for words in self.words]
        self.await_ready(self.admin)
        self.redis = Redis(self.redis_port)
        return self

    def __exit__(self, *_):
        everything = list(self.workers.values()) + self.fixed[::-1]
        for process in everything:
            process.kill()
        for process in everything:
            process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def launch(self, *words, **environment):
        return subprocess.Popen(
            [str(word) for word in words], env=self.environment | environment, stdout=self.log, stderr=self.log)

    def await_ready(self, admin):
        for _ in range(600):
            try:
                with socket.create_connection(("127.0.0.1", admin), timeout=1) as probe:
                    probe.sendall(b"GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                    if b" 200 " in probe.recv(100):
                        return
            except OSError:
                pass
            time.sleep(0.05)
        sys.exit(f"not ready, see {self.folder}/log")

    def kill_fixed(self):
        """Kills Redis and the instance, starts them again, and waits until Redis has read what it wrote."""
        for process in self.fixed:
            process.kill()
        for process in self.fixed:
            process.wait()
        self.fixed = [self.launch(*words) for words in self.words]
        while True:
            try:
                self.redis = Redis(self.redis_port)
                if self.redis.send(("PING",)) == ["PONG"]:
                    return
            except OSError:
                pass
            time.sleep(0.02)

    def tend(self):
        """Starts the workers that are not there, 0.1 s after they ended, as `tally dev` does."""
        for number in range(self.count):
            process = self.workers.get(number)
            if process and process.poll() is None:
                continue
            if process and number not in self.starts:
                self.starts[number] = time.monotonic() + 0.1
            if time.monotonic() >= self.starts.get(number, 0):
                self.starts.pop(number, None)
                self.workers[number] = self.launch(
                    self.binary, "work", "--admin-port", free_port(), TALLY_INSTANCE=f"worker-{number + 1}")

    def load(self, *options):
        return subprocess.Popen(
            [self.binary, "load", "payments", "--url", f"http://127.0.0.1:{self.port}", "--no-check", "--no-audit"]
            + [str(option) for option in options], env=self.environment, stdout=self.log, stderr=self.log)


def drain(arguments, lease, pattern, steps, kills):
    """Payments per second, and messages for each of them."""
    with System(arguments.binary, arguments.workers, TALLY_PAYMENTS_LEASE_SECONDS=lease,
                TALLY_PAYMENTS_STEPS=steps) as system:
        system.load("--count", arguments.payments, "--accounts", arguments.accounts, "--pattern", pattern,
                    "--balance", "10000.00", "--repeat-share", 0, "--followers", 1, "--settle-wait", 0).wait()
        size = system.redis.unfinished()
        if size < arguments.payments * 0.95:
            sys.exit(f"only {size} of {arguments.payments} payments were accepted, see {system.folder}/log")
        begun, next_kill, killed = time.monotonic(), time.monotonic() + arguments.kill_every, 0
        next_fixed = begun + arguments.kill_fixed_every if arguments.kill_fixed_every else float("inf")
        while system.redis.unfinished() > 0:
            system.tend()
            if kills and begun + arguments.kill_seconds > time.monotonic() >= next_kill:
                next_kill += arguments.kill_every
                worker = system.workers[killed % arguments.workers]
                if worker.poll() is None:
                    worker.send_signal(signal.SIGKILL)
                killed += 1
            if kills and begun + arguments.kill_seconds > time.monotonic() >= next_fixed:
                next_fixed += arguments.kill_fixed_every
                system.kill_fixed()
                killed += 2
            if time.monotonic() - begun > arguments.time_limit:
                break
            time.sleep(0.02)
        left, seconds = system.redis.unfinished(), time.monotonic() - begun
        return (size - left) / seconds, system.redis.given() / max(size - left, 1), left, killed


def run_drain(arguments):
    passed = True
    for steps in arguments.steps.split(","):
        for lease in arguments.leases.split(","):
            for pattern in arguments.patterns.split(","):
                calm = drain(arguments, lease, pattern, steps, False)
                rough = drain(arguments, lease, pattern, steps, True)
                ratio, most = rough[0] / calm[0], MESSAGES_BAR * (1 if steps == "whole" else calm[1])
                is_right = ratio >= DRAIN_BAR and rough[1] <= most and calm[2] == rough[2] == 0
                passed = passed and is_right
                print(f"drain: {arguments.payments} payments, {steps}, lease {lease} s, {pattern}: "
                      f"{calm[0]:.0f}/s, with {rough[3]} kills {rough[0]:.0f}/s; ratio {ratio:.2f} "
                      f"(bar {DRAIN_BAR}); messages for each {calm[1]:.2f} and {rough[1]:.2f} (bar {most:.2f}); "
                      f"left {calm[2]} and {rough[2]}: {'passed' if is_right else 'MISSED'}", flush=True)
    return passed


def percentile(times, begin, end):
    """The 99th percentile of how long payments took that were made from `begin` to `end`, in ms."""
    lasted = sorted(done - made for made, done in times if begin <= made < end)
    return lasted[min(len(lasted) - 1, int(len(lasted) * 0.99))] if lasted else None


def run_overload(arguments):
    with System(arguments.binary, arguments.workers) as system:
        def now():
            seconds, micros = system.redis.send(("TIME",))[0]
            return int(seconds) * 1000 + int(micros) // 1000

        def tend_until(deadline, load=None):
            while time.monotonic() < deadline and (load is None or load.poll() is None):
                system.tend()
                time.sleep(0.05)

        def open_load(rate, seconds, seed):
            return system.load("--rate", rate, "--seconds", seconds, "--accounts", arguments.accounts, "--balance",
                               "10000.00", "--pattern", "mixed", "--repeat-share", 0, "--followers", 1, "--seed", seed,
                               "--settle-wait", 0)

        tend_until(time.monotonic() + 3)
        before = now()
        tend_until(time.monotonic() + 60, open_load(arguments.rate, 15, 1))
        after_first = now()
        beyond = open_load(arguments.beyond, arguments.seconds, 2)
        tend_until(time.monotonic() + arguments.seconds)
        over = now()
        normal = open_load(arguments.rate, int(arguments.time_limit) + 60, 3)
        # A backlog is what the normal rate does not have: as many as it brings in a second.
        deadline = time.monotonic() + arguments.time_limit
        while system.redis.unfinished() > arguments.rate and time.monotonic() < deadline:
            tend_until(time.monotonic() + 0.1)
        drained, left = now(), system.redis.unfinished()
        if left > arguments.rate:
            print(f"overload: {left} payments are left after {arguments.time_limit:.0f} s: MISSED", flush=True)
            return False
        tend_until(time.monotonic() + FORGOTTEN_SECONDS + 10)
        for load in (beyond, normal):
            load.kill()
            load.wait()
        times = system.redis.times()
        most = max((done - made for made, done in times if after_first <= made < over), default=0)
        first = percentile(times, before + 3000, after_first)
        last = percentile(times, drained + FORGOTTEN_SECONDS * 1000, drained + (FORGOTTEN_SECONDS + 10) * 1000)
        if first is None or last is None:
            sys.exit("the loads made no payments")
        # Twice what it was: a percentile of a few thousand is no exact figure.
        is_right = last <= 2 * max(first, 10)
        print(f"overload: p99 {first} ms at {arguments.rate}/s; {arguments.seconds} s at {arguments.beyond}/s, "
              f"longest {most} ms; backlog gone {(drained - over) / 1000:.1f} s later; "
              f"{FORGOTTEN_SECONDS} s behind that p99 {last} ms: {'passed' if is_right else 'MISSED'}", flush=True)
        return is_right


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench-backlog")
    parser.add_argument("what", nargs="?", choices=["drain", "overload", "both"], default="both")
    parser.add_argument("--binary", required=True)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--accounts", type=int, default=30)
    parser.add_argument("--payments", type=int, default=20_000)
    parser.add_argument("--leases", default="5,1")
    parser.add_argument("--patterns", default="mixed")
    parser.add_argument("--steps", default="whole")
    parser.add_argument("--kill-every", type=float, default=0.5)
    parser.add_argument("--kill-seconds", type=float, default=15)
    parser.add_argument("--kill-fixed-every", type=float, default=0)
    parser.add_argument("--rate", type=int, default=200)
    parser.add_argument("--beyond", type=int, default=3000)
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--time-limit", type=float, default=900)
    arguments = parser.parse_args()
    passed = True
    if arguments.what != "overload":
        passed = run_drain(arguments) and passed
    if arguments.what != "drain":
        passed = run_overload(arguments) and passed
    sys.exit(0 if passed else 1)


main()
