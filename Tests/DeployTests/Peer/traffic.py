"""The traffic that the NetworkPolicies allow, as a cluster reads them."""

import ipaddress

from pods import of_kind
from references import selects, templates

PROMETHEUS = ({"kubernetes.io/metadata.name": "monitoring"}, {"app.kubernetes.io/name": "prometheus"})
STRANGER = ({"kubernetes.io/metadata.name": "default"}, {})
DNS = ({"kubernetes.io/metadata.name": "kube-system"}, {"k8s-app": "kube-dns"})
# From, to, port, whether. Names are workloads of the overlay; what it has not is left out.
WANTED = [
    ("tally-nginx", "tally-serve", 8081, True),
    ("tally-serve", "tally-redis", 6379, True),
    ("tally-work", "tally-redis", 6379, True),
    ("tally-work", "tally-chain", 8545, True),
    (PROMETHEUS, "tally-serve", 9091, True),
    (PROMETHEUS, "tally-work", 9091, True),
    (PROMETHEUS, "tally-nginx", 8083, True),
    (STRANGER, "tally-nginx", 8080, True),
    ("tally-serve", DNS, 53, True),
    ("tally-work", DNS, 53, True),
    ("tally-nginx", DNS, 53, True),
    ("tally-work", "93.184.215.14", 443, True),
    ("tally-serve", "93.184.215.14", 443, True),
    (STRANGER, "tally-serve", 8081, False),
    (STRANGER, "tally-serve", 9091, False),
    (STRANGER, "tally-redis", 6379, False),
    (STRANGER, "tally-nginx", 8083, False),
    (PROMETHEUS, "tally-redis", 6379, False),
    (PROMETHEUS, "tally-serve", 8081, False),
    ("tally-nginx", "tally-redis", 6379, False),
    ("tally-nginx", "tally-serve", 9091, False),
    ("tally-nginx", "93.184.215.14", 443, False),
    ("tally-serve", "tally-chain", 8545, False),
    ("tally-serve", "tally-work", 9091, False),
    ("tally-redis", "93.184.215.14", 443, False),
    ("tally-work", "169.254.169.254", 80, False),
    ("tally-work", "10.1.2.3", 443, False),
    ("tally-serve", "192.168.0.1", 80, False),
    ("tally-work", "fd00::1", 443, False),
]


def party(resources, who):
    """A namespace's labels and a pod's, or an address; nothing when the overlay has no such workload."""
    if not isinstance(who, str):
        return who
    if not who.startswith("tally-"):
        return ipaddress.ip_address(who)
    return next((({}, labels) for name, labels, _ in templates(resources) if name == who), None)


def admits(peer, other, is_ours):
    """Whether one entry of `from` or `to` means that party."""
    if "ipBlock" in peer:
        if isinstance(other, tuple):
            return False
        block = peer["ipBlock"]
        inside = [other in ipaddress.ip_network(net) for net in [block["cidr"], *block.get("except", [])]]
        return inside[0] and not any(inside[1:])
    if not isinstance(other, tuple):
        return False
    spaces = selects(peer["namespaceSelector"], other[0]) if "namespaceSelector" in peer else is_ours
    return spaces and selects(peer.get("podSelector", {}), other[1])


def direction(resources, pod, other, port, way, is_ours):
    """Whether the policies of a pod let it receive from, or send to, the other."""
    key, peers = ("ingress", "from") if way == "Ingress" else ("egress", "to")
    policies = [policy["spec"] for policy in of_kind(resources, "NetworkPolicy")
                if way in policy["spec"]["policyTypes"] and selects(policy["spec"]["podSelector"], pod[1])]
    if not policies:
        return True
    for rule in [rule for policy in policies for rule in policy.get(key, [])]:
        has_port = "ports" not in rule or port in [entry["port"] for entry in rule["ports"]]
        if has_port and (peers not in rule or any(admits(peer, other, is_ours) for peer in rule[peers])):
            return True
    return False


def may(resources, source, target, port):
    """Whether a connection is let through; nothing when one of them is not in this overlay."""
    one, other = party(resources, source), party(resources, target)
    if one is None or other is None:
        return None
    ours = isinstance(source, str) and isinstance(target, str) and target.startswith("tally-")
    leaves = not isinstance(source, str) or direction(resources, one, other, port, "Egress", ours)
    arrives = not (isinstance(target, str) and target.startswith("tally-")) or \
        direction(resources, other, one, port, "Ingress", ours)
    return leaves and arrives


def complaints(_, resources):
    denying = [policy["spec"] for policy in of_kind(resources, "NetworkPolicy") if policy["spec"] == {
        "podSelector": {}, "policyTypes": ["Ingress", "Egress"]}]
    if not denying:
        yield "nothing denies what is not allowed"
    for source, target, port, wanted in WANTED:
        if may(resources, source, target, port) not in (wanted, None):
            yield f"{source} {'cannot' if wanted else 'can'} reach {target} on {port}"
    for policy in of_kind(resources, "NetworkPolicy"):
        selector = policy["spec"]["podSelector"]
        if not any(selects(selector, labels) for _, labels, _ in templates(resources)):
            yield f"the NetworkPolicy {policy['metadata']['name']} is for nobody"
