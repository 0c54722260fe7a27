"""What the components themselves refuse of a stack, told at its line in the stack file.

The rules stand beside the components, which check their arguments also in programs without a stack file. Here they are
asked beforehand, for both targets: nothing is declared, and neither a cloud nor its library is needed.
"""

import re
from collections.abc import Callable, Collection, Iterator
from typing import Any

from pulumi_mlops._shared import names
from pulumi_mlops._shared.arguments import ArgumentsError
from pulumi_mlops._shared.problems import Problem as ArgumentProblem
from pulumi_mlops.feature_store.kubernetes.settings import resolve as resolve_feature_store
from pulumi_mlops.feature_store.sagemaker.settings import resolve as resolve_feature_groups
from pulumi_mlops.model_registry.args import RegistryDatabase
from pulumi_mlops.model_registry.config import ExistingRegistry, OwnRegistry
from pulumi_mlops.model_registry.kubernetes.settings import resolve as resolve_registry
from pulumi_mlops.model_registry.sagemaker.storage.settings import resolve as resolve_storage
from pulumi_mlops.stack import arguments, feature_definitions, graphs
from pulumi_mlops.stack.document import StackDocument
from pulumi_mlops.stack.model import WORKLOAD_IMAGES, StackConfig
from pulumi_mlops.stack.platform.config import KubernetesSettings, SageMakerSettings
from pulumi_mlops.stack.problems import Path, Problem
from pulumi_mlops.stack.workload import parts

# Stand in for what only exists once something is declared.
_BUCKET = "a-bucket"
_REGISTRY_URL = names.registry_url("a-namespace")
_PASSWORD = "registry_database_password"  # noqa: S105 - the name of a key
# Arguments that stand elsewhere in a stack file, by their beginning.
_WORKLOAD_PLACES: dict[str, Path] = {
    "environment": ("platform", "environment"),
    "registry_url": ("platform", "registry", "url"),
    "pipeline_image": ("platform", "images", "pipeline"),
    "serving_image": ("platform", "images", "serving"),
    "prometheus_image": ("platform", "images", "prometheus"),
    "alertmanager_image": ("platform", "images", "alertmanager"),
    "tags": ("platform", "owner"),
    "kubernetes.namespace": ("platform", "namespace"),
    "sagemaker.namespace": ("platform", "namespace"),
    "sagemaker.consumer_account_ids": ("platform", "registry", "consumer_account_ids"),
    "sagemaker.producer_account_ids": ("platform", "registry", "producer_account_ids"),
    "sagemaker.model_data_kms_key_arn": ("platform", "registry", "kms_key_arn"),
    "sagemaker.model_package_group": ("platform", "registry"),
    "sagemaker.model_data_bucket": ("platform", "registry"),
    "kubernetes": ("platform", "kubernetes"),
    "sagemaker": ("platform", "sagemaker"),
}
_REGISTRY_PLACES: dict[str, Path] = {
    "kubernetes.namespace": ("platform", "namespace"),
    **{f"kubernetes.{key}": ("platform", "kubernetes", key) for key in KubernetesSettings.model_fields},
    "kubernetes.image": ("platform", "images", "registry"),
    "kubernetes.database_image": ("platform", "images", "postgres"),
    "kubernetes.database_password": (_PASSWORD,),
    "kubernetes": ("platform", "registry"),
}

_FEATURE_STORE_PLACES: dict[str, Path] = {
    "tags": ("platform", "owner"),
    "kubernetes.namespace": ("platform", "namespace"),
    "kubernetes.image": ("platform", "images", "feature_store"),
    "kubernetes.online_store_image": ("platform", "images", "redis"),
    "sagemaker.image": ("platform", "images", "pipeline"),
    "sagemaker.namespace": ("platform", "namespace"),
    **{f"sagemaker.{key}": ("platform", "sagemaker", key) for key in SageMakerSettings.model_fields},
    **{f"kubernetes.{key}": ("platform", "kubernetes", key) for key in KubernetesSettings.model_fields},
}


def problems_of(document: StackDocument, config: StackConfig, left_out: Collection[Path] = ()) -> Iterator[Problem]:
    """Yield what the components refuse of a configuration.

    Args:
        document: The configuration as it was read.
        config: The same, validated; or what of it is sound.
        left_out: What was left out of it. Where that is of the platform, nothing more is said of the platform: its
            settings depend on one another.
    """
    if not any(path[:1] == ("platform",) for path in left_out):
        yield from _platform(document, config)
    yield from _feature_stores(document, config)
    for name in config.workloads:
        if not _has_graph(config, name):
            continue
        args = arguments.workload_args(config, name, {}, registry_url=_registry_url(config), bucket_name=_BUCKET)
        for problem in parts.problems_of(name, args):
            path = _placed(problem.path, _workload_places(config, name)) or _in_workload(name, problem.path)
            yield _told(document, path, problem)


def _feature_stores(document: StackDocument, config: StackConfig) -> Iterator[Problem]:
    for name, store in config.feature_stores.items():
        if not _has_definition(store.definition):
            continue
        for problem in _feature_store(config, name):
            path = _placed(problem.path, _FEATURE_STORE_PLACES)
            yield _told(document, path or ("feature_stores", name, *_parts(problem.path)), problem)


def _feature_store(config: StackConfig, name: str) -> tuple[ArgumentProblem, ...]:
    settings = config.platform.sagemaker
    if settings is None:
        return _refused(resolve_feature_store, name, arguments.feature_store_args(config, name, {}))
    args = arguments.sagemaker_feature_store_args(config, name, {}, settings, _BUCKET)
    return _refused(resolve_feature_groups, name, args)


def _has_definition(reference: str) -> bool:
    """Tell whether a store's definition can be had; why not has been told already."""
    try:
        feature_definitions.load_definition(reference)
    except graphs.GraphError:
        return False
    return True


def _workload_places(config: StackConfig, name: str) -> dict[str, Path]:
    """Return where a workload's arguments stand: an image at its own line, where it has one or nobody has."""
    own, shared = config.workloads[name].images, config.platform.images
    return _WORKLOAD_PLACES | {
        f"{image}_image": ("workloads", name, "images", image)
        for image in WORKLOAD_IMAGES
        if getattr(own, image) is not None or getattr(shared, image) is None
    }


def _platform(document: StackDocument, config: StackConfig) -> Iterator[Problem]:
    platform = config.platform
    if platform.sagemaker is not None:
        storage = {"sagemaker": arguments.storage_args(platform, platform.sagemaker)}
        for problem in _refused(resolve_storage, "storage", storage):
            yield _told(document, _placed(problem.path, _WORKLOAD_PLACES) or ("platform",), problem)
    elif isinstance(platform.registry, OwnRegistry):
        settings = arguments.registry_args(platform, platform.registry, platform.namespace)
        if _PASSWORD in document.secrets and platform.registry.database is RegistryDatabase.POSTGRESQL:
            settings["database_password"] = "a secret"  # noqa: S105 - what it is is not known here
        for problem in _refused(resolve_registry, names.REGISTRY, {"kubernetes": settings}):
            yield _told(document, _placed(problem.path, _REGISTRY_PLACES) or ("platform",), problem)


def _registry_url(config: StackConfig) -> str:
    registry = config.platform.registry
    return registry.url if isinstance(registry, ExistingRegistry) else _REGISTRY_URL


def _has_graph(config: StackConfig, workload: str) -> bool:
    """Tell whether a workload's step graph can be had; why not has been told already."""
    try:
        graphs.load_graph(config.graph_of(workload))
    except graphs.GraphError:
        return False
    return True


def _refused(resolve: Callable[[str, Any], object], name: str, args: Any) -> tuple[ArgumentProblem, ...]:
    try:
        resolve(name, args)
    except ArgumentsError as error:
        return error.problems
    return ()


def _told(document: StackDocument, path: Path, problem: ArgumentProblem) -> Problem:
    return document.problem(path, got=problem.got, expected=problem.expected, fix=problem.fix)


def _in_workload(name: str, path: str) -> Path:
    return ("workloads", name) if path == "name" else ("workloads", name, *_parts(path))


def _placed(path: str, places: dict[str, Path]) -> Path | None:
    """Return where an argument stands in a stack file; None where it is a workload's own."""
    for start in sorted(places, key=len, reverse=True):
        if path == start or path.startswith((f"{start}.", f"{start}[")):
            return (*places[start], *_parts(path.removeprefix(start)))
    return None


def _parts(path: str) -> Path:
    found = re.findall(r"\[(\d+)\]|([^.\[\]]+)", path)
    return tuple(int(index) if index else key for index, key in found)
