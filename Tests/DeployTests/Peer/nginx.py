"""Checks that nginx takes the template with the words of each overlay, as `nginx -t` says."""

import pathlib
import re
import subprocess
import tempfile

from pods import named, settings
from render import DEPLOY, OVERLAYS, documents

NGINX = "/usr/sbin/nginx"


def certificate(folder):
    """A certificate and its key, for whatever name: nginx only reads them here."""
    make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"]
    subprocess.run([*make, "-subj", "/CN=tally", "-keyout", folder / "tls.key", "-out", folder / "tls.crt"],
                   check=True, capture_output=True)
    (folder / "ca.crt").write_bytes((folder / "tls.crt").read_bytes())


def says(values, folder):
    """The complaint of nginx about the template with these words; the places of a pod become a folder's."""
    text = (DEPLOY / "k8s" / "base" / "nginx.conf.template").read_text()
    for word, value in values.items():
        text = text.replace("${" + word + "}", value or "")
    text = text.replace("tally-serve:", "127.0.0.1:").replace('"/tmp/', f'"{folder}/')
    text = re.sub(r"/etc/tally/[\w-]+/", f"{folder}/", text)
    (folder / "nginx.conf").write_text(text)
    done = subprocess.run([NGINX, "-t", "-q", "-p", folder, "-c", folder / "nginx.conf"],
                          capture_output=True, text=True)
    return [] if done.returncode == 0 else done.stderr.splitlines()


def complaints():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        certificate(folder)
        for overlay in OVERLAYS:
            resources = documents(overlay)
            container = named(resources, "Deployment", "tally-nginx")["spec"]["template"]["spec"]["containers"][0]
            values = {key: value for key, value in settings(resources, container).items() if key.startswith("TALLY_")}
            yield from (f"{overlay}: {line}" for line in says(values, folder))
            if not says(values | {"TALLY_NGINX_UPSTREAMS": "servers 127.0.0.1:1;"}, folder):
                yield "nginx takes a word that it does not know"
