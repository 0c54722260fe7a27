"""Kubeconfig files for the cluster's programs and for people."""

import base64
from pathlib import Path
from typing import Any

import yaml

from sandbox import paths
from sandbox.cluster import settings
from sandbox.cluster.target import SANDBOX_CONTEXT
from sandbox.files import write_atomically

_PLURALS = ("contexts", "clusters", "users")

_Document = dict[str, Any]


def render(pki: Path, user: str) -> str:
    """Render a kubeconfig with one context, which holds its keys itself.

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


def publish(taken: _Document) -> None:
    """Give people a context, as the current one, beside those that the sandbox's kubeconfig holds already.

    Stacks that were brought up in a cluster need its context for as long as they are there.

    Args:
        taken: A kubeconfig with one context, its cluster and its user.
    """
    _write(with_context(_read(), taken))


def withdraw(context: str) -> None:
    """Take a context out of the sandbox's kubeconfig; the file goes with the last one."""
    left = without_context(_read(), context)
    if left["contexts"]:
        _write(left)
    else:
        paths.kubeconfig().unlink(missing_ok=True)


def with_context(document: _Document, taken: _Document) -> _Document:
    """Add a context to a kubeconfig and make it the current one.

    Args:
        document: The kubeconfig, empty perhaps. A context of the same name is replaced.
        taken: A kubeconfig with one context, its cluster and its user; both are named after the context, since
            other clusters may have given the same names.
    """
    (context,) = taken["contexts"]
    name = context["name"]
    named = {
        "contexts": {**context, "context": {**context["context"], "cluster": name, "user": name}},
        "clusters": {**taken["clusters"][0], "name": name},
        "users": {**taken["users"][0], "name": name},
    }
    others = without_context(document, name)
    return {**others, "current-context": name, **{plural: [*others[plural], named[plural]] for plural in named}}


def without_context(document: _Document, name: str) -> _Document:
    """Leaves a context out of a kubeconfig whose clusters and users are named after their contexts."""
    left: _Document = {"apiVersion": "v1", "kind": "Config"}
    if document.get("current-context") not in (None, name):
        left["current-context"] = document["current-context"]
    for plural in _PLURALS:
        left[plural] = [entry for entry in document.get(plural) or [] if entry["name"] != name]
    return left


def _read() -> _Document:
    file = paths.kubeconfig()
    document = yaml.safe_load(file.read_text()) if file.is_file() else None
    return document if isinstance(document, dict) else {}


def _write(document: _Document) -> None:
    text = yaml.safe_dump(document, sort_keys=False)
    if not paths.kubeconfig().is_file() or paths.kubeconfig().read_text() != text:
        write_atomically(paths.kubeconfig(), text, 0o600)
