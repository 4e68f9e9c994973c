"""Looks for a key in the memory of a process and in files; prints how many mappings and files have it.

usage: scan.py KEYFILE PID FILE…
"""

import re
import sys


def forms(secret: bytes) -> list[bytes]:
    text = secret.hex().encode()
    return [secret, secret[::-1], text, text.upper(), secret[:16], secret[16:]]


def mappings(pid: str) -> int:
    found = 0
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            match = re.match(r"([0-9a-f]+)-([0-9a-f]+) (r)[^ ]* \S+ \S+ \S+\s*(.*)", line)
            if not match or match[4].startswith("[v"):
                continue
            start, end = int(match[1], 16), int(match[2], 16)
            try:
                memory.seek(start)
                data = memory.read(end - start)
            except (OSError, ValueError):
                continue
            found += any(form in data for form in SECRET_FORMS)
    return found


SECRET_FORMS = forms(bytes.fromhex(open(sys.argv[1]).read().strip().removeprefix("0x")))
in_files = 0
for path in sys.argv[3:]:
    with open(path, "rb") as file:
        data = file.read()
    in_files += any(form in data for form in SECRET_FORMS)
print(f"mappings={mappings(sys.argv[2])} files={in_files}")
