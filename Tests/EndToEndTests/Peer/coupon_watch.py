"""Watches a campaign, goes on by its cursor whenever a stream ends, and says what it saw.

usage: coupon_watch.py [--until N] [--json] [--cursor CURSOR] [--once] [--seconds N] CAMPAIGN PORT…
                        ends when N issues were seen
       coupon_watch.py --stall N CAMPAIGN PORT    opens N streams and reads none of them, until it is killed
The ports are tried in turn. Prints a line `OPEN`, `SEEN <issues>`, `END <end of the stream>` or `CUT <why>` for what
happens, and at last one line of JSON with all events in order.
"""

import argparse
import asyncio
import json
import socket
import struct
import sys

from coupon_wire import SERVICES, Connection, decode, encode, number, text

KINDS = {3: "campaign", 4: "issued", 5: "redeemed", 6: "voided", 7: "paused", 8: "resumed", 9: "quotaRaised"}


def enveloped(message: bytes) -> bytes:
    return b"\0" + struct.pack(">I", len(message)) + message


class Watch:
    def __init__(self, options):
        self.options = options
        self.cursor = options.cursor
        self.events: list[tuple] = []
        self.ends: list[str] = []
        self.issued = 0
        self.violations: list[str] = []

    async def frames(self, connection: Connection, fields: dict):
        data = b""
        while part := await connection.chunk(fields):
            data += part
            while len(data) >= 5 and len(data) >= 5 + (length := struct.unpack(">I", data[1:5])[0]):
                yield data[0], data[5 : 5 + length]
                data = data[5 + length :]
        if data:
            self.violations.append(f"{len(data)} bytes behind the last frame")

    async def once(self, port: int) -> str:
        """One stream; returns how it ended."""
        kind = "json" if self.options.json else "proto"
        message = encode((1, self.options.campaign), (2, self.cursor))
        if self.options.json:
            message = json.dumps({"campaignId": str(self.options.campaign), "cursor": self.cursor}).encode()
        connection = Connection(port)
        end = ""
        try:
            path = f"/{SERVICES[0]}/WatchCampaign"
            status, fields = await connection.send(path, f"application/connect+{kind}", enveloped(message), {})
            if status != 200 or fields.get("content-type") != f"application/connect+{kind}":
                return f"CUT {status} {fields.get('content-type')}"
            is_first = True
            async for flags, data in self.frames(connection, fields):
                if flags & 2:
                    end = f"END {data.decode()}"
                    continue
                if end:
                    self.violations.append("an answer behind the end of the stream")
                self.take(json.loads(data) if self.options.json else self.plain(data), is_first)
                is_first = False
                if self.is_done():
                    return "DONE"
            return end or "CUT without an end"
        except (OSError, asyncio.IncompleteReadError, ValueError) as error:
            return f"CUT {error!r}"
        finally:
            connection.close()

    @staticmethod
    def plain(data: bytes) -> dict:
        """The parts of an answer that matter here, as its JSON has them."""
        message = decode(data)
        answer = {"cursor": text(message, 1)}
        for field, kind in KINDS.items():
            if field in message:
                inner = decode(message[field][-1])
                answer[kind] = {}
                if kind in ("issued", "redeemed", "voided"):
                    answer[kind] = {"code": text(inner, 1), "sequence": str(number(inner, 3))}
                elif kind == "quotaRaised":
                    answer[kind] = {"totalCoupons": str(number(inner, 1))}
        return answer

    def take(self, answer: dict, is_first: bool):
        if not self.events and not self.ends and is_first:
            print("OPEN", flush=True)
        kind = next((kind for kind in KINDS.values() if kind in answer), "nothing")
        if is_first and kind != "campaign":
            self.violations.append(f"a stream begins with {kind}")
        self.cursor = answer["cursor"]
        if kind == "campaign":
            return
        body = answer[kind]
        self.events.append((kind, int(body.get("sequence", body.get("totalCoupons", 0))), body.get("code", "")))
        if kind == "issued":
            self.issued += 1
            if self.issued % 20 == 0 or self.is_done():
                print("SEEN", self.issued, flush=True)

    def is_done(self) -> bool:
        return self.issued >= self.options.until

    async def run(self):
        turn = 0
        while not self.is_done():
            end = await self.once(self.options.ports[turn % len(self.options.ports)])
            turn += 1
            if end != "DONE":
                self.ends.append(end)
                print(end, flush=True)
                if "invalid_argument" in end or "not_found" in end or self.options.once:
                    break
                await asyncio.sleep(0.1)


async def stall(options):
    """Streams of clients that stopped reading: their receive buffers fill, and then the senders' do."""
    body = enveloped(encode((1, options.campaign)))
    head = (
        f"POST /{SERVICES[0]}/WatchCampaign HTTP/1.1\r\nHost: localhost\r\n"
        f"Content-Type: application/connect+proto\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    sockets = []
    for index in range(options.stall):
        stream = socket.socket()
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        stream.connect(("127.0.0.1", options.ports[index % len(options.ports)]))
        stream.sendall(head.encode() + body)
        sockets.append(stream)
    for stream in sockets:
        stream.recv(15)
    print("OPEN", flush=True)
    await asyncio.sleep(600)


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--until", type=int, default=1 << 60)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--cursor", default="")
    parser.add_argument("--once", action="store_true", help="one stream only")
    parser.add_argument("--seconds", type=float, default=120, help="when to give up")
    parser.add_argument("--stall", type=int, default=0)
    parser.add_argument("campaign", type=int)
    parser.add_argument("ports", type=int, nargs="+")
    options = parser.parse_args()
    if options.stall:
        return await stall(options)
    watch = Watch(options)
    try:
        await asyncio.wait_for(watch.run(), options.seconds)
    except TimeoutError:
        watch.violations.append(f"no more than {watch.issued} issues in {options.seconds} s")
    report = {"events": watch.events, "ends": watch.ends, "cursor": watch.cursor, "violations": watch.violations}
    print(json.dumps(report, ensure_ascii=False))
    sys.exit(1 if watch.violations else 0)


asyncio.run(main())
