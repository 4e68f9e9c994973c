"""The report of a run of the tests: while it goes on, at its end, and into the table of costs."""

import binary
import plan

SLOWEST = 20
# With more failures than these it is no matter of who ran beside whom.
MOST_REPEATED = 12


def say(text=""):
    print(text, flush=True)


def begin(names, units, runner, slow):
    work = sum(each.cpu for each in units) / runner.cores
    alone = sum(each.wall for each in units if each.mode == "alone")
    longest = max(each.wall for each in units)
    expected = max(work, longest, alone) * slow if runner.most > 1 else sum(each.wall for each in units) * slow
    say(f"test: {len(names)} tests in {len(units)} processes, about {max(1, round(expected / 60))} min "
        f"on {runner.cores} processors" + (f", which are {slow:.1f} times as slow as usual" if slow > 1.3 else ""))
    if not runner.has_network:
        say("test: one process after the other, because this user may not give each a network of its own")


def progress(run, share):
    failed = problems(run)
    sign = "✘" if failed else "✔"
    count = len(run.unit.tests)
    what = run.unit.title if len(run.unit.title) < 90 else run.unit.title[:87] + "…"
    say(f"[{round(share * 100):3}%] {sign} {what}: {count} test{'s' if count != 1 else ''}, "
        f"{run.wall:.1f} s, {run.cpu:.1f} s of processor")
    for line in failed:
        say("    " + line.replace("\n", "\n    "))


def problems(run):
    """The faults of a process, a text each; nothing when all of its tests ran and passed."""
    results, found = run.results, []
    for test in sorted(results.failed):
        texts = results.problems.get(test, ["it began, and the process ended in it"])
        found += [f"✘ {test}\n{text[:6000]}" for text in texts]
    found += [f"✘ {text[:6000]}" for text in results.other]
    missing = set(run.unit.tests) - results.ended - results.skipped - results.failed
    found += [f"✘ {test}\nit did not run" for test in sorted(missing)]
    found += [f"✘ left running: {name}" for name in run.left]
    if run.code != 0 and not found:
        found.append("✘ the process failed after its tests had passed")
    if run.code not in (0, 1):
        found.append(f"exit code {run.code}; the end of its output:\n" + run.output()[-4000:])
    return found


def wrong_tests(run):
    """The names of its tests that did not pass. A failure of no test counts for its first."""
    results = run.results
    names = results.failed | (set(run.unit.tests) - results.ended - results.skipped)
    return names or ({run.unit.tests[0]} if problems(run) else set())


def to_repeat(done):
    """Tests that failed beside others: alone they tell whether the fault is theirs or of the machine's load."""
    failed = sorted({name for run in done for name in wrong_tests(run)})
    if 0 < len(failed) <= MOST_REPEATED:
        say(f"{len(failed)} failed beside others, and run once more alone:")
        return failed
    return []


def minutes(seconds):
    return f"{int(seconds) // 60} min {int(seconds) % 60:02} s"


def end(done, again, names, seconds, phases, limits, wrong):
    times = {name: spent for run in done for name, spent in run.results.seconds.items()}
    say()
    say(f"The {SLOWEST} slowest tests:")
    for name, spent in sorted(times.items(), key=lambda item: -item[1])[:SLOWEST]:
        say(f"  {spent:7.1f} s  {name}")
    by_suite = {}
    for name, spent in times.items():
        suite = by_suite.setdefault(binary.suite_of(name), [0, 0.0])
        suite[0] += 1
        suite[1] += spent
    say("By suite:")
    for suite, (count, spent) in sorted(by_suite.items(), key=lambda item: -item[1][1]):
        if spent >= 1:
            say(f"  {spent:7.1f} s  {suite}, {count} tests")
    short = [spent for _, spent in by_suite.values() if spent < 1]
    say(f"  {sum(short):7.1f} s  {len(short)} more suites")
    cpu = sum(run.cpu for run in done)
    say(f"Processors: {cpu:.0f} s in {seconds:.0f} s of tests.")
    say("Time: " + ", ".join(f"{name} {minutes(spent)}" for name, spent in phases)
        + f", all {minutes(sum(spent for _, spent in phases))}.")
    exceeded(phases, limits)
    return verdict(done, again, names, seconds, wrong, len(by_suite))


def exceeded(phases, limits):
    spent = {"all": sum(seconds for _, seconds in phases)}
    spent["before the tests"] = spent["all"] - dict(phases)["tests"]
    for name, limit in limits["seconds"].items():
        if spent[name] > 1.1 * limit:
            say(f"Budget: {name} took {minutes(spent[name])}, and may take {minutes(limit)} "
                "(Tests/Runner/budget.json).")


def verdict(done, again, names, seconds, wrong, suites):
    steady = {run.unit.tests[0] for run in again if not problems(run)}
    failed = {name for run in done for name in wrong_tests(run)}
    for name in sorted(steady):
        say(f"UNSTEADY: {name} failed beside others and passed alone: that is a fault of the test, or of the service")
    for complaint in wrong:
        say(f"✘ {complaint}")
    if failed:
        say("Failures:")
        for run in done:
            for line in problems(run):
                say("  " + line[:1500].replace("\n", "\n    "))
        pattern = "|".join(sorted("^" + plan.escaped(name) for name in failed))
        say(f"Again: scripts/test --filter '{pattern}'")
    if failed or wrong:
        say(f"✘ Test run with {len(names)} tests in {suites} suites failed after {seconds:.3f} seconds "
            f"with {len(failed) + len(wrong)} issues.")
        return 1
    skipped = {name for run in done for name in run.results.skipped}
    for name in sorted(skipped):
        say(f"skipped: {name}")
    say(f"✔ Test run with {len(names)} tests in {suites} suites passed after {seconds:.3f} seconds.")
    return 0


HEAD = """\
# The cost of one run of each suite: name, mode, wall and processor seconds. Written by scripts/test --record.
# together: in the one process that runs unit tests in parallel; apart: in a process of its own, beside others;
# alone: nothing beside it. A suite whose tests mostly wait may have a row for each of its tests instead of its own.
"""


def record(path, done, table, everything):
    """Writes what the processes of this run cost. Of a process with several rows each gets its share by time."""
    measured = {}
    for run in done:
        spent = {}
        for name in run.unit.tests:
            row = name if name in table else binary.suite_of(name)
            spent[row] = spent.get(row, 0.0) + run.results.seconds.get(name, 0.0)
        total = sum(spent.values()) or 1.0
        for row, wall in spent.items():
            mode = table[row].mode if row in table else "apart"
            share = wall / total
            # Side by side they wait for each other.
            wall = run.wall * share if mode == "together" else wall
            measured[row] = plan.Cost(mode, wall, run.cpu * share)
    suites, there = {binary.suite_of(name) for name in everything}, set(everything)
    rows = {name: cost for name, cost in {**table, **measured}.items() if name in suites or name in there}
    with open(path, "w", encoding="utf-8") as file:
        file.write(HEAD)
        for name, cost in sorted(rows.items()):
            file.write(f"{name}\t{cost.mode}\t{cost.wall:.1f}\t{cost.cpu:.1f}\n")
