"""Holds docker/compose.yaml and the SBOM against what their own standards and docs/operations.md say.

    containers.py compose FILE    complaints, one a line; none when all is well
    containers.py broken FILE     the same after each of many changes for the worse; each must make a complaint
    containers.py sbom FILE       what the schema of CycloneDX 1.6 has to say
"""

import copy
import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

# A part of a service that may not be named so: one a secret could be in.
SECRET = re.compile(r"password|secret|token|key", re.IGNORECASE)
PUBLIC = {"development"}


def load(path: str) -> dict:
    import yaml

    text = re.sub(r"\$\{[A-Z_]+:-([^}]*)\}", r"\1", Path(path).read_text())
    return yaml.safe_load(text)


def standard(document: dict) -> Iterator[str]:
    """The specification of compose files: unknown words and wrong types."""
    import compose_spec

    try:
        compose_spec.PyCompose.from_json(json.dumps(document))
    except Exception as error:  # the library has no type of its own for it
        yield f"no compose file: {error}"


def hardening(name: str, service: dict) -> Iterator[str]:
    if service.get("read_only") is not True:
        yield f"{name}: its root can be written"
    if service.get("cap_drop") != ["ALL"]:
        yield f"{name}: keeps capabilities"
    if "no-new-privileges:true" not in service.get("security_opt", []):
        yield f"{name}: may gain privileges"
    for word in ("mem_limit", "pids_limit", "user", "logging", "restart"):
        if word not in service:
            yield f"{name}: has no {word}"
    for word in ("privileged", "pid", "ipc", "userns_mode", "devices"):
        if word in service:
            yield f"{name}: {word}"
    starts_once = service.get("restart") == "no"
    is_alone = starts_once and service.get("network_mode") == "none"
    if str(service.get("user", "0")).split(":")[0] == "0" and not is_alone:
        yield f"{name}: runs as root"
    if "cap_add" in service and not starts_once:
        yield f"{name}: adds capabilities"
    for mount in service.get("volumes", []):
        if mount.startswith(("/", "..", ".")) and not mount.endswith(":ro"):
            yield f"{name}: may write to this machine: {mount}"
        if "docker.sock" in mount:
            yield f"{name}: has the engine"
    for port in service.get("ports", []):
        if not port.startswith("127.0.0.1:"):
            yield f"{name}: {port} is open to the network"
    for variable, value in (service.get("environment") or {}).items():
        is_file = variable.endswith("FILE") or str(value) in PUBLIC
        if SECRET.search(variable) and not is_file:
            yield f"{name}: {variable} may hold a secret"
        if re.search(r"://[^/@]*:[^/@]+@", str(value)):
            yield f"{name}: {variable} has a password"


def life(name: str, service: dict, folder: Path) -> Iterator[str]:
    """A program that starts, is seen to live, and ends."""
    image = service.get("image", "")
    if not re.search(r":v?\d", image):
        yield f"{name}: {image} has no version"
    if service.get("restart") == "no":
        return
    if service.get("restart") != "unless-stopped":
        yield f"{name}: is not started again"
    if "healthcheck" not in service and not image.startswith(("tally:", "tally-chain:")):
        yield f"{name}: nobody looks after its health"
    if image.startswith("tally:") and int(str(service.get("stop_grace_period", "0s"))[:-1]) <= 2 + 15:
        yield f"{name}: is killed before it has drained"
    for other, how in (service.get("depends_on") or {}).items():
        if how.get("condition") not in ("service_healthy", "service_completed_successfully"):
            yield f"{name}: does not wait for {other}"
    if "build" in service:
        build = service["build"]
        file = folder / build["context"] / build["dockerfile"]
        for complaint in recipe(file.read_text() if file.is_file() else "", folder / build["context"]):
            yield f"{name}: {build['dockerfile']}: {complaint}"


def recipe(text: str, context: Path) -> Iterator[str]:
    """A Dockerfile, whose last stage is the image."""
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    arguments = dict(line[4:].split("=", 1) for line in lines if line.startswith("ARG ") and "=" in line)
    stages = {line.split()[-1] for line in lines if line.startswith("FROM ") and " AS " in line}
    for line in lines:
        word, _, rest = line.partition(" ")
        if word == "FROM":
            image = re.sub(r"\$\{(\w+)\}", lambda found: arguments.get(found[1], ""), rest.split()[0])
            if image != "scratch" and (":" not in image or image.endswith(":latest")):
                yield f"{image} has no version"
        elif word == "COPY" and not rest.startswith("--from="):
            for source in rest.split()[:-1]:
                # `name[d]` is copied when it is there.
                if "[" not in source and not (context / source).exists():
                    yield f"{source} is not there"
        elif word == "COPY" and rest.split()[0].removeprefix("--from=") not in stages:
            yield f"{rest.split()[0]} is no stage"
        elif word == "ADD":
            yield "adds what nobody checks"
        elif "apt-get install" in line:
            for part in ("--no-install-recommends", "rm -rf /var/lib/apt/lists"):
                if part not in line:
                    yield f"installs without {part}"
    image = "\n".join(lines).rpartition("\nFROM ")[2] if "\nFROM " in text else "\n".join(lines)
    for what in (r"USER [1-9]\d*:[1-9]\d*", r"HEALTHCHECK .*CMD \[.*\]", r"ENTRYPOINT \[.*\]"):
        if not re.search(rf"^{what}$", image, re.M):
            yield f"its image has no {what}"


def complaints(document: dict, folder: Path) -> list[str]:
    found = list(standard(document))
    services = document["services"]
    for name, service in services.items():
        found += hardening(name, service)
        found += life(name, service, folder)
        for mount in service.get("volumes", []):
            source = mount.split(":")[0]
            if source.startswith(".") and not (folder / source).exists():
                found.append(f"{name}: {source} is not there")
    for name, network in document["networks"].items():
        reaches = [one for one, service in services.items() if name in service.get("networks", [])]
        if "redis" in reaches and not (network or {}).get("internal"):
            found.append(f"{name}: Redis has a way out")
    return found


# Each for the worse; the first word of a path may be any service.
CHANGES: list[tuple[str, Callable[[dict], object]]] = [
    ("writable", lambda s: s["redis"].pop("read_only")),
    ("capabilities", lambda s: s["instance-1"].update(cap_drop=["NET_RAW"])),
    ("privileges", lambda s: s["nginx"].update(security_opt=[])),
    ("root", lambda s: s["worker-1"].update(user="0:0")),
    ("memory", lambda s: s["grafana"].pop("mem_limit")),
    ("open port", lambda s: s["prometheus"].update(ports=["9090:9090"])),
    ("password", lambda s: s["worker-1"]["environment"].update(TALLY_REDIS_URL="redis://tally:x@redis:6379/0")),
    ("secret", lambda s: s["grafana"]["environment"].update(GF_SECURITY_ADMIN_PASSWORD="x")),
    ("no drain", lambda s: s["instance-2"].update(stop_grace_period="10s")),
    ("no health", lambda s: s["redis"].pop("healthcheck")),
    ("no wait", lambda s: s["nginx"].update(depends_on={"instance-1": {"condition": "service_started"}})),
    ("latest", lambda s: s["nginx"].update(image="nginx")),
    ("a way out", lambda s: s["redis"]["networks"].append("outside")),
    ("another word", lambda s: s["redis"].update(read_onlyy=True)),
    ("a wrong type", lambda s: s["redis"].update(ports={"a": "b"})),
    ("a missing file", lambda s: s["redis"]["volumes"].append("./none:/none:ro")),
    ("a writable file", lambda s: s["redis"]["volumes"].append("./redis.conf:/none")),
    ("the engine", lambda s: s["redis"]["volumes"].append("/var/run/docker.sock:/s:ro")),
]


# The same for the Dockerfile: what is replaced, and by what.
SPOILED = [
    ("USER 10001:10001", "USER tally"), ("USER 10001:10001", "USER 0:0"), ("HEALTHCHECK", "# HEALTHCHECK"),
    ('ENTRYPOINT ["tally"]', "ENTRYPOINT tally"), ("swift:6.3-bookworm", "swift"), ("COPY Sources", "COPY Sauces"),
    ("--no-install-recommends", ""), ("/var/lib/apt/lists", "/x"), ("COPY LICENSE", "ADD LICENSE"),
    ("--from=build /out/tally ", "--from=built /out/tally "),
]


def sbom(path: str) -> list[str]:
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    text = Path(path).read_text()
    error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    found = [str(error)] if error else []
    document = json.loads(text)
    names = {one["bom-ref"] for one in document["components"]} | {"tally"}
    for one in document["dependencies"]:
        found += [f"{other} is not there" for other in [one["ref"], *one.get("dependsOn", [])] if other not in names]
    return found


def main(command: str, path: str) -> int:
    folder = Path(path).resolve().parent
    if command == "sbom":
        found = sbom(path)
    elif command == "compose":
        found = complaints(load(path), folder)
    else:
        found, before = [], set(complaints(load(path), folder))
        for name, change in CHANGES:
            document = copy.deepcopy(load(path))
            change(document["services"])
            if not set(complaints(document, folder)) - before:
                found.append(f"{name}: nothing complains")
        text = (folder / "Dockerfile").read_text()
        for old, new in SPOILED:
            if not list(recipe(text.replace(old, new), folder.parent)):
                found.append(f"{new} for {old}: nothing complains")
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
