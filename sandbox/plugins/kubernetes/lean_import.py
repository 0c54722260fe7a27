"""Imports parts of large packages without running what their `__init__` would import beside them.

`import kubernetes` loads a thousand modules of models and API classes, and `import pulumi` the whole SDK, of which a
plugin needs the kubeconfig reader and the protocol's stubs. The engine waits for a plugin to start, in each command.
"""

import importlib.util
import sys
from types import ModuleType

_SKIPPED = ("pulumi", "pulumi.runtime", "kubernetes", "kubernetes.client", "kubernetes.utils")


def prepare() -> None:
    """Puts bare packages in the place of the large ones. To be called before anything imports them."""
    for name in _SKIPPED:
        if name not in sys.modules:
            _put_bare(name)
    _finish_client()


def _put_bare(name: str) -> None:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.submodule_search_locations is None:
        raise ModuleNotFoundError(f"{name}: not installed beside the plugin", name=name)
    module = ModuleType(name)
    module.__path__ = list(spec.submodule_search_locations)
    module.__spec__ = spec
    sys.modules[name] = module
    parent, _, child = name.rpartition(".")
    if parent:
        setattr(sys.modules[parent], child, module)


def _finish_client() -> None:
    """Gives the bare `kubernetes.client` the two names that the kubeconfig reader imports from it."""
    client = sys.modules["kubernetes.client"]
    if hasattr(client, "Configuration"):
        return
    from kubernetes.client.configuration import Configuration  # noqa: PLC0415 - only once the package is bare

    vars(client)["Configuration"] = Configuration
    vars(client)["ApiClient"] = None
