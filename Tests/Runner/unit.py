"""One process of tests, in a network and a folder of its own, and nothing of it left when it has ended."""

import os
import shutil
import signal
import subprocess
import tempfile
import time

import binary

# Guards against a test that hangs for ever; a run of everything takes a fraction of it.
HANGING_SECONDS = 1500


def can_have_networks():
    """Whether a process may have a loopback interface of its own here: root may, others mostly not."""
    trial = ["unshare", "-n", "ip", "link", "set", "lo", "up"]
    return shutil.which("ip") is not None and subprocess.run(trial, capture_output=True).returncode == 0


class Run:
    """Starts at once. `poll` says whether it has ended, and then everything else is there."""

    def __init__(self, number, unit, program, filters, environment, has_network):
        self.unit = unit
        # Short: unix sockets in it may have 107 bytes.
        self.folder = tempfile.mkdtemp(prefix=f"tally-{number}-", dir="/tmp")
        self.mark = f"TEST_UNIT={os.path.basename(self.folder)}"
        self.events = self.folder + "/events"
        self.log = self.folder + "/log"
        os.mkdir(self.folder + "/t")
        command = binary.arguments(program) + ["--event-stream-output-path", self.events, "--event-stream-version", "0"]
        command += ["--parallel" if unit.mode == "together" else "--no-parallel"]
        for pattern in filters:
            command += ["--filter", pattern]
        if has_network:
            command = ["unshare", "-n", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"] + command
        name, value = self.mark.split("=")
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                env={**environment, "TMPDIR": self.folder + "/t", name: value})
        self.started = time.monotonic()
        self.results = self.wall = self.cpu = self.code = self.left = None

    @property
    def seconds(self):
        return time.monotonic() - self.started

    def poll(self):
        pid, status, usage = os.wait4(self.process.pid, os.WNOHANG)
        if pid == 0:
            if self.seconds > HANGING_SECONDS:
                os.killpg(self.process.pid, signal.SIGABRT)
            return False
        self.process.returncode = self.code = os.waitstatus_to_exitcode(status)
        # Of the process and of all that it has waited for.
        self.wall, self.cpu = self.seconds, usage.ru_utime + usage.ru_stime
        self.results = binary.Results().read(self.events)
        self.left = self.end_what_is_left()
        return True

    def end_what_is_left(self):
        """Names processes that outlive their tests, and ends them. They get a moment: some end with their parent."""
        deadline = time.monotonic() + 5
        while (left := self.descendants()) and time.monotonic() < deadline:
            time.sleep(0.05)
        for pid, _ in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        return [name for _, name in left]

    def descendants(self):
        found = []
        for entry in os.listdir("/proc"):
            if not entry.isdigit():
                continue
            try:
                with open(f"/proc/{entry}/environ", "rb") as file:
                    is_ours = self.mark.encode() in file.read().split(b"\0")
                if is_ours:
                    with open(f"/proc/{entry}/cmdline", "rb") as file:
                        found.append((int(entry), file.read().replace(b"\0", b" ").decode(errors="replace")[:200]))
            except OSError:
                continue  # It has just ended, or is another user's.
        return [(pid, name) for pid, name in found if name]

    def output(self):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return file.read()

    def forget(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def stop(self):
        try:
            os.killpg(self.process.pid, signal.SIGTERM)
            self.process.wait(10)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            pass
        self.end_what_is_left()
        self.forget()
