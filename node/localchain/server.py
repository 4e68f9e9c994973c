"""JSON-RPC over HTTP/1.1 with connections that stay open, and the faults of a whole request."""

import asyncio
import random
import socket
import struct
from typing import Any

from . import faults
from .chain import Chain
from .dispatch import Asked, Dispatcher, failure
from .errors import RPCError
from .faults import ON_REQUESTS, Fault, Faults

LONGEST_HEAD = 32 * 1024
LONGEST_BODY = 16 * 1024 * 1024


class Unreadable(Exception):
    """The bytes are no request that this server reads; the answer's status."""

    def __init__(self, status: str) -> None:
        super().__init__(status)
        self.status = status


class Server:
    def __init__(self, chain: Chain, dispatcher: Dispatcher, queue: Faults) -> None:
        self._chain = chain
        self._dispatcher = dispatcher
        self._faults = queue

    async def listen(self, host: str, port: int) -> tuple[asyncio.Server, int]:
        server = await asyncio.start_server(self._serve, host, port, limit=LONGEST_HEAD, backlog=1024)
        return server, server.sockets[0].getsockname()[1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (request := await self._read(reader, writer)) is not None:
                method, body, is_last = request
                if method != "POST":
                    self._write(writer, "200 OK", b"This is a JSON-RPC node: POST calls to it.\n", "text/plain")
                elif not await self._answer(body, writer):
                    return
                await writer.drain()
                if is_last:
                    return
        except Unreadable as error:
            self._write(writer, error.status, b"", "text/plain")
        except (ConnectionError, asyncio.IncompleteReadError, TimeoutError):
            pass
        finally:
            writer.close()

    async def _read(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> tuple[str, bytes, bool] | None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            return None
        except asyncio.LimitOverrunError as error:
            raise Unreadable("431 Request Header Fields Too Large") from error
        lines = head.decode("latin-1").split("\r\n")
        fields = (line.partition(":") for line in lines[1:])
        headers = {name.strip().lower(): value.strip() for name, _, value in fields}
        if "transfer-encoding" in headers:
            raise Unreadable("411 Length Required")
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > LONGEST_BODY:
            raise Unreadable("413 Content Too Large")
        if headers.get("expect", "").lower() == "100-continue":
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = await reader.readexactly(int(length))
        return lines[0].split(" ")[0], body, headers.get("connection", "").lower() == "close"

    async def _answer(self, body: bytes, writer: asyncio.StreamWriter) -> bool:
        """Whether the connection goes on."""
        try:
            asked = self._dispatcher.read(body)
        except RPCError as error:
            self._write(writer, "200 OK", faults.encode(failure(None, error)))
            return True
        fault = self._faults.strike(asked.methods, ON_REQUESTS)
        if fault is None:
            self._write(writer, "200 OK", faults.encode(self._whole(asked, await self._carry_out(asked))))
            return True
        return await self._fail(fault, asked, writer)

    async def _carry_out(self, asked: Asked, limit: int | None = None) -> list[dict[str, Any]]:
        answers = await self._dispatcher.carry_out(asked, limit)
        self._chain.journal.sync()
        return answers

    def _whole(self, asked: Asked, answers: list[dict[str, Any]]) -> Any:
        return answers if asked.is_batch or not answers else answers[0]

    async def _fail(self, fault: Fault, asked: Asked, writer: asyncio.StreamWriter) -> bool:
        answers = await self._carry_out(asked) if fault.is_carried else []
        match fault.kind:
            case "drop-reply":
                return False
            case "reset":
                if not fault.is_carried:
                    await self._carry_out(asked, fault.option("after", 0))
                linger = struct.pack("ii", 1, 0)
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                writer.transport.abort()
                return False
            case "hang":
                await asyncio.sleep(fault.option("seconds"))
                return False
            case "http":
                status = fault.option("status", 502)
                self._write(writer, f"{status} Scripted", faults.html(status), "text/html")
                return True
            case "garbage":
                self._write(writer, "200 OK", faults.GARBAGE)
                return True
            case "delay":
                await asyncio.sleep(fault.option("seconds"))
            case "shuffle":
                _shuffle(answers)
        if not fault.is_carried:
            answers = await self._carry_out(asked)
        self._write(writer, "200 OK", faults.encode(self._whole(asked, answers)))
        return True

    def _write(
        self, writer: asyncio.StreamWriter, status: str, body: bytes, kind: str = "application/json"
    ) -> None:
        head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)


def _shuffle(answers: list[dict[str, Any]]) -> None:
    """Any order but the one they have."""
    before = list(answers)
    while len(answers) > 1 and answers == before:
        random.shuffle(answers)
