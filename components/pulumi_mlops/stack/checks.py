"""Checks that need more than one setting. Each tolerates whatever else is wrong, so that all is told at once."""

from collections.abc import Iterator

from pulumi_mlops.model_registry.args import RegistryDatabase
from pulumi_mlops.model_registry.config import OwnRegistry
from pulumi_mlops.model_registry.sagemaker.storage.settings import RUN_RETENTION_DAYS
from pulumi_mlops.monitoring.args import PrometheusInstallation
from pulumi_mlops.stack import model_names, names
from pulumi_mlops.stack.document import StackDocument
from pulumi_mlops.stack.model import WORKLOAD_IMAGES
from pulumi_mlops.stack.platform.config import Target
from pulumi_mlops.stack.problems import Problem, shown

_POSTGRESQL = RegistryDatabase.POSTGRESQL.value
_OPERATOR = PrometheusInstallation.OPERATOR.value
_PASSWORD = "registry_database_password"  # noqa: S105 - the name of a key


def problems_of(document: StackDocument) -> Iterator[Problem]:
    """Yield what contradicts itself in one stack."""
    yield from _target_settings(document)
    yield from _registry(document)
    yield from _workload_images(document)
    yield from model_names.problems_of(document)
    if document.at("platform", "target") == Target.SAGEMAKER.value:
        yield from _other_accounts(document)
        yield from _reused_results(document)
        return
    yield from _storage_class(document)
    yield from _images(document)
    yield from _monitoring_images(document)
    yield from _database_password(document)
    yield from _namespaces(document)
    yield from names.problems_of(document, owns_registry=_owns_registry(document))


def _owns_registry(document: StackDocument) -> bool:
    return isinstance(document.at("platform", "registry"), dict) and _registry_elsewhere(document) is None


def _registry_elsewhere(document: StackDocument) -> str | None:
    """Return the key that says where somebody else's registry is; None where the stack has one of its own."""
    return next((key for key in ("url", "account_id") if document.at("platform", "registry", key) is not None), None)


def _database(document: StackDocument) -> object:
    """Return the database of the stack's own registry; None where there is none, or none that is known."""
    if not _owns_registry(document):
        return None
    database = document.at("platform", "registry", "database") or RegistryDatabase.SQLITE.value
    return database if database in [known.value for known in RegistryDatabase] else None


def _target_settings(document: StackDocument) -> Iterator[Problem]:
    needed = {
        Target.KUBERNETES.value: "{context: <a context of the kubeconfig>}",
        Target.SAGEMAKER.value: '{account_id: "<12 digits>", region: <an AWS region>}',
    }
    target = document.at("platform", "target")
    if isinstance(target, str) and target in needed and document.at("platform", target) is None:
        yield document.problem(
            ("platform", target),
            got="nothing",
            expected=f"the settings of the target {target}",
            fix=f"add {target}: {needed[target]}",
        )


def _registry(document: StackDocument) -> Iterator[Problem]:
    elsewhere = _registry_elsewhere(document)
    if elsewhere is None:
        return
    for key in document.keys_at("platform", "registry"):
        if key in OwnRegistry.model_fields:
            yield document.problem(
                ("platform", "registry", key),
                got=f"{key} beside {elsewhere}",
                expected=f"either the {elsewhere} of an existing registry or the settings of one that this stack runs",
                fix=f"remove {key}, or remove {elsewhere}",
            )


def _storage_class(document: StackDocument) -> Iterator[Problem]:
    storage_class = document.at("platform", "kubernetes", "storage_class_name")
    if storage_class is not None and document.at("platform", "registry", "url") is not None:
        yield document.problem(
            ("platform", "kubernetes", "storage_class_name"),
            got=f"{shown(storage_class)} with registry.url",
            expected="no storage class, since this stack has no volume that stays",
            fix="remove it",
        )


def _workload_images(document: StackDocument) -> Iterator[Problem]:
    shared = document.at("platform", "images")
    if shared is not None and not isinstance(shared, dict):
        return
    for workload in document.keys_at("workloads"):
        own = ("workloads", workload, "images")
        if document.at(*own) is not None and not isinstance(document.at(*own), dict):
            continue
        for image in WORKLOAD_IMAGES:
            if document.at(*own, image) is None and document.at("platform", "images", image) is None:
                yield document.problem(
                    (*own, image),
                    got=f"nothing, and no platform.images.{image}",
                    expected=f"the image {image} of this workload, or one that the stack's workloads share",
                    fix=f"run mlops build {workload}, or add {image}: <a pinned image>",
                )


def _images(document: StackDocument) -> Iterator[Problem]:
    if document.at("platform", "images") is not None and not isinstance(document.at("platform", "images"), dict):
        return
    database = _database(document)
    owns = _owns_registry(document)
    yield from _image(document, "registry", "registry.url", is_needed=owns)
    if database is not None or not owns:
        because = f"registry.database {shown(database)}" if owns else "registry.url"
        yield from _image(document, "postgres", because, is_needed=database == _POSTGRESQL)
    stores = bool(document.keys_at("feature_stores"))
    for image in ("feature_store", "redis"):
        yield from _image(document, image, "no feature_stores", is_needed=stores)


def _monitoring_images(document: StackDocument) -> Iterator[Problem]:
    """Refuse an image of Prometheus that no monitoring runs: it would be without effect."""
    if document.at("platform", "images") is not None and not isinstance(document.at("platform", "images"), dict):
        return
    used = [
        workload
        for workload in document.keys_at("workloads")
        if isinstance(document.at("workloads", workload, "monitoring"), dict)
        and document.at("workloads", workload, "monitoring", "kubernetes", "prometheus") != _OPERATOR
    ]
    for image in ("prometheus", "alertmanager"):
        pinned = document.at("platform", "images", image)
        if isinstance(pinned, str) and not used:
            yield document.problem(
                ("platform", "images", image),
                got=f"{shown(pinned)} without a bundled monitoring",
                expected=f"no image {image}, since no workload's monitoring runs it",
                fix="remove it",
            )


def _image(document: StackDocument, image: str, because: str, *, is_needed: bool) -> Iterator[Problem]:
    pinned = document.at("platform", "images", image)
    if is_needed and pinned is None:
        yield document.problem(
            ("platform", "images", image),
            got="nothing",
            expected=f"the image {image}, since this stack runs it",
            fix=f"add {image}: <a pinned image>",
        )
    elif pinned is not None and not is_needed and document.at("platform", "registry") is not None:
        yield document.problem(
            ("platform", "images", image),
            got=f"{shown(pinned)} with {because}",
            expected=f"no image {image}, since this stack does not run it",
            fix="remove it",
        )


def _database_password(document: StackDocument) -> Iterator[Problem]:
    """Check that there is a password where one is needed. One that nothing uses may be set before it is needed."""
    needed, given = _database(document) == _POSTGRESQL, _PASSWORD in document.secrets
    key = f"{document.project}:{_PASSWORD}"
    if needed and not given:
        yield document.problem(
            (_PASSWORD,),
            got="nothing",
            expected="a secret, since registry.database is postgresql",
            fix=f"run pulumi config set --secret {key}",
        )


def _namespaces(document: StackDocument) -> Iterator[Problem]:
    own = document.at("platform", "namespace")
    allowed = document.at("platform", "registry", "allowed_namespaces")
    if not isinstance(allowed, list):
        return
    for index, namespace in enumerate(allowed):
        if namespace == own or namespace in allowed[:index]:
            yield document.problem(
                ("platform", "registry", "allowed_namespaces", index),
                got=f"{shown(namespace)}, with namespace {shown(own)} and allowed_namespaces {allowed}",
                expected="other namespaces, each once",
                fix="remove it",
            )


def _other_accounts(document: StackDocument) -> Iterator[Problem]:
    """Another account cannot read what a key managed by AWS encrypts."""
    registry = ("platform", "registry")
    if document.at(*registry, "account_id") is not None and document.at(*registry, "kms_key_arn") is None:
        yield document.problem(
            registry,
            got="a registry elsewhere, without its key",
            expected="kms_key_arn, the key that its models are encrypted with",
            fix="copy that stack's platform.sagemaker.kms_key_arn",
        )


def _reused_results(document: StackDocument) -> Iterator[Problem]:
    """Check that what a reused step points at is still there."""
    kept = document.at("platform", "sagemaker", "run_retention_days")
    days = kept if isinstance(kept, int) else RUN_RETENTION_DAYS.default
    for workload in document.keys_at("workloads"):
        path = ("workloads", workload, "pipeline", "sagemaker", "cache_days")
        cached = document.at(*path)
        if isinstance(cached, int) and cached > days:
            yield document.problem(
                path,
                got=shown(cached),
                expected=f"at most {days}, the platform.sagemaker.run_retention_days after which results are deleted",
                fix="lower it, or keep results for longer",
            )
