"""Renders the overlays with kubectl and validates what comes out."""

import functools
import os
import pathlib
import subprocess
import sys
import tempfile

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[3]
DEPLOY = ROOT / "deploy"
OVERLAYS = ["dev", "prod"]
# The oldest Kubernetes that the documents promise, and the newest that the validator knows.
VERSIONS = ["1.27", "1.37"]


@functools.cache
def text(overlay):
    """The resources that `kubectl kustomize` makes of an overlay."""
    folder = DEPLOY / "k8s" / "overlays" / overlay
    done = subprocess.run([os.environ["KUBECTL"], "kustomize", folder], capture_output=True, text=True)
    if done.returncode != 0 or done.stderr:
        raise SystemExit(f"kubectl kustomize {overlay}: {done.stderr}")
    return done.stdout


def documents(overlay):
    """The resources of an overlay, made anew for each caller, who may change them."""
    return list(yaml.safe_load_all(text(overlay)))


def validated(rendered, version):
    """The complaint of kubernetes-validate about a text; nothing when it is content."""
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(rendered)
        file.flush()
        tool = os.path.join(os.path.dirname(sys.executable), "kubernetes-validate")
        done = subprocess.run([tool, "-k", version, "--strict", "--quiet", "--no-warn", file.name],
                              capture_output=True, text=True)
    return [] if done.returncode == 0 else (done.stdout + done.stderr).splitlines() or ["it failed"]


def complaints():
    for overlay in OVERLAYS:
        for version in VERSIONS:
            yield from (f"{overlay}: {line}" for line in validated(text(overlay), version))
    wrong = text("dev").replace("maxUnavailable: 0", "maxUnavailible: 0")
    if not validated(wrong, VERSIONS[-1]):
        yield "kubernetes-validate accepts a field that does not exist"
