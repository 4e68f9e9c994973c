"""Checks that the resources of an overlay fit each other, and that every pod is hardened."""

import pods
import references
import traffic
from render import OVERLAYS, documents

CHECKS = [pods.complaints, references.complaints, traffic.complaints]


def of(overlay, resources):
    """The faults of these resources as that overlay."""
    for check in CHECKS:
        yield from (f"{overlay}: {complaint}" for complaint in check(overlay, resources))


def complaints():
    for overlay in OVERLAYS:
        yield from of(overlay, documents(overlay))
