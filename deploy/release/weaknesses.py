"""Holds an SBOM (CycloneDX) against known weaknesses (OSV records), from files alone.

The file has OSV records: one JSON object a line, or a list of them, as osv.dev exports them for `SwiftURL` and for
`Debian:12`. A component is known by its package URL: Swift packages by their address, Debian's by their source
package. Each weakness that a component has is a line; ids in the file of accepted ones are not counted.
"""

import json
import re
import subprocess
import sys


def records(path):
    with open(path, encoding="utf-8") as file:
        text = file.read().strip()
    if text.startswith("["):
        return json.loads(text)
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def components(sbom):
    """(ecosystem, name, version) of each component that has a package URL."""
    for part in sbom["components"]:
        url = part.get("purl", "")
        swift = re.fullmatch(r"pkg:swift/(.+)@(.+)", url)
        if swift:
            yield "SwiftURL", swift[1].lower(), part["version"], part["name"]
        elif url.startswith("pkg:deb/debian/"):
            source = [p["value"] for p in part.get("properties", []) if p["name"] == "tally:source"]
            yield "Debian", (source or [part["name"]])[0].lower(), part["version"], part["name"]


def semver(text):
    """A key that orders versions: a pre-release comes before its release."""
    core, _, pre = text.lstrip("v").partition("+")[0].partition("-")
    numbers = [int(n) for n in re.findall(r"\d+", core)][:3]
    parts = [(0, int(p), "") if p.isdigit() else (1, 0, p) for p in pre.split(".") if p]
    return numbers + [0] * (3 - len(numbers)), not pre, parts


def is_before(ecosystem, left, right):
    if ecosystem == "Debian":
        return subprocess.run(["dpkg", "--compare-versions", left, "lt", right], check=False).returncode == 0
    return semver(left) < semver(right)


def hits(ecosystem, version, affected):
    if version in affected.get("versions", []):
        return True
    for span in affected.get("ranges", []):
        if span["type"] not in ("SEMVER", "ECOSYSTEM"):
            continue
        inside = False
        for event in span["events"]:
            if "introduced" in event:
                start = event["introduced"]
                inside = inside or start == "0" or not is_before(ecosystem, version, start)
            elif "fixed" in event and not is_before(ecosystem, version, event["fixed"]):
                inside = False
            elif "last_affected" in event and is_before(ecosystem, event["last_affected"], version):
                inside = False
        if inside:
            return True
    return False


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        sbom = json.load(file)
    known = [record for record in records(sys.argv[2]) if not record.get("withdrawn")]
    accepted = set()
    if len(sys.argv) > 3:
        with open(sys.argv[3], encoding="utf-8") as file:
            accepted = {line.split("#")[0].strip() for line in file}
    parts = list(components(sbom))
    found = 0
    for ecosystem, name, version, shown in parts:
        for record in known:
            ids = {record["id"], *record.get("aliases", [])}
            for affected in record.get("affected", []):
                package = affected["package"]
                if package["ecosystem"].split(":")[0] != ecosystem or package["name"].lower() != name:
                    continue
                if not hits(ecosystem, version, affected):
                    continue
                is_accepted = bool(ids & accepted)
                found += not is_accepted
                word = "accepted" if is_accepted else "weakness"
                print(f"{word}: {shown} {version}: {record['id']} {record.get('summary', '')}".rstrip())
                break
    print(f"weaknesses: {len(parts)} components against {len(known)} records: {found} found")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
