"""The parts of the Kubernetes client library that the commands use, without its thousand models.

`import kubernetes` takes seconds: it imports a class for each kind of object and each API of a cluster. The commands
know objects as plain documents. They need the kubeconfig's reader with all its ways of signing in, the connections, and
port forwarding. These modules stand on their own, but for the packages that hold them, whose `__init__` imports
everything: while they are imported, empty packages stand in their place.
"""

import importlib
import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

# The packages that stay empty. What is imported through them finds its modules by their `__path__`.
_EMPTY = ("kubernetes", "kubernetes.client", "kubernetes.stream")


@contextmanager
def _empty_packages() -> Iterator[None]:
    """Let empty packages stand in for the library's own, unless these are there already."""
    if "kubernetes" in sys.modules:
        yield
        return
    try:
        for name in _EMPTY:
            spec = importlib.util.find_spec(name)
            if spec is None:
                raise ModuleNotFoundError(f"No module named {name!r}", name=name)
            sys.modules[name] = importlib.util.module_from_spec(spec)
        client: Any = sys.modules["kubernetes.client"]
        client.Configuration = importlib.import_module("kubernetes.client.configuration").Configuration
        client.ApiClient = None  # for a function of the reader that nobody calls
        yield
    finally:
        # Whoever imports the library later gets it whole, and nothing of what was imported here.
        for name in [name for name in sys.modules if name.partition(".")[0] == "kubernetes"]:
            del sys.modules[name]


def _imported(*names: str) -> Iterator[ModuleType]:
    with _empty_packages():
        yield from [importlib.import_module(name) for name in names]


configuration, exceptions, rest, kube_config, config_exception, ws_client = _imported(
    "kubernetes.client.configuration",
    "kubernetes.client.exceptions",
    "kubernetes.client.rest",
    "kubernetes.config.kube_config",
    "kubernetes.config.config_exception",
    "kubernetes.stream.ws_client",
)
