"""What an edit takes away from the data that a stack keeps: where it was before against where it is now."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pulumi_mlops.model_registry.config import OwnRegistry
from pulumi_mlops.stack import volumes
from pulumi_mlops.stack.model import StackConfig

DataPlaces = Mapping[str, Any]
"""Where a stack keeps what cannot be made again, as plain data: the stack's output `data_places`."""

_LOST = "every version registered there is lost to the stacks that pin it"


def data_places(config: StackConfig) -> dict[str, Any]:
    """Return where a stack keeps its registered models, for its output of this name.

    Args:
        config: The stack's configuration.
    """
    platform = config.platform
    places: dict[str, Any] = {
        "target": platform.target.value,
        "namespace": platform.namespace,
        "workloads": sorted(config.workloads),
        "models": {name: config.model_of(name) for name in sorted(config.workloads)},
        "owns_registry": isinstance(platform.registry, OwnRegistry),
    }
    if config.feature_stores:
        places["feature_stores"] = sorted(config.feature_stores)
    if platform.sagemaker is not None:
        return {**places, "account": platform.sagemaker.account_id, "region": platform.sagemaker.region}
    if isinstance(platform.registry, OwnRegistry) and platform.kubernetes is not None:
        artifacts = platform.registry.artifacts_s3
        places["database"] = platform.registry.database.value
        places["artifacts"] = "a volume" if artifacts is None else artifacts.uri
        places["storage_class"] = platform.kubernetes.storage_class_name or "the cluster's default"
        places["volumes"] = volumes.sizes(platform)
    return places


def losses(before: DataPlaces, now: DataPlaces) -> list[str]:
    """Return what an update takes away, a sentence for each edit that does; empty where nothing is lost.

    Args:
        before: Where the data was at the last update; empty for a stack that never had one.
        now: Where it is after this one.
    """
    if not before:
        return []
    stores = list(_feature_stores(before, now))
    if not before.get("owns_registry"):
        return stores
    # Another target or account keeps nothing of what was there: the rest need not be told.
    return list(_target(before, now)) or [*(told for rule in _RULES for told in rule(before, now)), *stores]


def _target(before: DataPlaces, now: DataPlaces) -> Iterator[str]:
    for key, path in (("target", "target"), ("account", "sagemaker.account_id"), ("region", "sagemaker.region")):
        if _changes(key, before, now):
            yield (
                f"mlops:platform.{path}: changes from {before[key]} to {now.get(key)}: the registry stays behind and is"
                f" deleted with the rest of the stack, and {_LOST}; fix: make a new stack for the new place"
            )
            return


def _namespace(before: DataPlaces, now: DataPlaces) -> Iterator[str]:
    if _changes("namespace", before, now):
        held = "S3 bucket and model package groups" if before["target"] == "sagemaker" else "Namespace and its volumes"
        yield (
            f"mlops:platform.namespace: changes from {before['namespace']} to {now['namespace']}: the {held} of the old"
            f" one are deleted, and {_LOST}; fix: put {before['namespace']} back, or make a new stack for the new one"
        )


def _registry(before: DataPlaces, now: DataPlaces) -> Iterator[str]:
    if not now["owns_registry"]:
        yield (
            "mlops:platform.registry: names another registry: the stack's own one is deleted with its data, and"
            f" {_LOST}; fix: register the models there first, and change the other stacks' registry too"
        )
        return
    told = {
        "database": ("registry.database", "the new database is empty"),
        "artifacts": ("registry.artifacts_s3", "the new place is empty"),
        "storage_class": ("kubernetes.storage_class_name", "the new volumes are empty"),
    }
    for key, (path, why) in told.items():
        if _changes(key, before, now):
            yield (
                f"mlops:platform.{path}: changes from {before[key]} to {now[key]}: {why}, and {_LOST}; fix: put"
                f" {before[key]} back, or export the versions first and import them afterwards"
            )


def _workloads(before: DataPlaces, now: DataPlaces) -> Iterator[str]:
    models, after = _models(before), _models(now)
    heirs = {after[name]: name for name in sorted(set(after) - set(models))}
    new = sorted(set(after) - set(models))
    for name in sorted(set(models) - set(after)):
        model = models[name]
        if model in heirs:
            yield (
                f"mlops:workloads.{name}: becomes {heirs[model]} and keeps the versions of the model {model}: its"
                " pipeline and its endpoint are deleted and made anew, and the endpoint's address changes; fix: put the"
                " name back if that is not meant"
            )
            continue
        renamed = f"; {', '.join(new)} starts without a version" if new else ""
        keep = f", or write model_name: {model} at the new one to rename the workload" if new else ""
        yield (
            f"mlops:workloads.{name}: leaves the stack: its pipeline and its endpoint are deleted, and"
            f" {_versions_of(model, before)}{renamed}; fix: put the name back if that is not meant{keep}"
        )


def _model_names(before: DataPlaces, now: DataPlaces) -> Iterator[str]:
    models, after = _models(before), _models(now)
    for name in sorted(set(models) & set(after)):
        if models[name] != after[name]:
            yield (
                f"mlops:workloads.{name}.model_name: changes from {models[name]} to {after[name]}: {name} starts"
                f" without a version, and {_versions_of(models[name], before)}; fix: put {models[name]} back if that is"
                " not meant"
            )


def _models(places: DataPlaces) -> Mapping[str, str]:
    """Return the model of each workload. An update of an earlier version of this package did not note them."""
    known: Mapping[str, str] = places.get("models") or {}
    return {name: known.get(name, name) for name in places["workloads"]}


def _versions_of(model: str, before: DataPlaces) -> str:
    if before["target"] == "sagemaker":
        return "its model package group and the versions in it are deleted"
    return f"its registered versions stay in the registry, as the model {model}"


def _feature_stores(before: DataPlaces, now: DataPlaces) -> Iterator[str]:
    for name in sorted(set(before.get("feature_stores", ())) - set(now.get("feature_stores", ()))):
        yield (
            f"mlops:feature_stores.{name}: leaves the stack: what it holds online is deleted, and endpoints that look"
            " features up there no longer find them; fix: put the name back if that is not meant"
        )


def _changes(key: str, before: DataPlaces, now: DataPlaces) -> bool:
    return key in before and before[key] != now.get(key)


_RULES: tuple[Callable[[DataPlaces, DataPlaces], Iterator[str]], ...] = (
    _namespace,
    _registry,
    _workloads,
    _model_names,
)
