"""The test targets that a change can touch, by the graph of the package's targets."""

import json
import os
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def files(revision):
    """Paths that differ from a revision, and those that git does not know yet."""
    def git(*words):
        return subprocess.run(["git", "-C", ROOT, *words], capture_output=True, text=True, check=True).stdout.split("\n")
    return {path for path in git("diff", "--name-only", revision) + git("ls-files", "-o", "--exclude-standard") if path}


def package():
    dump = subprocess.run(["swift", "package", "--package-path", ROOT, "dump-package"],
                          capture_output=True, text=True, check=True)
    return json.loads(dump.stdout)["targets"]


def folder(target):
    root = "Tests" if target["type"] == "test" else "Sources"
    return (target.get("path") or f"{root}/{target['name']}") + "/"


def needs(target):
    return {entry["byName"][0] for entry in target["dependencies"] if "byName" in entry}


def touched(paths, targets, texts):
    """Names of test targets: those whose code changed or stands on code that did, and those that name a changed file.

    `texts` are the sources of each test target. The rules about the whole tree always run.
    """
    tests = {target["name"] for target in targets if target["type"] == "test"}
    if "Package.swift" in paths or any(path.startswith("Tests/Runner/") for path in paths):
        return tests
    dirty = {target["name"] for target in targets if any(path.startswith(folder(target)) for path in paths)}
    while grown := {target["name"] for target in targets if needs(target) & dirty} - dirty:
        dirty |= grown
    homeless = [path for path in paths if not path.startswith(("Sources/", "Tests/"))]
    for name, text in texts.items():
        # A test that runs a script or reads a file of deploy/, docker/, node/ or docs/ names it, or its folder.
        words = {part for path in homeless for part in (os.path.basename(path), path.split("/")[0] + "/") if part}
        if any(word in text for word in words):
            dirty.add(name)
    return (dirty & tests) | {"TidyTests"}


def modules(revision):
    targets = package()
    texts = {}
    for target in targets:
        if target["type"] != "test":
            continue
        parts = []
        for place, _, names in os.walk(os.path.join(ROOT, folder(target))):
            for name in names:
                if name.endswith((".swift", ".py")):
                    with open(os.path.join(place, name), encoding="utf-8", errors="replace") as file:
                        parts.append(file.read())
        texts[target["name"]] = "\n".join(parts)
    return touched(files(revision), targets, texts)
