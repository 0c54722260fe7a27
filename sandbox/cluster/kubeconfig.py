"""Kubeconfig files for the cluster's programs and for people."""

import base64
from pathlib import Path

import yaml

from sandbox.cluster import settings
from sandbox.cluster.target import SANDBOX_CONTEXT


def render(pki: Path, user: str) -> str:
    """Renders a kubeconfig with one context, which holds its keys itself.

    Args:
        pki: Folder of the keys and certificates.
        user: Base name of the user's files there.

    Returns:
        The file's text.
    """

    def encoded(name: str) -> str:
        return base64.b64encode((pki / name).read_bytes()).decode()

    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": SANDBOX_CONTEXT,
        "contexts": [{"name": SANDBOX_CONTEXT, "context": {"cluster": SANDBOX_CONTEXT, "user": user}}],
        "clusters": [
            {
                "name": SANDBOX_CONTEXT,
                "cluster": {"server": settings.API_URL, "certificate-authority-data": encoded("ca.crt")},
            }
        ],
        "users": [
            {
                "name": user,
                "user": {
                    "client-certificate-data": encoded(f"{user}.crt"),
                    "client-key-data": encoded(f"{user}.key"),
                },
            }
        ],
    }
    return yaml.safe_dump(document, sort_keys=False)
