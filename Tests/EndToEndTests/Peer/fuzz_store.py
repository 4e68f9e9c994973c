"""Replies of Redis that no Redis gives: a proxy in front of it lies for a while, and then no more."""

import random
import select
import socket
import threading
import time

from fuzz_wire import Finding, answers, call, exchange

LIES = [b"+OK\r\n", b"-ERR lie\r\n", b":9223372036854775807\r\n", b":9223372036854775808\r\n", b"$-1\r\n", b"*-1\r\n",
        b"$5\r\nab\r\n", b"$999999999999\r\n", b"*1000000000\r\n", b"*1\r\n" * 200 + b"+x\r\n", b"_\r\n", b"#t\r\n",
        b"%1\r\n+a\r\n+b\r\n", b"\0", b"\r\n", b"-MOVED 1 127.0.0.1:1\r\n", b"-READONLY no\r\n", b"-LOADING no\r\n",
        b"-NOSCRIPT no\r\n", b"-BUSY no\r\n", b"-UNBLOCKED no\r\n", b"-OOM no\r\n", b"+" + b"x" * 70_000 + b"\r\n",
        b"*3\r\n$6\r\nissued\r\n:1\r\n$1\r\nx\r\n"]


class Proxy:
    """All connections by one thread, so that what it does in one order follows from one seed."""

    def __init__(self, port: int, redis: int):
        self.redis, self.rng, self.lies = redis, random.Random(0), False
        self.listener = socket.create_server(("127.0.0.1", port))
        self.pairs: dict[socket.socket, tuple[socket.socket, bool]] = {}
        self.is_open = True
        self.is_cutting = False
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self) -> None:
        while self.is_open:
            if self.is_cutting:
                self.is_cutting = False
                self.cut(*self.pairs)
            for ready in select.select([self.listener, *self.pairs], [], [], 0.1)[0]:
                if ready is self.listener:
                    self.accept()
                elif ready in self.pairs:
                    self.pass_on(ready)

    def accept(self) -> None:
        client, _ = self.listener.accept()
        try:
            server = socket.create_connection(("127.0.0.1", self.redis), 5)
        except OSError:
            client.close()
            return
        self.pairs[client], self.pairs[server] = (server, False), (client, True)

    def pass_on(self, source: socket.socket) -> None:
        other, is_reply = self.pairs[source]
        try:
            data = source.recv(65536)
            if data and is_reply and self.lies and self.rng.random() < 0.05:
                data = self.lie(data)
            if data:
                other.sendall(data)
                return
        except OSError:
            pass
        self.cut(source, other)

    def cut(self, *ends: socket.socket) -> None:
        for end in ends:
            self.pairs.pop(end, None)
            end.close()

    def tell_the_truth(self) -> None:
        """On new connections: on one that was lied to, a reply too many makes all that follow answer something else."""
        self.lies, self.is_cutting = False, True
        while self.is_cutting:
            time.sleep(0.01)

    def lie(self, data: bytes) -> bytes:
        """The bytes to send instead; nothing ends the connection."""
        at = self.rng.randrange(len(data))
        match self.rng.randrange(7):
            case 0: return data[:at] + bytes([self.rng.randrange(256)]) + data[at + 1:]
            case 1: return data[:at]
            case 2: return data + self.rng.choice(LIES)
            case 3: return self.rng.choice(LIES) + data
            case 4: return data[:at] + self.rng.choice(LIES) + data[at:]
            case 5: return self.rng.choice(LIES)
            case _: return self.rng.randbytes(self.rng.randrange(1, 200))

    def close(self) -> None:
        self.is_open = False
        self.thread.join(5)


class Replies:
    """Each case is a few requests of every system while the proxy lies."""

    REQUESTS = [("POST", "/users/lied/add", b'{"amount":1}'), ("GET", "/users/lied/balance", b""),
                ("GET", "/users/lied/history", b""), ("GET", "/api/verve/accept?id=5", b""),
                ("GET", "/api/uniques", b""),
                ("POST", "/payments", b'{"from_account":"lied","to_account":"b","amount":"1"}'),
                ("GET", "/users/lied/payments", b""), ("GET", "/users/lied/statement", b""),
                ("POST", "/coupon.v1.CouponService/IssueCoupon", b'{"campaignId":"1"}'),
                ("POST", "/coupon.v1.CouponService/ListCampaigns", b"{}"),
                ("POST", "/coupon.v1.CouponService/GetCampaign", b'{"campaignId":"1"}'),
                ("POST", "/coupon.v1.CouponService/CreateCampaign", b'{"name":"lied","totalCoupons":"3"}')]

    def __init__(self, target):
        self.target = target

    def run(self, rng: random.Random) -> None:
        self.target.proxy.rng, self.target.proxy.lies = rng, True
        for method, path, content in random.Random(rng.random()).sample(self.REQUESTS, 3):
            lines = [f"{method} {path} HTTP/1.1", "Host: fuzz", "Connection: close", "Content-Type: application/json",
                     f"Content-Length: {len(content)}"]
            if method == "POST":
                lines.append(f"Idempotency-Key: key-{path.rpartition('/')[2]}")
            whole = "\r\n".join(lines).encode() + b"\r\n\r\n" + content
            data = exchange(self.target.port, whole, ends=False, patience=20)
            # A statement that has begun can only be cut.
            if "statement" in path:
                continue
            for answer in answers(data):
                answer.check(may_fail=True)

    def close(self) -> None:
        """When Redis tells the truth again, everything is as it was."""
        self.target.proxy.tell_the_truth()
        self.target.ready(30)
        # An instance asks again only now and then for the settings of Redis that it believes.
        end = time.monotonic() + 60
        for method, path, content in self.REQUESTS:
            # A campaign may have been paused by a call that meant it.
            while (answer := self.ask(method, path, content)).status >= 500 and b"is paused" not in answer.body:
                if time.monotonic() > end:
                    raise Finding(f"{path} is still {answer.status}: {answer.body[:300]!r}")
                time.sleep(0.2)

    def ask(self, method: str, path: str, content: bytes):
        answer = call(self.target.port, method, path, {"Content-Type": "application/json"}, content)
        answer.check()
        return answer


replies = Replies
