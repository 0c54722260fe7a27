"""Which settings each target supports. What a target would not obey is refused when the stack is loaded."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pulumi_mlops.model_registry.args import KubernetesModelRegistrySettingsArgs
from pulumi_mlops.model_registry.config import OwnRegistry
from pulumi_mlops.stack.document import StackDocument
from pulumi_mlops.stack.platform.config import Target
from pulumi_mlops.stack.problems import Problem, shown


@dataclass(frozen=True)
class Refused:
    """A setting that a target does not support.

    Attributes:
        path: Where it stands; `*` is any name.
        supported: What the target supports in its place.
        fix: What to do about it.
        values: The values that are refused. Empty: any.
    """

    path: tuple[str, ...]
    supported: str
    fix: str
    values: tuple[object, ...] = ()


@dataclass(frozen=True)
class Support:
    """What one target can do.

    Attributes:
        refused: The settings that it does not support.
    """

    refused: tuple[Refused, ...]


_PIPELINE = ("workloads", "*", "pipeline")
_ENDPOINT = ("workloads", "*", "endpoint")
_BATCH = ("workloads", "*", "batch")
_STORE = ("feature_stores", "*")
_MONITORING = ("workloads", "*", "monitoring")
_REGISTRY = ("platform", "registry")
_FEAST = "SageMaker's own feature store, which has no image"
# Settings of a registry on Kubernetes that have a counterpart on SageMaker, each with a rule of its own below.
_SAID_ELSEWHERE = ("allowed_namespaces", "protect_data")
_OTHER_TARGET = "remove it, or change the target"

SUPPORT: Mapping[Target, Support] = {
    Target.KUBERNETES: Support(
        refused=(
            Refused(("platform", "sagemaker"), "the settings under platform.kubernetes", _OTHER_TARGET),
            Refused((*_REGISTRY, "account_id"), "the url of an existing registry", "give its url"),
            *(
                Refused((*_REGISTRY, key), "registry.allowed_namespaces", "name the namespaces there")
                for key in OwnRegistry.model_fields
                if key not in KubernetesModelRegistrySettingsArgs.__annotations__
            ),
            Refused((*_PIPELINE, "sagemaker"), "the settings under pipeline.kubernetes", _OTHER_TARGET),
            Refused((*_ENDPOINT, "sagemaker"), "the settings under endpoint.kubernetes", _OTHER_TARGET),
            Refused((*_BATCH, "sagemaker"), "the settings under batch.kubernetes", _OTHER_TARGET),
            Refused((*_STORE, "sagemaker"), "the store's settings under kubernetes", _OTHER_TARGET),
            Refused((*_ENDPOINT, "rollout"), "a rollout pod by pod, which needs no setting", _OTHER_TARGET),
        ),
    ),
    Target.SAGEMAKER: Support(
        refused=(
            Refused(("platform", "kubernetes"), "the settings under platform.sagemaker", _OTHER_TARGET),
            Refused(("platform", "images", "registry"), "SageMaker's own registry, which has no image", "remove it"),
            Refused(("platform", "images", "postgres"), "SageMaker's own registry, which has no database", "remove it"),
            *(Refused(("platform", "images", key), _FEAST, "remove it") for key in ("feature_store", "redis")),
            *(
                Refused(("platform", "images", image), "CloudWatch, which has no image", "remove it")
                for image in ("prometheus", "alertmanager")
            ),
            Refused(_MONITORING, "endpoint.sagemaker.alarms and endpoint.payloads", "use those, or remove it"),
            Refused(
                (*_REGISTRY, "url"), "registry.account_id and registry.namespace", "name the account that holds it"
            ),
            *(
                Refused(
                    (*_REGISTRY, key), "SageMaker's own registry, without servers, volumes or database", "remove it"
                )
                for key in OwnRegistry.model_fields
                if key in KubernetesModelRegistrySettingsArgs.__annotations__ and key not in _SAID_ELSEWHERE
            ),
            Refused((*_REGISTRY, "protect_data"), "platform.sagemaker.protect_data", "say it there"),
            Refused(
                (*_REGISTRY, "allowed_namespaces"),
                "registry.consumer_account_ids and producer_account_ids",
                "name the accounts there",
            ),
            Refused((*_PIPELINE, "kubernetes"), "the settings under pipeline.sagemaker", _OTHER_TARGET),
            Refused((*_ENDPOINT, "kubernetes"), "the settings under endpoint.sagemaker", _OTHER_TARGET),
            Refused((*_ENDPOINT, "features"), "requests that bring their features along", _OTHER_TARGET),
            Refused((*_BATCH, "kubernetes"), "the settings under batch.sagemaker", _OTHER_TARGET),
            Refused((*_STORE, "kubernetes"), "the store's settings under sagemaker", _OTHER_TARGET),
            Refused(
                (*_ENDPOINT, "expose"),
                "callers with AWS credentials (IAM), whose requests are signed (SigV4): AWS lets in no others",
                "remove it, and let callers assume a role that may do sagemaker:InvokeEndpoint",
            ),
        ),
    ),
}


def problems_of(document: StackDocument) -> Iterator[Problem]:
    """Yield a problem for each setting that the document's target does not support."""
    name = document.at("platform", "target")
    if name not in [target.value for target in Target]:
        return
    target = Target(name)
    for rule in SUPPORT[target].refused:
        for path in _matches(document.values, rule.path):
            value = document.at(*path)
            if rule.values and value not in rule.values:
                continue
            yield document.problem(
                path,
                got=f"{shown(value)}, which target {target.value} does not support",
                expected=rule.supported,
                fix=rule.fix,
            )


def _matches(value: object, pattern: tuple[str, ...], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    if not pattern:
        yield path
        return
    if not isinstance(value, Mapping):
        return
    for key in value if pattern[0] == "*" else [pattern[0]]:
        if key in value:
            yield from _matches(value[key], pattern[1:], (*path, key))
