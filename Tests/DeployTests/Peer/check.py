"""The checks of deploy/: `check.py [GROUP…]`, `check.py --write`, `check.py metrics FILE…`.

Each complaint is a line on stdout; the exit code is 1 when there is one. A group that is content prints its name.
"""

import sys

import fit
import monitoring
import mutants
import nginx
import render
import units

GROUPS = {
    "render": render.complaints,
    "fit": fit.complaints,
    "nginx": nginx.complaints,
    "rules": monitoring.rules,
    "dashboard": monitoring.dashboard,
    "units": units.complaints,
    "mutants": mutants.complaints,
}


def main(arguments):
    if arguments == ["--write"]:
        monitoring.write()
        return 0
    if arguments[:1] == ["metrics"]:
        found = {"metrics": monitoring.metrics(arguments[1:])}
    else:
        unknown = [name for name in arguments if name not in GROUPS]
        if unknown:
            print("no such group:", *unknown)
            return 64
        found = {name: list(GROUPS[name]()) for name in arguments or GROUPS}
    for name, complaints in found.items():
        for complaint in complaints:
            print(f"{name}: {complaint}")
        if not complaints:
            print(f"ok {name}")
    return 1 if any(found.values()) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
