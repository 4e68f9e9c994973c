"""The rules, their tests and the dashboard: they are right, agree with the documents, and ask for what is there."""

import json
import re
import subprocess
import tempfile

import yaml

from render import DEPLOY, ROOT

RULES = DEPLOY / "monitoring" / "rules" / "tally.rules.yaml"
TESTS = DEPLOY / "monitoring" / "tests" / "tally.rules.test.yaml"
DASHBOARD = DEPLOY / "monitoring" / "dashboards" / "tally.json"
RESOURCE = DEPLOY / "k8s" / "components" / "monitoring" / "prometheusrule.yaml"
HEAD = """# The rules of deploy/monitoring/rules as a resource. Do not edit: scripts/manifests --write makes it.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: tally
  labels:
    app.kubernetes.io/name: tally
    app.kubernetes.io/part-of: tally
spec:
"""
METRIC = re.compile(r"(?<![\w:])((?:tally|http_server|redis|process)_\w+)(\{[^}]*\})?")
LABEL = re.compile(r"(\w+)\s*(?:=~|!~|!=|=)\s*\"")
# Labels that Prometheus adds.
FOREIGN = {"job", "instance", "le"}
# The metrics that a process tells only when it has happened, or only with API keys: the name and its labels, as the
# code that counts it writes them.
LATER = {
    "tally_access_keys": set(),
    "tally_access_refused_total": {"reason"},
    "tally_fenced_writes_total": {"role"},
    "tally_payments_webhooks_total": {"outcome"},
    "tally_uniques_reports_total": {"outcome"},
}


def rule_text():
    return RULES.read_text()


def resource_text():
    """The rules file below `spec:`, without its own first comment."""
    body = rule_text()[rule_text().index("groups:"):]
    return HEAD + "".join(f"  {line}" if line.strip() else line for line in body.splitlines(keepends=True))


def write():
    RESOURCE.write_text(resource_text())


def promtool(*arguments):
    done = subprocess.run(["promtool", *map(str, arguments)], capture_output=True, text=True)
    return [] if done.returncode == 0 else (done.stdout + done.stderr).strip().splitlines()


def every_rule():
    return [rule for group in yaml.safe_load(rule_text())["groups"] for rule in group["rules"]]


def alerts():
    return [rule for rule in every_rule() if "alert" in rule]


def anchors():
    """The headings of docs/operations.md as GitHub links to them."""
    for line in (ROOT / "docs" / "operations.md").read_text().splitlines():
        if line.startswith("#"):
            yield re.sub(r"[^\w\- ]", "", line.lstrip("#").strip().lower()).replace(" ", "-")


def rules():
    yield from promtool("check", "rules", RULES)
    yield from promtool("test", "rules", TESTS)
    if RESOURCE.read_text() != resource_text():
        yield "prometheusrule.yaml is not the rules file: run scripts/manifests --write"
    names = [rule["alert"] for rule in alerts()]
    if len(names) < 40 or len(set(names)) != len(names):
        yield "alerts are missing, or two have one name"
    known = set(anchors())
    for rule in alerts():
        if rule["labels"] not in ({"severity": "critical"}, {"severity": "warning"}):
            yield f"{rule['alert']} has no severity, or more than that"
        if not all(rule["annotations"].get(key) for key in ("summary", "description", "runbook_url")):
            yield f"{rule['alert']} does not say what it means"
        page, _, anchor = rule["annotations"]["runbook_url"].partition("#")
        if page != "docs/operations.md" or anchor not in known:
            yield f"{rule['alert']}: docs/operations.md has no heading {anchor}"
    tested = {test["name"] for test in yaml.safe_load(TESTS.read_text())["tests"]}
    for name in names:
        if name not in tested:
            yield f"{name} has no test"
    rows = re.findall(r"^\| `(Tally\w+)` \| (\w+) \|", (ROOT / "docs" / "operations.md").read_text(), re.MULTILINE)
    written = {rule["alert"]: rule["labels"]["severity"] for rule in alerts()}
    for name, severity in sorted(set(rows) ^ set(written.items())):
        yield f"docs/operations.md and the rules differ: {name} {severity}"
    yield from unknown(rule["expr"] for rule in every_rule())


def panels():
    return [panel for panel in json.loads(DASHBOARD.read_text())["panels"] if panel["type"] != "row"]


def expressions():
    """Every query of the dashboard, with values in place of its variables."""
    for panel in panels():
        for target in panel["targets"]:
            yield re.sub(r"\$(job|instance)\b", ".*", target["expr"].replace("$__rate_interval", "5m"))


def unknown(queries):
    """Metrics that no code makes and no rule records."""
    sources = "".join(path.read_text() for path in sorted((ROOT / "Sources").rglob("*.swift")))
    recorded = {rule["record"] for rule in every_rule() if "record" in rule}
    for query in queries:
        for name in re.findall(r"\b(?:tally|instance):[\w:]+", query):
            if name not in recorded:
                yield f"{name} is recorded by no rule"
        for name, _ in METRIC.findall(query):
            if f'"{base(name)}"' not in sources and f'"{name}"' not in sources:
                yield f"{name} is made by no code"


def base(name):
    return re.sub(r"_(bucket|count|sum)$", "", name)


def dashboard():
    board = json.loads(DASHBOARD.read_text())
    identifiers = [panel["id"] for panel in board["panels"]]
    if len(set(identifiers)) != len(identifiers) or len(identifiers) < 40:
        yield "panels are missing, or two have one id"
    if board["schemaVersion"] < 38 or board["uid"] != "tally" or board.get("__inputs"):
        yield "not a dashboard that Grafana 10 provisions as it is"
    if {"datasource", "job", "instance"} - {variable["name"] for variable in board["templating"]["list"]}:
        yield "a variable is missing"
    taken = {}
    for panel in board["panels"]:
        if panel["type"] not in ("row", "stat", "timeseries"):
            yield f"{panel['title']}: a panel of another kind"
        place = panel["gridPos"]
        for cell in [(x, y) for x in range(place["x"], place["x"] + place["w"])
                     for y in range(place["y"], place["y"] + place["h"])]:
            if taken.setdefault(cell, panel["id"]) != panel["id"] or cell[0] > 23:
                yield f"{panel['title']} lies on another panel, or beside the page"
                break
    for panel in panels():
        sources = [panel["datasource"], *(target["datasource"] for target in panel["targets"])]
        if any(source != {"type": "prometheus", "uid": "${datasource}"} for source in sources):
            yield f"{panel['title']} has another data source"
    yield from unknown(expressions())
    rules = [{"record": f"panel:{number}", "expr": query} for number, query in enumerate(expressions())]
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}, file)
        file.flush()
        yield from promtool("check", "rules", file.name)


def series(paths):
    """The label names of each metric in texts of `/metrics`."""
    found = {}
    for path in paths:
        with open(path) as file:
            for line in file:
                match = re.match(r"([a-zA-Z_:][\w:]*)(\{.*\})? ", line)
                if match:
                    found.setdefault(match[1], set()).update(LABEL.findall(match[2] or ""))
    return found


def metrics(paths):
    """The metrics that rules and dashboard ask for and real processes do not tell."""
    told = series(paths) | LATER
    asked = set()
    for query in [rule["expr"] for rule in every_rule()] + list(expressions()):
        for name, matchers in METRIC.findall(query):
            asked.update((name, label) for label in [None, *LABEL.findall(matchers)])
    missing = []
    for name, label in sorted(asked, key=str):
        if name not in told:
            missing.append(f"{name} is asked for, and no process tells it")
        elif label and label not in told[name] | FOREIGN:
            missing.append(f"{name} has no label {label}")
    if len(asked) < 40 or len(told) < 60:
        missing.append("hardly anything was asked for or told")
    return sorted(set(missing))
