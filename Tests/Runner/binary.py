"""The test binary: the list of its tests, and the events of one run of it."""

import json
import re
import subprocess


def arguments(binary):
    return [binary, "--testing-library", "swift-testing"]


def suite_of(test):
    """`Module.Suite` of a test's id, `Module.Suite/Nested/test()/File.swift:1:2`."""
    return test.split("/", 1)[0]


def name_of(test):
    """The id without its place in a file, which changes with every edit."""
    return re.sub(r"/[^/]+\.swift:\d+:\d+$", "", test)


def tests(binary):
    """The names of all tests, in the binary's order."""
    listing = subprocess.run(arguments(binary) + ["--list-tests"], capture_output=True, text=True, check=True)
    return [name_of(line) for line in listing.stdout.splitlines() if "/" in line]


class Results:
    """The events of a run, as it writes them line by line into a file."""

    def __init__(self):
        self.started = {}
        self.seconds = {}
        self.problems = {}
        self.skipped = set()
        self.functions = set()
        self.other = []

    @property
    def ended(self):
        return set(self.seconds)

    @property
    def failed(self):
        """Tests that recorded an issue, and those that began and never ended: the process ended in them."""
        return set(self.problems) | (set(self.started) - self.ended)

    def read(self, path):
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                lines = file.read().split("\n")
        except FileNotFoundError:
            return self
        for line in lines:
            try:
                record = json.loads(line)
            except ValueError:
                continue  # The last line of a process that was killed.
            payload = record.get("payload", {})
            if record.get("kind") == "test":
                if payload.get("kind") == "function":
                    self.functions.add(name_of(payload["id"]))
            elif record.get("kind") == "event":
                self.event(payload)
        return self

    def event(self, payload):
        kind, test = payload.get("kind"), name_of(payload.get("testID") or "")
        now = (payload.get("instant") or {}).get("absolute", 0)
        if kind == "issueRecorded":
            if (payload.get("issue") or {}).get("isKnown"):
                return
            text = "\n".join(message["text"] for message in payload.get("messages", []))
            if test:
                self.problems.setdefault(test, []).append(text)
            else:
                self.other.append(text)
        elif test in self.functions:
            if kind == "testStarted":
                self.started[test] = now
            elif kind == "testEnded":
                self.seconds[test] = now - self.started.get(test, now)
            elif kind == "testSkipped":
                self.skipped.add(test)
