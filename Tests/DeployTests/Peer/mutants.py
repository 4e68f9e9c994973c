"""Checks that the checks can fail: each of these changes to a sound overlay has to be noticed."""

import base64

import fit
from pods import named
from render import documents


def pod(resources, name="tally-serve"):
    return named(resources, "Deployment", name)["spec"]["template"]["spec"]


def container(resources, name="tally-serve"):
    return pod(resources, name)["containers"][0]


def spec(resources, kind, name):
    return named(resources, kind, name)["spec"]


def drop(kind, name):
    def change(resources):
        resources.remove(named(resources, kind, name))
    return change


def settings_map(resources):
    return next(each for each in resources if each["metadata"]["name"].startswith("tally-settings"))


MUTANTS = {
    "root": lambda r: pod(r)["securityContext"].pop("runAsNonRoot"),
    "user 0": lambda r: pod(r)["securityContext"].update(runAsUser=0),
    "another group": lambda r: pod(r)["securityContext"].update(fsGroup=1),
    "no seccomp": lambda r: pod(r)["securityContext"].pop("seccompProfile"),
    "host network": lambda r: pod(r).update(hostNetwork=True),
    "host path": lambda r: pod(r)["volumes"].append({"name": "x", "hostPath": {"path": "/"}}),
    "writable root": lambda r: container(r)["securityContext"].pop("readOnlyRootFilesystem"),
    "capability": lambda r: container(r)["securityContext"]["capabilities"].update(add=["NET_ADMIN"]),
    "escalation": lambda r: container(r)["securityContext"].pop("allowPrivilegeEscalation"),
    "privileged": lambda r: container(r)["securityContext"].update(privileged=True),
    "token": lambda r: pod(r).pop("automountServiceAccountToken"),
    "no account": drop("ServiceAccount", "tally"),
    "no probe": lambda r: container(r).pop("livenessProbe"),
    "probe of the public port": lambda r: container(r)["readinessProbe"]["httpGet"].update(port="http"),
    "liveness asks Redis": lambda r: container(r)["livenessProbe"]["httpGet"].update(path="/readyz"),
    "no memory limit": lambda r: container(r)["resources"].pop("limits"),
    "short grace": lambda r: pod(r, "tally-work").update(terminationGracePeriodSeconds=29),
    "long drain": lambda r: settings_map(r)["data"].update(TALLY_DRAIN_LIMIT_SECONDS="60"),
    "unavailable": lambda r: spec(r, "Deployment", "tally-serve")["strategy"]["rollingUpdate"].update(maxUnavailable=1),
    "no history": lambda r: spec(r, "Deployment", "tally-serve").pop("revisionHistoryLimit"),
    "not spread": lambda r: pod(r).pop("topologySpreadConstraints"),
    "no budget": drop("PodDisruptionBudget", "tally-work"),
    "fixed replicas": lambda r: spec(r, "Deployment", "tally-serve").update(replicas=2),
    "no queue age": lambda r: spec(r, "HorizontalPodAutoscaler", "tally-work")["metrics"].pop(),
    "settings gone": lambda r: r.remove(settings_map(r)),
    "no hash": lambda r: (container(r)["envFrom"][0]["configMapRef"].update(name="tally-settings"),
                          settings_map(r)["metadata"].update(name="tally-settings")),
    "unknown setting": lambda r: settings_map(r)["data"].update(TALLY_REDIS_ULR="x"),
    "nothing mounted": lambda r: container(r)["volumeMounts"].pop(0),
    "unknown secret": lambda r: pod(r)["volumes"][0]["secret"].update(secretName="tally-rediss"),
    "service of nobody": lambda r: spec(r, "Service", "tally-serve")["selector"].update(x="y"),
    "service port": lambda r: spec(r, "Service", "tally-nginx")["ports"][0].update(targetPort="web"),
    "selector": lambda r: spec(r, "Deployment", "tally-serve")["selector"]["matchLabels"].update(x="y"),
    "namespace": lambda r: named(r, "Service", "tally-serve")["metadata"].update(namespace="default"),
    "pod security": lambda r: next(each for each in r if each["kind"] == "Namespace")["metadata"]["labels"].update(
        {"pod-security.kubernetes.io/enforce": "baseline"}),
    "rights in Redis": lambda r: next(each for each in r if each["metadata"]["name"].startswith("tally-redis-acl"))[
        "data"].update({"users.acl": base64.b64encode(b"user tally on ~* +@all").decode()}),
    "no denial": drop("NetworkPolicy", "default-deny"),
    "no way to Redis": drop("NetworkPolicy", "to-redis"),
    "open instances": lambda r: spec(r, "NetworkPolicy", "serve")["ingress"][0].pop("from"),
    "inside": lambda r: spec(r, "NetworkPolicy", "endpoints")["egress"][0]["to"][0]["ipBlock"].pop("except"),
    "word of nginx": lambda r: next(each for each in r if each["metadata"]["name"].startswith("tally-nginx-settings"))[
        "data"].pop("TALLY_NGINX_RATE"),
}
PROD = {
    "open": lambda r: settings_map(r)["data"].update(TALLY_ACCESS_KEYS="open"),
    "plain Redis": lambda r: settings_map(r)["data"].update(TALLY_REDIS_URL="redis://redis.example.com"),
    "tag": lambda r: container(r).update(image="tally:latest"),
    "secret": lambda r: r.append({"kind": "Secret", "metadata": {"name": "tally-x", "namespace": "tally"}}),
    "monitor": lambda r: spec(r, "ServiceMonitor", "tally")["endpoints"][0].update(port="http"),
    "no certificate": lambda r: pod(r)["volumes"].pop(
        [volume["name"] for volume in pod(r)["volumes"]].index("tls")),
}


def complaints():
    for overlay, changes in (("dev", MUTANTS), ("prod", PROD)):
        sound = set(fit.of(overlay, documents(overlay)))
        for name, change in changes.items():
            resources = documents(overlay)
            change(resources)
            if not set(fit.of(overlay, resources)) - sound:
                yield f"nobody notices in {overlay}: {name}"
