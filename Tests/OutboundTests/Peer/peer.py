"""The other side of a test: an HTTP server, a DNS-over-HTTPS resolver, or a port that answers nothing.

    peer.py http [--host H] [--port P] [--tls CERT KEY]
    peer.py dns --tls CERT KEY    with {"name": [[["A", "127.0.0.2"]], …]} on the first line of stdin
    peer.py hole

Prints {"port": N} when it listens. Answers each line on stdin with its counts, and ends with stdin.
"""

import argparse
import asyncio
import ipaddress
import json
import socket
import ssl
import struct
import sys

counts = {"connections": 0, "requests": 0, "open": 0, "paths": []}


async def read_request(reader):
    head = await reader.readuntil(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")[:-2]
    method, target, _ = first.split(" ", 2)
    headers = [[part.strip() for part in line.split(":", 1)] for line in lines]
    length = next((int(value) for name, value in headers if name.lower() == "content-length"), 0)
    return method, target, headers, await reader.readexactly(length)


def answer(body, status="200 OK", headers=()):
    lines = [f"HTTP/1.1 {status}", f"content-length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


async def serve(reader, writer):
    counts["connections"] += 1
    counts["open"] += 1
    served = 0
    try:
        while True:
            request = await read_request(reader)
            counts["requests"] += 1
            counts["paths"].append(request[1][:200])
            if not await respond(request, reader, writer, served):
                break
            served += 1
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError, ValueError):
        pass
    finally:
        counts["open"] -= 1
        writer.close()


async def respond(request, reader, writer, served):
    method, target, headers, body = request
    name, _, argument = target.partition("?")[0].lstrip("/").partition("/")
    if name == "redirect":
        status, _, location = argument.partition("/")
        writer.write(answer(b"moved", f"{status} Moved", [f"Location: {location}"]))
    elif name == "status":
        writer.write(answer(b"", f"{argument} Something"))
    elif name == "slow":
        await asyncio.sleep(int(argument) / 1000)
        writer.write(answer(b"slow"))
    elif name == "never":
        await reader.read()
        return False
    elif name == "gigabyte":
        writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        for _ in range(1024):
            writer.write(b"100000\r\n" + b"x" * 0x100000 + b"\r\n")
            await writer.drain()
        writer.write(b"0\r\n\r\n")
    elif name == "drip":
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.02)
    elif name == "flood":
        writer.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            writer.write(b"x-flood: " + b"x" * 1000 + b"\r\n")
            await writer.drain()
    elif name == "last":
        writer.write(answer(b"last", headers=["connection: close"]))
        return False
    elif name == "garbage":
        writer.write(b"\x00\x01\x02 this is no HTTP\r\n\r\n")
        return False
    elif name == "close":
        return False
    elif name == "fickle":
        # Looks alive until the second request on a connection.
        if served > 0:
            return False
        writer.write(answer(b"once"))
    elif name == "interim":
        writer.write(b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n" + answer(b"done", headers=["X-Own: 1"]))
    elif name == "gzip":
        writer.write(answer(b"\x1f\x8b not unpacked", headers=["content-encoding: gzip"]))
    else:
        echo = {"method": method, "target": target, "headers": headers, "body": body.decode("latin-1")}
        writer.write(answer(json.dumps(echo).encode()))
    return True


class Resolver:
    def __init__(self, table):
        self.table, self.asked = table, {}

    async def serve(self, reader, writer):
        try:
            while True:
                _, _, _, query = await read_request(reader)
                head = ["content-type: application/dns-message"]
                writer.write(answer(self.reply(query), headers=head))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, ValueError):
            pass
        finally:
            writer.close()

    def reply(self, query):
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1 : at + 1 + query[at]].decode())
            at += 1 + query[at]
        (kind,) = struct.unpack_from("!H", query, at + 1)
        name = ".".join(labels).lower()
        turns = self.table.get(name, [])
        turn = self.asked.get((name, kind), 0)
        self.asked[(name, kind)] = turn + 1
        counts["requests"] += 1
        records = turns[min(turn, len(turns) - 1)] if turns else []
        wanted = {1: "A", 28: "AAAA"}.get(kind)
        addresses = [ipaddress.ip_address(value).packed for type, value in records if type == wanted]
        code = 0 if turns else 3
        head = query[:2] + struct.pack("!HHHHH", 0x8180 | code, 1, len(addresses), 0, 0)
        answers = b"".join(
            b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 0, len(packed)) + packed for packed in addresses
        )
        return head + query[12 : at + 5] + answers


def hole():
    """Listens with a backlog that is full, so that nobody gets as far as a connection."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)
    fillers = []
    for _ in range(4):
        filler = socket.socket()
        filler.setblocking(False)
        filler.connect_ex(listener.getsockname())
        fillers.append(filler)
    return listener, fillers


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("kind", choices=["http", "dns", "hole"])
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--tls", nargs=2)
    options = parser.parse_args()
    context = None
    if options.tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*options.tls)
    if options.kind == "hole":
        listener, _fillers = hole()
        port = listener.getsockname()[1]
    else:
        handler = serve if options.kind == "http" else Resolver(json.loads(sys.stdin.readline())).serve
        server = await asyncio.start_server(handler, options.host, options.port, ssl=context, backlog=4096)
        port = server.sockets[0].getsockname()[1]
    print(json.dumps({"port": port}), flush=True)
    loop = asyncio.get_running_loop()
    while await loop.run_in_executor(None, sys.stdin.readline):
        print(json.dumps(counts), flush=True)


asyncio.run(main())
