"""Opens streams of gRPC without a message, closes them, and waits until the server's memory is back.

usage: held_streams.py PORT PID
Prints the resident memory before, with the streams open, and behind them; ends with 1 when half of what they took
is still there after five minutes.
"""

import socket
import sys
import time

CONNECTIONS, STREAMS = 20, 100
FIELDS = [
    (b":method", b"POST"), (b":scheme", b"http"), (b":path", b"/coupon.v1.CouponService/IssueCoupon"),
    (b":authority", b"127.0.0.1"), (b"content-type", b"application/grpc+proto"), (b"te", b"trailers"),
]


def frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def resident(pid: str) -> int:
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS")) // 1024


def main(port: int, pid: str) -> int:
    # Literal fields that no table keeps: RFC 7541, section 6.2.2.
    block = b"".join(b"\0" + bytes([len(name)]) + name + bytes([len(value)]) + value for name, value in FIELDS)
    heads = b"".join(frame(1, 4, 2 * number + 1, block) for number in range(STREAMS))
    before, most, connections = resident(pid), 0, []
    for _ in range(CONNECTIONS):
        connection = socket.create_connection(("127.0.0.1", port), timeout=60)
        connection.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0, b"") + heads)
        connections.append(connection)
        most = max(most, resident(pid))
    # A server that answers a ping has read the heads before it.
    for connection in connections:
        connection.sendall(frame(6, 0, 0, b"are here"))
        received = b""
        while frame(6, 1, 0, b"are here") not in received:
            received += connection.recv(65536)
        most = max(most, resident(pid))
    for connection in connections:
        connection.close()
    end, after = time.monotonic() + 300, most
    while after > before + (most - before) / 2 and time.monotonic() < end:
        time.sleep(0.5)
        after = resident(pid)
    print(f"{before} MiB before, {most} MiB with {CONNECTIONS * STREAMS} streams, {after} MiB after")
    return 0 if after <= before + (most - before) / 2 else 1


sys.exit(main(int(sys.argv[1]), sys.argv[2]))
