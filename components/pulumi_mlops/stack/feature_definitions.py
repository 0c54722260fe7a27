"""The feature definitions that a stack's stores name. A definition is imported; nothing of it is run."""

import contextlib
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

from pulumi_mlops._shared.suggest import did_you_mean
from pulumi_mlops.stack.document import StackDocument
from pulumi_mlops.stack.graphs import GraphError, found_in, imported, use_pipelines_of
from pulumi_mlops.stack.problems import Problem, shown
from pulumi_mlops.stack.project import ProjectError, find_project

if TYPE_CHECKING:
    from mlops_runtime.features.definition import FeatureStoreDefinition


def load_definition(reference: str) -> "FeatureStoreDefinition":
    """Import a feature definition, from the project around the working directory or from what is installed.

    Args:
        reference: The definition as module:name, like `churn.feature_definitions:FEATURES`.

    Returns:
        The definition; the same one each time.

    Raises:
        GraphError: When the module or the definition in it is not there, or the module cannot be imported.
    """
    with contextlib.suppress(ProjectError):
        use_pipelines_of(find_project())
    return _loaded(reference)


@cache
def _loaded(reference: str) -> "FeatureStoreDefinition":
    from mlops_runtime.features.definition import FeatureStoreDefinition  # noqa: PLC0415 - who asks for one pays for it

    what = "feature definition"
    module = imported(reference, what=what, setting="definition")
    return found_in(module, reference, FeatureStoreDefinition, what=what, otherwise="name another definition")


def problems_of(document: StackDocument) -> Iterator[Problem]:
    """Yield each store whose definition cannot be had, and each endpoint that names no store of the stack."""
    stores = list(document.keys_at("feature_stores"))
    for store in stores:
        path = ("feature_stores", store, "definition")
        reference = document.at(*path)
        if not isinstance(reference, str) or ":" not in reference:
            continue
        try:
            load_definition(reference)
        except GraphError as error:
            yield document.problem(path, got=error.got, expected=error.expected, fix=error.fix)
    for workload in document.keys_at("workloads"):
        place = ("workloads", workload, "endpoint", "features", "store")
        named = document.at(*place)
        if isinstance(named, str) and named not in stores:
            expected = f"one of {', '.join(stores)}, the stack's feature stores" if stores else "a feature store"
            fix = did_you_mean(named, stores) or f"add {named} to mlops:feature_stores, or remove features"
            yield document.problem(place, got=shown(named), expected=expected, fix=fix)
