"""Bytes that are nearly HTTP/1.1, and frames that are nearly HTTP/2."""

import random
import socket
import struct
import time

import hpack

from fuzz_wire import Answer, Finding, answers, exchange

JSON = b"Content-Type: application/json\r\n"
TOKENS = [b"\r\n", b"\n", b"\r", b"\0", b" ", b"\t", b":", b",", b";", b"HTTP/1.1", b"HTTP/9.9", b"%00", b"%", b"//",
          b"Host: b\r\n", b"Content-Length: 5\r\n", b"Content-Length: -1\r\n", b"/../", b"\"", b"{", b"}", b"#", b"?",
          b"Content-Length: 99999999999999999999\r\n", b"Transfer-Encoding: chunked\r\n",
          b"Connection: close\r\n",
          b"Transfer-Encoding: gzip, chunked\r\n", b"Expect: 100-continue\r\n", b"Upgrade: h2c\r\n",
          b"\xff\xfe", b"\xc3\x28", b"A" * 3000, b"X: " + b"y" * 9000 + b"\r\n", b"0\r\n\r\n", b"ffffffffffffffff\r\n", b"&&==",
          b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"]
PATHS = [b"/api/verve/accept?id=1", b"/api/verve/accept?id=x", b"/users/fuzz/balance", b"/users/fuzz/history?page=1",
         b"/users/fuzz/statement", b"/openapi.json", b"/problems/not-found", b"/payments/x", b"/nothing", b"/", b"/livez",
         b"/coupon.v1.CouponService/GetCampaign?encoding=json&message=%7B%22campaignId%22:1%7D", b"/idempotency/x"]
POSTS = [(b"/users/fuzz/add", b'{"amount":1}'), (b"/payments", b'{"from_account":"a","to_account":"b","amount":"1"}'),
         (b"/coupon.v1.CouponService/IssueCoupon", b'{"campaignId":"1"}'), (b"/users/fuzz/add", b"{")]


def plain(rng: random.Random) -> bytes:
    """A request as it should be."""
    if rng.random() < 0.5:
        method = rng.choice([b"GET", b"GET", b"GET", b"OPTIONS", b"DELETE", b"TRACE", b"X"])
        return method + b" " + rng.choice(PATHS) + b" HTTP/1." + rng.choice([b"1", b"1", b"0"]) + b"\r\nHost: a\r\n\r\n"
    path, content = rng.choice(POSTS)
    head = b"POST " + path + b" HTTP/1.1\r\nHost: a\r\n" + JSON
    if rng.random() < 0.3:
        return head + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(content), content)
    return head + b"Content-Length: %d\r\n\r\n%s" % (len(content), content)


def mutated(rng: random.Random, data: bytes, tokens: list[bytes] = TOKENS) -> bytes:
    for _ in range(rng.choice([0, 1, 1, 2, 3, 8])):
        at, upto = rng.randrange(len(data) + 1), rng.randrange(len(data) + 1)
        match rng.randrange(6):
            case 0: data = data[:at] + bytes([rng.randrange(256)]) + data[at + 1:]
            case 1: data = data[:at] + rng.choice(tokens) + data[at:]
            case 2: data = data[:min(at, upto)] + data[max(at, upto):]
            case 3: data = data[:at] + data[min(at, upto):max(at, upto)] + data[at:]
            case 4: data = data[:at]
            case _: data = data[:at] + rng.randbytes(rng.randrange(1, 20)) + data[at:]
    return data


class Http1:
    def __init__(self, target):
        self.target = target

    def run(self, rng: random.Random) -> None:
        data = b"".join(mutated(rng, plain(rng)) for _ in range(rng.choice([1, 1, 1, 2, 5])))
        # Bytes that may be read as HEAD are left to the tests that know what they ask.
        if b"HEAD" in data or data.startswith(b"PRI"):
            return
        for answer in answers(exchange(self.target.port, data)):
            answer.check()

    def close(self) -> None:
        pass


http1 = Http1


def frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return struct.pack(">I", len(payload))[1:] + bytes([kind & 255, flags & 255]) + struct.pack(">I", stream) + payload


class Http2:
    """A connection each, on which a few requests are asked among frames that nobody should send."""

    PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

    def __init__(self, target):
        self.target = target

    def request(self, rng: random.Random, stream: int) -> bytes:
        is_post = rng.random() < 0.5
        path, content = rng.choice(POSTS) if is_post else (rng.choice(PATHS), b"")
        method = b"POST" if is_post else b"GET"
        fields = [(b":method", method), (b":scheme", b"http"), (b":path", path), (b":authority", b"a")]
        if is_post:
            types = [b"application/json", b"application/grpc", b"application/grpc-web", b"application/connect+json"]
            fields.append((b"content-type", rng.choice(types)))
        if rng.random() < 0.3:
            fields.insert(rng.randrange(len(fields) + 1), rng.choice([
                (b":path", b"/"), (b"connection", b"close"), (b"te", b"trailers"), (b"content-length", b"3"),
                (b"X", b"y"), (b"expect", b"100-continue"), (b"a", b"\0"), (b"", b"")]))
        block = hpack.Encoder().encode(fields)
        if rng.random() < 0.1:
            block = mutated(rng, block, [b"\xff\xff\xff\xff\xff", b"\x80", b"\x3f\xe1\xff\x03"])
        data = frame(1, 4 | (0 if content else 1), stream, block)
        while content:
            size = rng.randrange(1, len(content) + 1)
            piece, content = content[:size], content[size:]
            data += frame(0, 0 if content else 1, stream, piece)
        return data

    def run(self, rng: random.Random) -> None:
        data = self.PREFACE + frame(4, 0, 0, b"")
        for number in range(rng.randrange(1, 6)):
            data += self.request(rng, 2 * number + 1)
            if rng.random() < 0.5:
                payload = rng.randbytes(rng.choice([0, 4, 4, 5, 6, 8, 30]))
                stream = rng.choice([0, 0, 1, 2, 3, 9, 2 ** 31 - 1, 2 ** 32 - 1])
                data += frame(rng.randrange(12), rng.randrange(256), stream, payload)
        if rng.random() < 0.3:
            data = mutated(rng, data, [b"\0" * 9, b"\xff" * 9])
        self.read(data)

    def read(self, data: bytes) -> None:
        received = b""
        with socket.create_connection(("127.0.0.1", self.target.port), 8) as connection:
            try:
                # A ping's answer comes behind all that came before; who answers nothing closes.
                connection.sendall(data + frame(6, 0, 0, b"the end!"))
                connection.settimeout(0.3)
                end = time.monotonic() + 8
                while piece := connection.recv(65536):
                    received += piece
                    if b"the end!" in received or time.monotonic() > end:
                        break
                connection.settimeout(0.02)
                while piece := connection.recv(65536):
                    received += piece
            except (TimeoutError, BrokenPipeError, ConnectionResetError):
                pass
        if received and not received.startswith(b"HTTP/1."):
            self.check(received)

    def check(self, data: bytes) -> None:
        """Every frame is one of the protocol, and every answer begins with a status that may be."""
        decoder, heads, bodies, ended = hpack.Decoder(), {}, {}, set()
        while len(data) >= 9:
            length, kind, flags = int.from_bytes(data[:3], "big"), data[3], data[4]
            stream = int.from_bytes(data[5:9], "big")
            if kind > 9 or length > 16_384:
                raise Finding(f"no frame of HTTP/2: {data[:9].hex()}")
            payload, data = data[9:9 + length], data[9 + length:]
            if len(payload) < length:
                break
            if stream in ended and kind in (0, 1):
                raise Finding(f"a frame behind the end of stream {stream}")
            if kind == 1:
                try:
                    fields = [(str(name), str(value)) for name, value in decoder.decode(payload)]
                except hpack.HPACKError as error:
                    raise Finding(f"a head that cannot be read: {error}") from None
                if stream not in heads and dict(fields)[":status"] != "100":
                    heads[stream] = Answer(int(dict(fields)[":status"]), fields, b"")
            if kind == 0:
                bodies[stream] = bodies.get(stream, b"") + payload
            if kind in (0, 1) and flags & 1 or kind == 3:
                ended.add(stream)
        for stream, answer in heads.items():
            answer.body = bodies.get(stream, b"")
            length = answer.first("content-length")
            if stream in ended and length and answer.body and int(length) != len(answer.body):
                raise Finding(f"an answer of {length} bytes has {len(answer.body)}")
            if stream in ended and (not length or int(length) == len(answer.body)):
                answer.check()

    def close(self) -> None:
        pass


http2 = Http2
