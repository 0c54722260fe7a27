"""Finding what a `module:NAME` names."""

import importlib
from collections.abc import Callable

from mlops_runtime.errors import SettingsError
from mlops_runtime.graph import StepGraph
from mlops_runtime.missing_module import advice


def load_graph(reference: str) -> StepGraph:
    """Import a step graph, such as `churn.graph:GRAPH`.

    Raises:
        SettingsError: There is no such module or graph.
    """
    graph = _load(reference, "a step graph such as churn.graph:GRAPH")
    if not isinstance(graph, StepGraph):
        raise SettingsError(f"{reference}: got {type(graph).__name__}, expected a StepGraph")
    return graph


def load_function(reference: str) -> Callable[..., None]:
    """Import a step's function, such as `churn.train:train`.

    Raises:
        SettingsError: There is no such module or function.
    """
    function = _load(reference, "a step function as module:function")
    if not callable(function):
        raise SettingsError(f"{reference}: got {type(function).__name__}, expected a function")
    return function


def _load(reference: str, expected: str) -> object:
    module_name, separator, name = reference.partition(":")
    if not (module_name and separator and name):
        raise SettingsError(f"got {reference!r}, expected {expected}")
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"{reference}: got no module {error.name}, expected {expected}, fix: {advice(error.name or '', reference)}"
        ) from error
    try:
        return getattr(module, name)
    except AttributeError as error:
        raise SettingsError(f"{reference}: got no {name} in {module_name}, expected {expected}") from error
