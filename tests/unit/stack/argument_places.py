"""Where a setting of a stack file stands among the arguments of the components, and what they say of a value there.

The places are found, not listed: two right values of a setting make arguments that differ there and nowhere else.
"""

import copy
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from pulumi_mlops._shared.arguments import ArgumentsError
from pulumi_mlops.feature_store.kubernetes.settings import resolve as resolve_store
from pulumi_mlops.feature_store.sagemaker.settings import resolve as resolve_feature_groups
from pulumi_mlops.model_registry.config import ExistingRegistry, OwnRegistry
from pulumi_mlops.model_registry.kubernetes.settings import resolve as resolve_registry
from pulumi_mlops.model_registry.sagemaker.storage.settings import resolve as resolve_storage
from pulumi_mlops.stack import arguments
from pulumi_mlops.stack.model import StackConfig
from pulumi_mlops.stack.workload import parts


def _resolve_feature_store(name: str, args: Any) -> object:
    return resolve_feature_groups(name, args) if "sagemaker" in args else resolve_store(name, args)


_RESOLVERS: Mapping[str, Callable[[str, Any], object]] = {
    "storage": resolve_storage,
    "registry": resolve_registry,
    "feature-store": _resolve_feature_store,
}


@dataclass(frozen=True)
class Key:
    """The key itself is the value, in an argument that is a mapping."""

    name: str


@dataclass(frozen=True)
class Place:
    """One argument of one component."""

    component: str
    """`workload`, `storage`, `registry` or `feature-store`."""
    path: tuple[str | int | Key, ...]

    def __str__(self) -> str:
        parts_of_path = (part for part in self.path if not isinstance(part, Key))
        dotted = ".".join(f"[{part}]" if isinstance(part, int) else part for part in parts_of_path)
        return dotted.replace(".[", "[")


def is_configured(document: Mapping[str, Any]) -> bool:
    """Tell whether pydantic takes a document."""
    try:
        StackConfig.model_validate(document)
    except ValidationError:
        return False
    return True


def arguments_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments that a right document comes to, by component."""
    config = StackConfig.model_validate(document)
    platform = config.platform
    url = platform.registry.url if isinstance(platform.registry, ExistingRegistry) else "http://mlflow:5000"
    (name,) = config.workloads
    found: dict[str, Any] = {
        "workload": {name: arguments.workload_args(config, name, {}, registry_url=url, bucket_name="a-bucket")}
    }
    for store in config.feature_stores:
        made: Any = (
            arguments.feature_store_args(config, store, {})
            if platform.sagemaker is None
            else arguments.sagemaker_feature_store_args(config, store, {}, platform.sagemaker, "a-bucket")
        )
        found["feature-store"] = made
    if platform.sagemaker is not None:
        found["storage"] = {"sagemaker": arguments.storage_args(platform, platform.sagemaker)}
    elif isinstance(platform.registry, OwnRegistry):
        found["registry"] = {"kubernetes": arguments.registry_args(platform, platform.registry, platform.namespace)}
    return found


def places_of(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[Place]:
    """Return where the arguments of two documents differ."""
    return [Place(str(path[0]), path[1:]) for path in _differences(first, second) if path[1:]]


def _differences(first: Any, second: Any, path: tuple[str | int | Key, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(first, dict) and isinstance(second, dict):
        added, missing = sorted(set(second) - set(first)), sorted(set(first) - set(second))
        if len(added) == len(missing) == 1 and first[missing[0]] == second[added[0]]:
            yield (*path, Key(missing[0]))
        else:
            yield from ((*path, key) for key in added + missing)
        for key in set(first) & set(second):
            yield from _differences(first[key], second[key], (*path, key))
    elif isinstance(first, list | tuple) and isinstance(second, list | tuple) and len(first) == len(second):
        for index, (one, other) in enumerate(zip(first, second, strict=True)):
            yield from _differences(one, other, (*path, index))
    elif first != second:
        yield path


def is_itself(place: Place, args: Mapping[str, Any], value: object) -> bool:
    """Tell whether an argument is a value as it stands in the stack file, and not something made of it."""
    node: Any = args
    for part in place.path:
        if isinstance(part, Key):
            return part.name == value
        node = node[part]
    return bool(node == value or (_is_written_as_text(place) and node == str(value)))


def with_value(args: Mapping[str, Any], place: Place, value: object) -> dict[str, Any]:
    """Return a component's arguments with a value in a place."""
    changed: dict[str, Any] = copy.deepcopy(dict(args))
    node: Any = changed
    for part in place.path[:-1]:
        node = node[part]
    last = place.path[-1]
    if isinstance(last, Key):
        node[value] = node.pop(last.name)
    else:
        # A version is a number in a stack file, and a text to a component: an output may stand for it.
        node[last] = str(value) if isinstance(value, int) and _is_written_as_text(place) else value
    return changed


def _is_written_as_text(place: Place) -> bool:
    return place.path[-2:] == ("model", "version")


def is_taken(place: Place, args: Mapping[str, Any], value: object) -> bool:
    """Tell whether a component takes a value in a place, whatever it says of others."""
    changed = with_value(args, place, value)
    if place.component == "workload":
        ((name, whole),) = changed.items()
        problems = [problem.path for problem in parts.problems_of(name, whole)]
        inside = str(Place(place.component, place.path[1:])) or "name"
    else:
        problems, inside = _refused(place.component, changed), str(place)
    if isinstance(place.path[-1], Key) and inside != "name":
        return f"{inside}.{value}" not in problems
    return not any(path == inside or re.match(re.escape(inside) + r"[.\[]", path) for path in problems)


def _refused(component: str, args: Mapping[str, Any]) -> list[str]:
    try:
        _RESOLVERS[component](component, args)
    except ArgumentsError as error:
        return [problem.path for problem in error.problems]
    return []
