"""A client that, like Go's, gives its request up when the answer begins, and so loses what it had not sent.

TALLY_EARLY_CALLS says how many calls are made of each kind; without it, few.
"""

import os
import select
import socket

from launcher import Launcher, Report
from messages import SERVICE
from transports import HTTP1, PATIENCE

CALLS = int(os.environ.get("TALLY_EARLY_CALLS", "25"))
# Calls of one case, so that none takes long.
ROUND = 100
BODY = b"x" * 200_000
PIECE = 4096

KINDS = {
    "unknown-method": (f"/{SERVICE}/Nothing", ["content-type: application/proto"]),
    "unknown-method-grpc-web": (f"/{SERVICE}/Nothing", ["content-type: application/grpc-web"]),
    "wrong-media-type": (f"/{SERVICE}/Unary", ["content-type: image/png"]),
    "no-time": (f"/{SERVICE}/Unary", ["content-type: application/proto", "connect-timeout-ms: 0"]),
    "time-out-that-is-none": (f"/{SERVICE}/Unary", ["content-type: application/json", "connect-timeout-ms: x"]),
    "unknown-compression": (f"/{SERVICE}/Unary", ["content-type: application/proto", "content-encoding: br"]),
    "stream": (f"/{SERVICE}/ServerStream",
               ["content-type: application/connect+proto", "connect-content-encoding: br"]),
    "stream-grpc-web": (f"/{SERVICE}/ServerStream", ["content-type: application/grpc-web", "grpc-encoding: br"]),
    "unknown-path": ("/nothing", ["content-type: application/json"]),
    "refused-target": ("//", ["content-type: application/json"]),
}


def gives_up(port: int, path: str, headers: list[str]) -> bool:
    """Sends a request piece by piece; whether the answer began before all was sent, or did not come whole."""
    lines = [f"POST {path} HTTP/1.1", "host: here", f"content-length: {len(BODY)}", *headers]
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as connection:
        connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n")
        for start in range(0, len(BODY), PIECE):
            if select.select([connection], [], [], 0)[0]:
                return True
            connection.sendall(BODY[start:start + PIECE])
        with connection.makefile("rb") as stream:
            return HTTP1(port).read(stream, "POST").status == 0


def run(launcher: Launcher, report: Report) -> None:
    with launcher.server("connect", 1, 256 << 10) as port:
        for name, (path, headers) in KINDS.items():
            for first in range(0, CALLS, ROUND):
                def calls(path=path, headers=headers, count=min(ROUND, CALLS - first)) -> list[str]:
                    lost = sum(gives_up(port, path, headers) for _ in range(count))
                    return [f"{lost} of {count} calls were given up"] if lost else []

                report.case(f"early/{name}/{first}", calls)
