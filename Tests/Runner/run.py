"""Runs the tests of a built binary, several processes at a time, and says how it went.

scripts/test calls it. The last line is the one that Swift Testing would print for all of them.
"""

import argparse
import json
import os
import re
import signal
import sys
import time

import binary
import changed
import plan
import report
import unit

HERE = os.path.dirname(os.path.abspath(__file__))
TABLE = HERE + "/costs.tsv"


def options():
    parser = argparse.ArgumentParser(prog="scripts/test", add_help=False)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--filter", action="append", default=[])
    parser.add_argument("--skip", action="append", default=[])
    parser.add_argument("--changed", metavar="REVISION")
    parser.add_argument("--jobs", type=int, default=0)
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--phase", action="append", default=[], metavar="NAME=SECONDS")
    return parser.parse_args()


def budget():
    with open(HERE + "/budget.json", encoding="utf-8") as file:
        return json.load(file)


def slowness(reference):
    """How many times as long a fixed amount of work takes now as on the machine of the table, at least 1."""
    def once():
        begun = time.perf_counter()
        sum(index * index for index in range(1_000_000))
        return time.perf_counter() - begun
    return max(1.0, sorted(once() for _ in range(5))[2] / reference)


def chosen(names, given):
    modules = changed.modules(given.changed) if given.changed else None
    return [
        name for name in names
        if (modules is None or name.split(".", 1)[0] in modules)
        and (not given.filter or any(re.search(pattern, name) for pattern in given.filter))
        and not any(re.search(pattern, name) for pattern in given.skip)
    ]


class Runner:
    def __init__(self, given, names, table):
        self.given, self.names, self.table = given, names, table
        self.cores = os.cpu_count() or 1
        self.has_network = unit.can_have_networks()
        # Systems of tests choose free ports and would take them from each other.
        self.most = given.jobs or (plan.MOST_AT_ONCE if self.has_network else 1)
        self.running, self.done = [], []
        self.environment = {**os.environ, "SWIFT_BACKTRACE": "enable=no"}

    def run(self, waiting):
        number, total = 0, sum(each.wall for each in waiting)
        try:
            while waiting or self.running:
                beside = [run.unit for run in self.running]
                following = plan.choose(waiting, beside, self.cores) if len(beside) < self.most else None
                if following:
                    waiting.remove(following)
                    filters = plan.patterns(following, self.names)
                    self.running.append(unit.Run(
                        number, following, self.given.binary, filters, self.environment, self.has_network))
                    number += 1
                    continue
                ended = [run for run in self.running if run.poll()]
                for run in ended:
                    self.running.remove(run)
                    self.done.append(run)
                    report.progress(run, sum(each.unit.wall for each in self.done) / max(total, 0.1))
                if not ended:
                    time.sleep(0.05)
        finally:
            for run in self.running:
                run.stop()
        return self.done

    def run_alone(self, tests):
        """Runs tests once more, with nothing beside them."""
        first, self.done = self.done, []
        again = self.run([plan.Unit(name, "alone", 1.0, 1.0, [name]) for name in tests])
        self.done = first
        return again


def end(*_):
    sys.exit(143)


def main():
    # Processes of tests have sessions of their own, so an end must be passed on.
    signal.signal(signal.SIGTERM, end)
    given = options()
    try:
        with open(TABLE, encoding="utf-8") as file:
            table = plan.read_table(file.read())
    except (FileNotFoundError, plan.TableError) as problem:
        sys.exit(f"test: {problem}")
    everything = binary.tests(given.binary)
    names = chosen(everything, given)
    if given.list:
        print("\n".join(sorted(names)))
        return 0
    if not names:
        print("test: no test matches" if not given.changed else "test: no test can be touched by that change")
        return 0 if given.changed else 1
    limits = budget()
    slow = slowness(limits["reference_seconds"])
    # A deadline that only guards against hanging grows with the machine's slowness.
    os.environ["TEST_PATIENCE"] = f"{slow:.2f}"
    units = plan.units(names, table)
    runner = Runner(given, names, table)
    report.begin(names, units, runner, slow)
    begun = time.monotonic()
    done = runner.run(units)
    again = runner.run_alone(report.to_repeat(done))
    seconds = time.monotonic() - begun
    wrong = [] if given.filter or given.skip or given.changed else plan.complaints(table, everything)
    if given.record:
        report.record(TABLE, done, table, everything)
        wrong = []
    phases = [(name, float(value)) for name, value in (phase.split("=") for phase in given.phase)]
    code = report.end(done, again, names, seconds, phases + [("tests", seconds)], limits, wrong)
    for run in done + again:
        run.forget()
    return code


if __name__ == "__main__":
    sys.exit(main())
