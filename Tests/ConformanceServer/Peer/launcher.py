"""The suite's side of the launcher protocol, and the tally of the cases."""

import contextlib
import signal
import struct
import subprocess
import time
import traceback
from collections.abc import Callable, Iterator

from messages import kind

PROTOCOLS = {"connect": 1, "grpc": 2, "grpc-web": 3}


class Launcher:
    """Starts conformance servers; `program` may also be the HOST:PORT of one that runs."""

    def __init__(self, program: str):
        self.program = program

    @contextlib.contextmanager
    def server(self, protocol: str = "connect", version: int = 2, limit: int = 0, **tls: bytes) -> Iterator[int]:
        """The port of a server, which ends when asked to; `tls` is as `start` takes it."""
        if "/" not in self.program:
            yield int(self.program.rpartition(":")[2])
            return
        process = self.start(protocol, version, limit, **tls)
        try:
            yield self.answer(process).port
        finally:
            code = self.stop(process)
        if code != 0:
            raise AssertionError(f"the server ended with {code}")

    def start(self, protocol: str, version: int, limit: int = 0, use_tls: bool = False, cert: bytes = b"",
              key: bytes = b"", client: bytes = b"") -> subprocess.Popen:
        """With TLS: `cert` and `key` for the server, unless it is to make its own, and `client` for it to trust."""
        # The kernel ends it when this program ends, however that is.
        command = ["setpriv", "--pdeathsig", "TERM", self.program]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        order = kind("ServerCompatRequest")(
            protocol=PROTOCOLS[protocol], http_version=version, use_tls=use_tls, message_receive_limit=limit,
            client_tls_cert=client, server_creds={"cert": cert, "key": key} if cert else None,
        ).SerializeToString()
        process.stdin.write(struct.pack(">I", len(order)) + order)
        # So does the suite: that its input ends tells a server nothing.
        process.stdin.close()
        return process

    @staticmethod
    def answer(process: subprocess.Popen):
        length = process.stdout.read(4)
        if len(length) < 4:
            raise AssertionError(f"no answer from the server, which ended with {process.wait(10)}")
        return kind("ServerCompatResponse").FromString(process.stdout.read(struct.unpack(">I", length)[0]))

    @staticmethod
    def stop(process: subprocess.Popen) -> int:
        process.send_signal(signal.SIGTERM)
        try:
            return process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError("the server did not end within 10 s of SIGTERM") from None
        finally:
            process.stdout.close()


class Report:
    def __init__(self, pattern: str | None = None):
        self.passed, self.failed, self.pattern = 0, [], pattern

    def case(self, name: str, run: Callable[[], list[str]]) -> None:
        """Runs one case; what it returns is what is wrong."""
        if self.pattern and self.pattern not in name:
            return
        start = time.monotonic()
        try:
            faults = run()
        except Exception as error:  # noqa: BLE001: whatever happens to one case, the others are run.
            where = traceback.extract_tb(error.__traceback__)[-1]
            faults = [f"{type(error).__name__}: {error} ({where.name}, line {where.lineno})"]
        if time.monotonic() - start > 20:
            faults.append("it took longer than 20 s")
        if faults:
            self.failed.append(name)
            print(f"FAILED {name}:", *(f"\n    {fault}" for fault in faults), flush=True)
        else:
            self.passed += 1
            print(f"ok {name}", flush=True)

    def close(self) -> int:
        total = self.passed + len(self.failed)
        for name in self.failed:
            print(f"failed: {name}")
        print(f"{self.passed} of {total} cases passed")
        return 0 if total and not self.failed else 1
