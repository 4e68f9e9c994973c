"""The runner's own rules, with tables and changes that nobody chose. RunnerTests.swift runs them."""

import contextlib
import io
import json
import os
import random
import re
import tempfile
import unittest

import binary
import changed
import plan
import report


def random_table(seed):
    source = random.Random(seed)
    table, names = {}, []
    for number in range(source.randint(1, 60)):
        suite = f"Module{source.randint(0, 4)}.Suite{number}"
        tests = [f"{suite}/`a (fact) {index}.`()" for index in range(source.randint(1, 6))]
        names += tests
        mode = source.choice(["together", "apart", "apart", "alone"])
        wall = source.uniform(0.1, 90)
        if source.random() < 0.2:
            table.update({test: plan.Cost("apart", wall, source.uniform(0.1, wall)) for test in tests})
        elif source.random() < 0.9:
            table[suite] = plan.Cost(mode, wall, source.uniform(0.1, 2 * wall))
    return table, names


class PlanTests(unittest.TestCase):
    def test_every_test_is_in_one_process_and_a_filter_matches_it_there_only(self):
        for seed in range(50):
            table, names = random_table(seed)
            units = plan.units(names, table)
            self.assertEqual(sorted(names), sorted(name for unit in units for name in unit.tests))
            for unit in units:
                patterns = [re.compile(pattern) for pattern in plan.patterns(unit, names)]
                matched = {name for name in names if any(pattern.search(name) for pattern in patterns)}
                self.assertEqual(matched, set(unit.tests), f"seed {seed}")

    def test_processors_are_never_promised_twice_and_who_is_alone_is_alone(self):
        for seed in range(50):
            source = random.Random(seed)
            table, names = random_table(seed)
            waiting, running, order = plan.units(names, table), [], []
            while waiting or running:
                following = plan.choose(waiting, running, 2)
                if following:
                    waiting.remove(following)
                    running.append(following)
                    order.append(following)
                    self.assertTrue(
                        len(running) == 1 or sum(unit.demand(2) for unit in running) <= 2 + 1e-9, f"seed {seed}")
                    if any(unit.mode == "alone" for unit in running):
                        self.assertEqual(len(running), 1, f"seed {seed}")
                    self.assertLessEqual(len(running), plan.MOST_AT_ONCE)
                else:
                    self.assertTrue(running, f"seed {seed}: nothing runs and nothing is started")
                    running.remove(source.choice(running))
            self.assertEqual(sum(len(unit.tests) for unit in order), len(names))

    def test_a_table_that_differs_from_the_tests_is_complained_about(self):
        names = ["A.S/`x`()", "A.S/`y`()", "B.T/`z`()"]
        cost = plan.Cost("apart", 1, 1)
        self.assertEqual(plan.complaints({"A.S": cost, "B.T": cost}, names), [])
        self.assertEqual(plan.complaints({"A.S/`x`()": cost, "A.S/`y`()": cost, "B.T": cost}, names), [])
        for table in [{"A.S": cost}, {"A.S": cost, "B.T": cost, "C.U": cost}, {"A.S/`x`()": cost, "B.T": cost},
                      {"A.S": cost, "A.S/`x`()": cost, "B.T": cost}]:
            self.assertTrue(plan.complaints(table, names), table)

    def test_a_table_is_read_strictly(self):
        self.assertEqual(plan.read_table("# x\nA.S\tapart\t1.5\t0.5\n"), {"A.S": plan.Cost("apart", 1.5, 0.5)})
        for text in ["A.S\tapart\t1\n", "A.S\tbeside\t1\t1\n", "A.S\tapart\t1\t1\nA.S\talone\t1\t1\n"]:
            with self.assertRaises(plan.TableError):
                plan.read_table(text)


class ResultTests(unittest.TestCase):
    def events(self, *lines):
        with tempfile.NamedTemporaryFile("w", suffix=".jsonl", delete=False) as file:
            for test in ("A.S/`x`()", "A.S/`y`()"):
                place = {"kind": "function", "id": test + "/File.swift:1:2"}
                file.write(json.dumps({"kind": "test", "payload": place}) + "\n")
            for kind, test in lines:
                payload = {"kind": kind, "testID": test + "/File.swift:1:2", "instant": {"absolute": 1},
                           "issue": {}, "messages": [{"text": "no"}]}
                file.write(json.dumps({"kind": "event", "payload": payload}) + "\n")
            file.write('{"kind": "ev')
        self.addCleanup(os.unlink, file.name)
        return binary.Results().read(file.name)

    def test_a_test_in_which_the_process_ended_has_failed(self):
        results = self.events(("testStarted", "A.S/`x`()"), ("testEnded", "A.S/`x`()"), ("testStarted", "A.S/`y`()"))
        self.assertEqual((results.ended, results.failed), ({"A.S/`x`()"}, {"A.S/`y`()"}))

    def test_a_test_with_an_issue_has_failed(self):
        results = self.events(*[(kind, "A.S/`x`()") for kind in ("testStarted", "issueRecorded", "testEnded")])
        self.assertEqual(results.failed, {"A.S/`x`()"})


class VerdictTests(unittest.TestCase):
    class Run:
        """A process with one test, which passed or did not."""

        def __init__(self, passed):
            self.unit = plan.Unit("A.S", "apart", 1, 1, ["A.S/`x`()"])
            self.results, self.left, self.code = binary.Results(), [], 0 if passed else 1
            self.results.started = {"A.S/`x`()": 1}
            self.results.seconds = {"A.S/`x`()": 1.0}
            self.results.problems = {} if passed else {"A.S/`x`()": ["no"]}

    def verdict(self, first, *again):
        with contextlib.redirect_stdout(io.StringIO()) as output:
            code = report.verdict([self.Run(first)], [self.Run(each) for each in again], ["A.S/`x`()"], 1, [], 1)
        return code, "UNSTEADY: A.S/`x`()" in output.getvalue(), output.getvalue().splitlines()[-1][0]

    def test_what_failed_fails_the_run_and_is_named_when_it_passes_alone(self):
        self.assertEqual(self.verdict(True), (0, False, "✔"))
        self.assertEqual(self.verdict(False), (1, False, "✘"))
        self.assertEqual(self.verdict(False, False), (1, False, "✘"))
        self.assertEqual(self.verdict(False, True), (1, True, "✘"))

    def test_many_failures_are_not_repeated(self):
        with contextlib.redirect_stdout(io.StringIO()):
            self.assertEqual(report.to_repeat([self.Run(False)]), ["A.S/`x`()"])
            self.assertEqual(report.to_repeat([self.Run(True)]), [])
            many = [self.Run(False) for _ in range(report.MOST_REPEATED + 1)]
            for number, run in enumerate(many):
                run.results.problems = {f"A.S/`{number}`()": ["no"]}
            self.assertEqual(report.to_repeat(many), [])


class ChangedTests(unittest.TestCase):
    TARGETS = [
        {"name": "Low", "type": "regular", "dependencies": []},
        {"name": "High", "type": "regular", "dependencies": [{"byName": ["Low", None]}]},
        {"name": "Other", "type": "regular", "dependencies": []},
        {"name": "HighTests", "type": "test", "dependencies": [{"byName": ["High", None]}]},
        {"name": "OtherTests", "type": "test", "dependencies": [{"byName": ["Other", None]}]},
        {"name": "TidyTests", "type": "test", "dependencies": []},
    ]
    TEXTS = {"HighTests": "", "OtherTests": '"scripts/drill-a"', "TidyTests": ""}

    def touched(self, *paths):
        return changed.touched(set(paths), self.TARGETS, self.TEXTS)

    def test_a_change_touches_the_tests_of_all_that_stands_on_it(self):
        self.assertEqual(self.touched("Sources/Low/A.swift"), {"HighTests", "TidyTests"})
        self.assertEqual(self.touched("Sources/Other/A.swift"), {"OtherTests", "TidyTests"})

    def test_a_script_touches_the_tests_that_name_it(self):
        self.assertEqual(self.touched("scripts/drill-a"), {"OtherTests", "TidyTests"})
        self.assertEqual(self.touched("README.md"), {"TidyTests"})

    def test_a_change_of_the_package_touches_all(self):
        self.assertEqual(self.touched("Package.swift"), {"HighTests", "OtherTests", "TidyTests"})


if __name__ == "__main__":
    unittest.main()
