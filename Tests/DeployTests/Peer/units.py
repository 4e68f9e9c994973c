"""The systemd units: what systemd itself says of them, that settings exist, and that a drain has its time."""

import pathlib
import re
import subprocess
import tempfile

from references import known_settings
from render import DEPLOY, ROOT

FOLDER = DEPLOY / "systemd"
UNITS = ["tally-serve@.service", "tally-work.service"]
DROPINS = {"tally-serve@.service": "tls.conf", "tally-work.service": "faucet.conf"}
EXPOSURE_LIMIT = 2.0
# The lines that a unit needs besides those that `systemd-analyze security` counts.
LINES = [
    "Type=exec", "Restart=always", "LimitCORE=0", "LimitNOFILE=65536", "DynamicUser=yes", "StartLimitIntervalSec=0",
    "Environment=SWIFT_BACKTRACE=enable=no", "MemoryDenyWriteExecute=yes", "SystemCallFilter=@system-service",
]


def default(setting):
    """A default of docs/configuration.md."""
    text = (ROOT / "docs" / "configuration.md").read_text()
    return float(re.search(rf"^\| `{setting}` \|[^|]*\| `([^`]*)`", text, re.MULTILINE)[1])


def exposure(path):
    done = subprocess.run(["systemd-analyze", "security", "--offline=true", "--no-pager", path],
                          capture_output=True, text=True)
    found = re.search(r"Overall exposure level for \S+: (\d+\.\d+)", done.stdout)
    return float(found[1]) if found else None


def verified(unit, text):
    """The complaint of systemd about a unit with its example of a drop-in; the program is one that exists."""
    with tempfile.TemporaryDirectory() as folder:
        place = pathlib.Path(folder)
        place.joinpath(unit).write_text(text.replace("/usr/local/bin/tally", "/bin/true"))
        more = place / f"{unit}.d"
        more.mkdir()
        more.joinpath("more.conf").write_text((FOLDER / DROPINS[unit]).read_text())
        given = unit.replace("@.", "@8081.")
        if given != unit:
            place.joinpath(given).symlink_to(unit)
        done = subprocess.run(["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", given],
                              capture_output=True, text=True, cwd=folder,
                              env={"SYSTEMD_UNIT_PATH": f"{folder}:", "PATH": "/usr/bin:/bin"})
        says = [line for line in done.stderr.splitlines() if line.startswith(("tally-", folder)) or "tally" in line]
        return says if says or done.returncode == 0 else done.stderr.splitlines() or ["it failed"]


def complaints():
    settings = known_settings()
    for file in sorted(FOLDER.iterdir()):
        for name in re.findall(r"^#?(?:Environment=)?(TALLY_\w+)=", file.read_text(), re.MULTILINE):
            if name not in settings:
                yield f"{file.name}: {name} is no setting"
    for unit in UNITS:
        text = (FOLDER / unit).read_text()
        level = exposure(FOLDER / unit)
        if level is None or level > EXPOSURE_LIMIT:
            yield f"{unit} is exposed by {level}, more than {EXPOSURE_LIMIT}"
        yield from (f"{unit}: {line}" for line in verified(unit, text))
        yield from (f"{unit} lacks {line}" for line in LINES if line not in text.splitlines())
        stop = float(re.search(r"^TimeoutStopSec=(\d+)$", text, re.MULTILINE)[1])
        if stop < default("drain.delaySeconds") + default("drain.limitSeconds") + 5:
            yield f"{unit} is killed before its drain has ended"
    shared = [(FOLDER / unit).read_text().partition("# Nothing of the machine")[2] for unit in UNITS]
    if shared[0] != shared[1] or not shared[0]:
        yield "the units are not hardened alike"
    yield from mutants()


def mutants():
    """The checks above have to notice these."""
    text = (FOLDER / UNITS[0]).read_text()
    with tempfile.TemporaryDirectory() as folder:
        weak = pathlib.Path(folder) / UNITS[0]
        weak.write_text("\n".join(line for line in text.splitlines() if not line.startswith(("SystemCall", "Protect"))))
        if (exposure(weak) or 0) <= EXPOSURE_LIMIT:
            yield "nobody notices a unit without its hardening"
    if not verified(UNITS[0], text.replace("Restart=always", "Restart=mostly")):
        yield "nobody notices a wrong value"
    if not verified(UNITS[0], text.replace("LimitCORE=0", "LimitCores=0")):
        yield "nobody notices a line that does not exist"
