"""The coupon service's messages and calls with nothing but the standard library: Connect over HTTP/1.1, by hand."""

import asyncio
import base64
import collections
import json

SERVICES = ("coupon.v1.CouponService", "couponpb.CouponService")


def encode(*fields) -> bytes:
    """A message of (number, value) pairs; zero and empty values are left out, as proto3 does."""
    parts = []
    for number, value in fields:
        if not value:
            continue
        if isinstance(value, int):
            parts.append(_varint(number << 3) + _varint(value))
        else:
            data = value.encode() if isinstance(value, str) else value
            parts.append(_varint(number << 3 | 2) + _varint(len(data)) + data)
    return b"".join(parts)


def decode(data: bytes) -> dict[int, list]:
    """The values of each field, in order: numbers, or bytes."""
    found: dict[int, list] = {}
    at = 0
    while at < len(data):
        tag, at = _number(data, at)
        if tag & 7 == 0:
            value, at = _number(data, at)
        elif tag & 7 == 2:
            length, at = _number(data, at)
            if at + length > len(data):
                raise ValueError("a field is longer than its message")
            value, at = data[at : at + length], at + length
        else:
            raise ValueError(f"wire type {tag & 7}")
        found.setdefault(tag >> 3, []).append(value)
    return found


def text(message: dict[int, list], number: int) -> str:
    return message[number][-1].decode() if number in message else ""


def number(message: dict[int, list], field: int) -> int:
    return message[field][-1] if field in message else 0


def timestamp(milliseconds: int) -> bytes:
    return encode((1, milliseconds // 1000), (2, milliseconds % 1000 * 1_000_000))


def _varint(value: int) -> bytes:
    parts = bytearray()
    while value > 127:
        parts.append(value & 127 | 128)
        value >>= 7
    parts.append(value)
    return bytes(parts)


def _number(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


# Why calls had to be made again, and how often.
losses: collections.Counter = collections.Counter()


class Lost(Exception):
    """No answer that would say what happened: the same request may be sent again."""


class Refused(Exception):
    """The service's own answer that it did not do it."""

    def __init__(self, code: str, message: str, details: list):
        super().__init__(f"{code}: {message}")
        self.code, self.message = code, message
        self.reason, self.retry_ms = "", None
        for detail in details:
            value = decode(base64.b64decode(detail["value"] + "=" * (-len(detail["value"]) % 4)))
            if detail["type"] == "google.rpc.ErrorInfo":
                self.reason = text(value, 1)
            if detail["type"] == "google.rpc.RetryInfo":
                delay = decode(value[1][0]) if 1 in value else {}
                self.retry_ms = number(delay, 1) * 1000 + number(delay, 2) / 1_000_000


class Connection:
    """One HTTP/1.1 connection, opened again when it was lost."""

    def __init__(self, port: int, limit: float = 15):
        self.port, self.limit = port, limit
        self.reader = self.writer = None

    async def call(self, method: str, message: bytes | dict, headers: dict | None = None, service: str = SERVICES[0]):
        """Sends a message, of protobuf or as a dictionary for JSON; the answer's, decoded, and its headers."""
        is_json = isinstance(message, dict)
        kind, body = ("application/json", json.dumps(message).encode()) if is_json else ("application/proto", message)
        try:
            async with asyncio.timeout(self.limit):
                status, fields = await self.send(f"/{service}/{method}", kind, body, headers or {})
                data = await self._body(fields)
        except (OSError, asyncio.IncompleteReadError, TimeoutError, ValueError, IndexError) as error:
            self.close()
            raise Lost(repr(error)) from error
        if status == 200:
            if fields.get("content-type", "").split(";")[0] != kind:
                raise Refused("answer", f"a {fields.get('content-type')} for a {kind}", [])
            return (json.loads(data) if is_json else decode(data)), fields
        raise self._refusal(status, fields, data)

    async def send(self, path: str, kind: str, body: bytes, headers: dict):
        """Sends a POST and reads the head of its answer."""
        if self.writer is None:
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 20)
        more = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
        self.writer.write((head + more + "\r\n").encode() + body)
        lines = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        fields = dict((name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines[1:]))
        return int(lines[0].split(" ")[1]), fields

    async def chunk(self, fields: dict) -> bytes:
        """The next piece of a chunked body, or of one that is whole at once; empty at its end."""
        if "content-length" in fields:
            size, fields["content-length"] = int(fields["content-length"]), "0"
            return await self.reader.readexactly(size)
        if fields.get("transfer-encoding") != "chunked":
            raise ValueError(f"a stream that is not chunked: {fields}")
        size = int((await self.reader.readuntil(b"\r\n")).split(b";")[0], 16)
        data = await self.reader.readexactly(size + 2)
        return data[:size]

    async def _body(self, fields: dict) -> bytes:
        if "content-length" in fields:
            data = await self.reader.readexactly(int(fields["content-length"]))
        else:
            parts = []
            while part := await self.chunk(fields):
                parts.append(part)
            data = b"".join(parts)
        if fields.get("connection", "").lower() == "close":
            self.close()
        return data

    @staticmethod
    def _refusal(status: int, fields: dict, data: bytes) -> Exception:
        if fields.get("content-type", "").startswith("application/json"):
            error = json.loads(data)
            if error.get("code") in ("unavailable", "deadline_exceeded"):
                refused = Refused(error["code"], error.get("message", ""), error.get("details", []))
                return refused if refused.reason == "PAUSED" else Lost(str(refused))
            if "code" in error:
                return Refused(error["code"], error.get("message", ""), error.get("details", []))
        # A proxy's answer when nobody answered it; a client of Connect takes all of these for `unavailable`.
        if status in (429, 502, 503, 504):
            return Lost(f"status {status}")
        return Refused(f"status {status}", data.decode(errors="replace")[:200], [])

    def close(self):
        if self.writer is not None:
            self.writer.close()
        self.reader = self.writer = None


async def persist(connection: Connection, method: str, message: bytes | dict, end: float, headers: dict | None = None):
    """Calls until there is an answer; raises `Lost` when there was none before the loop's time `end`.

    Returns the answer's message, its headers, and how often the call was made again.
    """
    loop = asyncio.get_running_loop()
    again = 0
    while True:
        try:
            return *await connection.call(method, message, headers), again
        except Lost as lost:
            losses[str(lost)] += 1
            if loop.time() > end:
                raise
        again += 1
        await asyncio.sleep(min(0.05 * again, 0.5))


class Redis:
    """A connection to Redis: `await redis("TIME")`."""

    def __init__(self, port: int):
        self.port = port
        self.reader = self.writer = None

    async def __call__(self, *words):
        if self.writer is None:
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 20)
        data = [str(word).encode() for word in words]
        self.writer.write(b"*%d\r\n" % len(data) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in data))
        return await self._reply()

    async def time(self) -> int:
        """Its clock, in microseconds."""
        seconds, micros = await self("TIME")
        return int(seconds) * 1_000_000 + int(micros)

    async def _reply(self):
        line = (await self.reader.readuntil(b"\r\n"))[:-2]
        kind, rest = line[:1], line[1:].decode()
        if kind == b"$":
            return None if rest == "-1" else (await self.reader.readexactly(int(rest) + 2))[:-2].decode()
        if kind == b"*":
            return [await self._reply() for _ in range(int(rest))]
        if kind == b"-":
            raise RuntimeError(rest)
        return int(rest) if kind == b":" else rest
