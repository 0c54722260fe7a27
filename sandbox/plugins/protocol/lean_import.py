"""Imports parts of large packages without running what their `__init__` would import beside them.

`import pulumi` loads the whole SDK, of which a plugin needs the protocol's stubs. The engine waits for a plugin to
start, in each command.
"""

import importlib.util
import sys
from collections.abc import Iterable
from types import ModuleType

SDK = ("pulumi", "pulumi.runtime")
"""The packages that stand around the protocol's stubs."""


def make_bare(names: Iterable[str]) -> None:
    """Put bare packages in the place of large ones. To be called before anything imports them.

    Args:
        names: The packages, each after the one that it is in.
    """
    for name in names:
        if name not in sys.modules:
            _put_bare(name)


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
