"""Runs a command where the resolver never answers: deaf.py COMMAND ARGUMENTS…

Call it in mount and network namespaces of its own.
"""

import fcntl
import socket
import struct
import subprocess
import sys
import tempfile

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
    # SIOCSIFFLAGS, IFF_UP | IFF_RUNNING: a new network namespace has its loopback down.
    fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh14x", b"lo", 0x41))
deaf = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
deaf.bind(("127.0.0.1", 53))
with tempfile.NamedTemporaryFile("w") as file:
    file.write("nameserver 127.0.0.1\n")
    file.flush()
    subprocess.run(["mount", "--bind", file.name, "/etc/resolv.conf"], check=True)
    sys.exit(subprocess.run(sys.argv[1:]).returncode)
