"""Each field of the Pod Security Standard "restricted", probes, resources, roll-outs and drains."""

WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob")
OURS = ("tally-serve", "tally-work")
# The kinds of volumes that the standard allows.
VOLUMES = {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"}
# Between the end of the drain and the kill.
MARGIN_SECONDS = 5


def of_kind(resources, *kinds):
    return [resource for resource in resources if resource["kind"] in kinds]


def named(resources, kind, name):
    """The resource of that name, with or without the hash of a generator."""
    for resource in of_kind(resources, kind):
        if resource["metadata"]["name"] == name:
            return resource
    return None


def containers(pod):
    return pod.get("initContainers", []) + pod["containers"]


def settings(resources, container):
    """The environment of a container: its ConfigMaps, then its own entries."""
    values = {}
    for source in container.get("envFrom", []):
        values |= (named(resources, "ConfigMap", source["configMapRef"]["name"]) or {}).get("data", {})
    for entry in container.get("env", []):
        values[entry["name"]] = entry.get("value")
    return values


def restricted(pod):
    """The standard's demands on the pod as a whole."""
    context = pod.get("securityContext", {})
    for field in ("hostNetwork", "hostPID", "hostIPC"):
        if pod.get(field):
            yield f"{field} is set"
    if context.get("runAsNonRoot") is not True or not context.get("runAsUser") or not context.get("runAsGroup"):
        yield "it may run as root"
    if context.get("fsGroup") != context.get("runAsGroup"):
        yield "fsGroup is not its group, so it cannot read its secrets"
    if context.get("seccompProfile") != {"type": "RuntimeDefault"}:
        yield "its system calls are not filtered"
    if set(context) & {"seLinuxOptions", "sysctls", "windowsOptions", "appArmorProfile"}:
        yield "it has options that loosen something"
    for volume in pod.get("volumes", []):
        if set(volume) - {"name"} - VOLUMES:
            yield f"the volume {volume['name']} is of a kind that is not allowed"


def confined(container):
    """The standard's demands, and ours, on each container."""
    context = container.get("securityContext", {})
    if context.get("allowPrivilegeEscalation") is not False:
        yield "it may gain privileges"
    if context.get("capabilities") != {"drop": ["ALL"]}:
        yield "it has capabilities"
    if context.get("readOnlyRootFilesystem") is not True:
        yield "it may write on its image"
    if context.get("privileged") or context.get("procMount", "Default") != "Default":
        yield "it is privileged"
    if context.get("runAsNonRoot") is False or "runAsUser" in context or "seccompProfile" in context:
        yield "it says otherwise than its pod"
    if any("hostPort" in port for port in container.get("ports", [])):
        yield "it takes a port of the node"


def cared_for(container):
    """Probes on ports that are there, and resources."""
    ports = {port["name"]: port["containerPort"] for port in container.get("ports", [])}
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        action = container.get(probe, {}).get("httpGet") or container.get(probe, {}).get("tcpSocket")
        if not action:
            yield f"it has no {probe}"
        elif action["port"] not in ports:
            yield f"its {probe} asks a port that it has not"
        elif "admin" in ports and action["port"] != "admin":
            yield f"its {probe} does not ask the admin port"
    paths = [container.get(probe, {}).get("httpGet", {}).get("path") for probe in ("readinessProbe", "livenessProbe")]
    if "admin" in ports and paths != ["/readyz", "/livez"]:
        yield "its probes ask for something else"
    resources = container.get("resources", {})
    if not {"cpu", "memory"} <= set(resources.get("requests", {})) or "memory" not in resources.get("limits", {}):
        yield "it has no requests, or no limit of memory"


def rolled_out(resources, workload):
    """How it is replaced, spread and stopped."""
    spec, name = workload["spec"], workload["metadata"]["name"]
    pod = spec["template"]["spec"]
    if not 1 <= spec.get("revisionHistoryLimit", 10) <= 9:
        yield "it keeps too many old ReplicaSets, or none"
    if name in (*OURS, "tally-nginx"):
        rolling = spec.get("strategy", {}).get("rollingUpdate", {})
        if rolling.get("maxUnavailable") != 0 or not rolling.get("maxSurge"):
            yield "a roll-out takes pods away before there are others"
        keys = {constraint["topologyKey"] for constraint in pod.get("topologySpreadConstraints", [])}
        if keys != {"kubernetes.io/hostname", "topology.kubernetes.io/zone"}:
            yield "it is not spread over nodes and zones"
        if not [budget for budget in of_kind(resources, "PodDisruptionBudget") if budget["metadata"]["name"] == name]:
            yield "it has no disruption budget"
    if name in OURS:
        values = settings(resources, pod["containers"][0])
        drain = [float(values.get(f"TALLY_DRAIN_{part}_SECONDS", "inf")) for part in ("DELAY", "LIMIT")]
        if sum(drain) + MARGIN_SECONDS > pod.get("terminationGracePeriodSeconds", 30):
            yield "it is killed before its drain has ended"
        if pod["securityContext"].get("runAsUser") != 10001:
            yield "it runs as another user than the image's"


def complaints(overlay, resources):
    found = of_kind(resources, *WORKLOADS)
    if len(found) < 3:
        yield "there are hardly any workloads"
    for workload in found:
        name, pod = workload["metadata"]["name"], workload["spec"]["template"]["spec"]
        reasons = [*restricted(pod), *rolled_out(resources, workload)]
        if pod.get("automountServiceAccountToken") is not False:
            reasons.append("it has a token for the cluster")
        account = named(resources, "ServiceAccount", pod.get("serviceAccountName"))
        if not account or account.get("automountServiceAccountToken") is not False:
            reasons.append("its service account is missing, or gives tokens away")
        for container in containers(pod):
            reasons += [*confined(container), *cared_for(container)]
        yield from (f"{name}: {reason}" for reason in reasons)
