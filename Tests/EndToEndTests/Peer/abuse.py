"""Holds many connections that do nothing useful against one instance, and counts what other clients get meanwhile.

usage: abuse.py --port PORT --admin PORT --pid PID [--connections 2000] [--seconds 10]

Four kinds, each alone and then all together: idle connections, heads of a byte a second, bodies of a byte a second,
and clients that ask for long answers and never read them. A client that is thrown out comes back at once. Meanwhile a
client makes one request after the other, each on a connection of its own, and another one does on a connection that it
keeps.
Ends with 0 when every request was answered with 200 and the process is alive.
"""

import argparse
import errno
import http.client
import os
import resource
import selectors
import socket
import sys
import threading
import time

HEAD = b"POST /users/abuse/add HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
FIRST = {
    "idle": b"",
    "slow heads": HEAD,
    "slow bodies": HEAD + b"Content-Length: 1000\r\n\r\n",
    "no readers": b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n" * 4,
}
SYN_SENT = 2
DRIP = {"slow heads": b"X: y\r\n", "slow bodies": b" "}


class Crowd:
    """All the connections of a phase, by one thread."""

    def __init__(self, port, kinds, count):
        self.port, self.kinds, self.count = port, kinds, count
        self.selector = selectors.DefaultSelector()
        self.opened = self.thrown_out = 0
        self.members = {}

    def open(self, kind):
        member = socket.socket()
        member.setblocking(False)
        if kind == "no readers":
            member.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        member.connect_ex(("127.0.0.1", self.port))
        # Reading is how one hears of the end, and what these never do.
        wanted = selectors.EVENT_WRITE if kind == "no readers" else selectors.EVENT_READ | selectors.EVENT_WRITE
        self.selector.register(member, wanted, kind)
        self.members[member] = [kind, FIRST[kind], 0]
        self.opened += 1

    def close(self, member):
        self.selector.unregister(member)
        del self.members[member]
        member.close()

    def replace(self, member):
        kind = self.members[member][0]
        self.close(member)
        self.thrown_out += 1
        self.open(kind)

    def write(self, member):
        state = self.members[member]
        try:
            if state[1]:
                state[1] = state[1][member.send(state[1]):]
        except (BrokenPipeError, ConnectionError):
            return self.replace(member)
        if not state[1] and state[0] != "no readers":
            self.selector.modify(member, selectors.EVENT_READ, state[0])
        return None

    def read(self, member):
        try:
            if member.recv(65536):
                return
        except BlockingIOError:
            return
        except OSError:
            pass
        self.replace(member)

    def drip(self):
        for member, (kind, _, at) in list(self.members.items()):
            if time.monotonic() < at + 1:
                continue
            self.members[member][2] = time.monotonic()
            try:
                if kind in DRIP and at:
                    member.send(DRIP[kind])
                elif kind == "no readers" and at and self.state(member) > SYN_SENT:
                    raise ConnectionError
            except BlockingIOError:
                pass
            except OSError as error:
                if error.errno != errno.ENOTCONN or kind == "no readers":
                    self.replace(member)

    @staticmethod
    def state(member):
        """The kernel's view: who never reads does not hear otherwise that the other side has ended."""
        return member.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]

    def run(self, until):
        while time.monotonic() < until:
            for place in range(min(self.count - len(self.members), 200)):
                self.open(self.kinds[place % len(self.kinds)])
            for key, events in self.selector.select(0.1):
                if key.fileobj in self.members and events & selectors.EVENT_WRITE:
                    self.write(key.fileobj)
                if key.fileobj in self.members and events & selectors.EVENT_READ:
                    self.read(key.fileobj)
            self.drip()
        for member in list(self.members):
            self.close(member)
        self.selector.close()


class Client(threading.Thread):
    """One request after the other, as long as a phase goes on."""

    def __init__(self, port, keeps, until):
        super().__init__(daemon=True)
        self.port, self.keeps, self.until = port, keeps, until
        self.served = self.failed = 0
        self.slowest = 0.0
        self.reasons = []

    def run(self):
        connection = None
        while time.monotonic() < self.until:
            began = time.monotonic()
            try:
                connection = connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=15)
                connection.request("GET", f"/api/verve/accept?id={time.monotonic_ns()}")
                answer = connection.getresponse()
                body = answer.read()
                if answer.status != 200:
                    raise OSError(f"{answer.status} {body[:100]}")
                self.served += 1
            except OSError as error:
                self.failed += 1
                self.reasons.append(repr(error))
                connection = None
            self.slowest = max(self.slowest, time.monotonic() - began)
            if not self.keeps and connection:
                connection.close()
                connection = None
            time.sleep(0.02)


def process(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        rss = next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))
    return rss // 1024, len(os.listdir(f"/proc/{pid}/fd"))


def phase(options, name, kinds):
    until = time.monotonic() + options.seconds
    clients = [Client(options.port, keeps, until) for keeps in (False, True)]
    crowd = Crowd(options.port, kinds, options.connections)
    for client in clients:
        client.start()
    most = [0, 0]
    done = threading.Event()

    def watch():
        while not done.wait(0.2):
            most[:] = [max(pair) for pair in zip(most, process(options.pid))]

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    crowd.run(until)
    for client in clients:
        client.join(30)
    done.set()
    watcher.join()
    new, kept = clients
    reasons = sorted({reason for client in clients for reason in client.reasons})
    return {
        "phase": name, "opened": crowd.opened, "thrown_out": crowd.thrown_out,
        "served": new.served + kept.served, "failed": new.failed + kept.failed,
        "slowest_new": round(new.slowest, 2), "slowest_kept": round(kept.slowest, 2),
        "rss_mib": most[0], "descriptors": most[1], "reasons": reasons[:3],
    }


def main():
    parser = argparse.ArgumentParser()
    for name in ("--port", "--admin", "--pid"):
        parser.add_argument(name, type=int, required=True)
    parser.add_argument("--connections", type=int, default=2000)
    parser.add_argument("--seconds", type=float, default=10)
    options = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, options.connections + 512), hard))
    names = (("opened", 8), ("closed", 8), ("served", 8), ("failed", 8), ("slowest s", 11), ("kept s", 8), ("MiB", 6))
    print(" " * 12 + "".join(f"{name:>{width}}" for name, width in names) + f"{'files':>7}")
    failed = 0
    for name, kinds in [(kind, [kind]) for kind in FIRST] + [("all", list(FIRST))]:
        row = phase(options, name, kinds)
        failed += row["failed"] + (row["served"] == 0)
        print(
            f"{name:12}{row['opened']:8}{row['thrown_out']:8}{row['served']:8}{row['failed']:8}"
            f"{row['slowest_new']:11}{row['slowest_kept']:8}{row['rss_mib']:6}{row['descriptors']:7}", flush=True
        )
        for reason in row["reasons"]:
            print(f"    {reason}", flush=True)
    admin = http.client.HTTPConnection("127.0.0.1", options.admin, timeout=10)
    admin.request("GET", "/livez")
    alive = admin.getresponse().status == 200
    rss, files = process(options.pid)
    print(f"afterwards: alive {alive}, {rss} MiB, {files} files")
    sys.exit(0 if alive and failed == 0 else 1)


main()
