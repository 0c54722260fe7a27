"""Imports the kubeconfig reader and the protocol's stubs without the large packages that they stand in.

`import kubernetes` loads a thousand modules of models and API classes, of which a plugin needs the kubeconfig reader.
"""

import sys

from sandbox.plugins.protocol.lean_import import SDK, make_bare

_SKIPPED = (*SDK, "kubernetes", "kubernetes.client")


def prepare() -> None:
    """Put bare packages in the place of the large ones. To be called before anything imports them."""
    make_bare(_SKIPPED)
    _finish_client()


def _finish_client() -> None:
    """Give the bare `kubernetes.client` the two names that the kubeconfig reader imports from it."""
    client = sys.modules["kubernetes.client"]
    if hasattr(client, "Configuration"):
        return
    from kubernetes.client.configuration import Configuration  # noqa: PLC0415 - only once the package is bare

    vars(client)["Configuration"] = Configuration
    vars(client)["ApiClient"] = None
