"""Checks that all references resolve: ConfigMaps, Secrets, mounts, settings, Services, ports, selectors, scales."""

import base64
import re

from pods import OURS, containers, named, of_kind, settings
from render import DEPLOY, ROOT

HASHED = re.compile(r"-[a-z0-9]{10}$")
PLACE = re.compile(r"/etc/tally/[\w./-]+")
RESTRICTED = {"enforce": "restricted", "warn": "restricted", "audit": "restricted"}


def selects(selector, labels):
    labels_wanted = selector.get("matchLabels", selector) if selector else {}
    return all(labels.get(key) == value for key, value in labels_wanted.items())


def templates(resources):
    """Each workload's name, labels and pod."""
    for workload in of_kind(resources, "Deployment", "StatefulSet"):
        template = workload["spec"]["template"]
        yield workload["metadata"]["name"], template["metadata"]["labels"], template["spec"]


def outside(overlay):
    """The Secrets that an overlay says to be there already."""
    text = (DEPLOY / "k8s" / "overlays" / overlay / "kustomization.yaml").read_text()
    return set(re.findall(r"^#   (tally-[\w-]+) +\S", text, re.MULTILINE))


def known_settings():
    """The environment's names of the settings in docs/configuration.md."""
    text = (ROOT / "docs" / "configuration.md").read_text()
    names = re.findall(r"^\| `([\w.]+)` \|", text, re.MULTILINE)
    return {"TALLY_" + re.sub(r"([A-Z])", r"_\1", name).replace(".", "_").upper() for name in names}


def sources(pod):
    """The ConfigMaps and Secrets that a pod asks for."""
    for volume in pod.get("volumes", []):
        if "secret" in volume:
            yield "Secret", volume["secret"]["secretName"]
        if "configMap" in volume:
            yield "ConfigMap", volume["configMap"]["name"]
    for container in containers(pod):
        for source in container.get("envFrom", []):
            yield "ConfigMap", source["configMapRef"]["name"]
        for entry in container.get("env", []):
            reference = entry.get("valueFrom", {}).get("secretKeyRef")
            if reference:
                yield "Secret", reference["name"]


def configuration(overlay, resources):
    asked = set()
    for name, _, pod in templates(resources):
        for kind, source in sources(pod):
            asked.add((kind, source))
            optional = any(volume.get("secret", {}).get("optional") for volume in pod.get("volumes", [])
                           if volume.get("secret", {}).get("secretName") == source)
            if named(resources, kind, source):
                if not HASHED.search(source):
                    yield f"{name}: {kind} {source} has no hash, so a change of it restarts nothing"
            elif kind == "ConfigMap" or (source not in outside(overlay) and not optional):
                yield f"{name}: {kind} {source} is not there"
        for container in containers(pod):
            yield from mounted(name, resources, pod, container)
    for source in sorted(outside(overlay) - {name for kind, name in asked if kind == "Secret"}):
        yield f"nothing asks for the Secret {source}"
    for resource in of_kind(resources, "ConfigMap", "Secret"):
        if "grafana_dashboard" not in resource["metadata"].get("labels", {}):
            if (resource["kind"], resource["metadata"]["name"]) not in asked:
                yield f"nothing asks for {resource['kind']} {resource['metadata']['name']}"


def mounted(name, resources, pod, container):
    volumes = {volume["name"] for volume in pod.get("volumes", [])}
    claims = {claim["metadata"]["name"] for workload in of_kind(resources, "StatefulSet")
              for claim in workload["spec"].get("volumeClaimTemplates", [])}
    mounts = {mount["mountPath"]: mount["name"] for mount in container.get("volumeMounts", [])}
    for volume in set(mounts.values()) - volumes - claims:
        yield f"{name}: the volume {volume} is not there"
    if container["image"].startswith("nginx:"):
        template = next(iter(DEPLOY.glob("k8s/base/nginx.conf.template"))).read_text()
        words = set(re.findall(r"\$\{(TALLY_NGINX_\w+)\}", template))
        given = {key for key in settings(resources, container) if key.startswith("TALLY_")}
        for word in sorted(words ^ given):
            yield f"{name}: {word} is not in both the template and the settings"
    for key, value in settings(resources, container).items():
        for place in PLACE.findall(value or ""):
            if not any(place == path or place.startswith(path + "/") for path in mounts):
                yield f"{name}: {key} names {place}, where nothing is mounted"
        if name in OURS and key.startswith("TALLY_") and key not in known_settings():
            yield f"{name}: {key} is no setting"


def services(resources):
    for service in of_kind(resources, "Service"):
        name, selector = service["metadata"]["name"], service["spec"]["selector"]
        chosen = [pod for _, labels, pod in templates(resources) if selects(selector, labels)]
        if not chosen:
            yield f"the Service {name} selects nothing"
        for port in service["spec"]["ports"]:
            for pod in chosen:
                if port["targetPort"] not in [each["name"] for each in pod["containers"][0].get("ports", [])]:
                    yield f"the Service {name} sends to the port {port['targetPort']}, which is not there"
    for monitor in of_kind(resources, "ServiceMonitor"):
        watched = [service for service in of_kind(resources, "Service")
                   if selects(monitor["spec"]["selector"], service["metadata"]["labels"])]
        ports = {port["name"] for service in watched for port in service["spec"]["ports"]}
        if {endpoint["port"] for endpoint in monitor["spec"]["endpoints"]} - ports or len(watched) != 1:
            yield f"the ServiceMonitor {monitor['metadata']['name']} watches nothing"


def selectors(resources):
    """Of workloads themselves, budgets, spreads and scales."""
    for workload in of_kind(resources, "Deployment", "StatefulSet"):
        spec, name = workload["spec"], workload["metadata"]["name"]
        if not selects(spec["selector"], spec["template"]["metadata"]["labels"]):
            yield f"{name} does not select its own pods"
        for constraint in spec["template"]["spec"].get("topologySpreadConstraints", []):
            if constraint["labelSelector"]["matchLabels"] != spec["selector"]["matchLabels"]:
                yield f"{name} is spread among the pods of others"
        if len([one for one, labels, _ in templates(resources) if selects(spec["selector"], labels)]) != 1:
            yield f"{name} selects the pods of others"
    for budget in of_kind(resources, "PodDisruptionBudget"):
        chosen = [one for one, labels, _ in templates(resources) if selects(budget["spec"]["selector"], labels)]
        if chosen != [budget["metadata"]["name"]]:
            yield f"the budget {budget['metadata']['name']} is for {chosen}"
    for scale in of_kind(resources, "HorizontalPodAutoscaler"):
        target = named(resources, "Deployment", scale["spec"]["scaleTargetRef"]["name"])
        if not target or "replicas" in target["spec"]:
            yield f"the scale {scale['metadata']['name']} has no Deployment, or one that says how many pods it has"
        if scale["spec"]["minReplicas"] < 2:
            yield f"the scale {scale['metadata']['name']} lets one pod be all"
    for name in OURS:
        scale = named(resources, "HorizontalPodAutoscaler", name)
        kinds = {metric["type"] for metric in scale["spec"]["metrics"]} if scale else set()
        if kinds != ({"Resource", "External"} if name == "tally-work" else {"Resource"}):
            yield f"{name} is not scaled by what it is to be scaled by"


def namespaces(overlay, resources):
    for namespace in of_kind(resources, "Namespace"):
        labels = namespace["metadata"]["labels"]
        if any(labels.get(f"pod-security.kubernetes.io/{mode}") != level for mode, level in RESTRICTED.items()):
            yield f"the namespace {namespace['metadata']['name']} does not enforce Pod Security"
    names = {namespace["metadata"]["name"] for namespace in of_kind(resources, "Namespace")}
    for resource in resources:
        if resource["kind"] != "Namespace" and {resource["metadata"].get("namespace")} != names:
            yield f"{resource['kind']} {resource['metadata']['name']} is in another namespace"
    if overlay != "prod":
        return
    for name, _, pod in templates(resources):
        values = settings(resources, pod["containers"][0])
        way = (values.get("TALLY_ACCESS_KEYS"), values.get("TALLY_REDIS_URL", "")[:9])
        if name in OURS and way != ("required", "rediss://"):
            yield f"{name} serves without keys, or speaks to Redis without TLS"
        if name in OURS and not re.search(r"@sha256:[0-9a-f]{64}$", pod["containers"][0]["image"]):
            yield f"{name} has an image that may change"
    if of_kind(resources, "Secret"):
        yield "a secret is in the manifests"


def rights(text):
    """The rights of Redis's user tally, without the password."""
    line = next((line for line in text.splitlines() if line.startswith("user tally ")), "")
    return [word for word in line.split() if not word.startswith("#")]


def redis_user(resources):
    """The user of the overlay's own Redis has the rights of the one that is shipped for all others."""
    for secret in of_kind(resources, "Secret"):
        if secret["metadata"]["name"].startswith("tally-redis-acl"):
            given = base64.b64decode(secret["data"]["users.acl"]).decode()
            shipped = ROOT / "docker" / "users.acl"
            if not rights(given) or not shipped.exists() or rights(given) != rights(shipped.read_text()):
                yield "Redis's user has other rights than in docker/users.acl"


def complaints(overlay, resources):
    yield from configuration(overlay, resources)
    yield from redis_user(resources)
    yield from services(resources)
    yield from selectors(resources)
    yield from namespaces(overlay, resources)
