"""What AWS refuses of an endpoint's settings, or what would not do what they say."""

from collections.abc import Iterator

from pulumi_mlops._shared.aws.instance_types import InstanceUse
from pulumi_mlops.config import sagemaker_instances
from pulumi_mlops.config.document import StackDocument
from pulumi_mlops.config.problems import Problem, shown

_Path = tuple[str, ...]
THRESHOLDS = ("latency_p99_milliseconds", "server_error_percent", "client_error_percent", "model_errors_max")
# What does not go together, by https://docs.aws.amazon.com/sagemaker/latest/dg/ and the page named.
EXCLUSIONS = (
    ("serverless", "asynchronous", "an endpoint is one or the other"),
    ("serverless", "shadow", "serverless endpoints have one variant (serverless-endpoints, feature exclusions)"),
    ("serverless", "data_capture", "serverless endpoints capture nothing (serverless-endpoints, feature exclusions)"),
    ("asynchronous", "shadow", "shadow variants answer at once (shadow-tests)"),
    ("asynchronous", "data_capture", "answers go into the bucket anyway (model-monitor-data-capture)"),
)


def problems_of(document: StackDocument, path: _Path) -> Iterator[Problem]:
    """Yield what contradicts itself in one endpoint's settings.

    Args:
        document: The stack.
        path: Where the endpoint stands.
    """
    settings = (*path, "sagemaker")
    yield from _exclusions(document, settings)
    yield from _serverless(document, path)
    yield from _alarms(document, settings)
    yield from _rollout(document, path)
    for instance in ((*settings, "instance_type"), (*settings, "shadow", "instance_type")):
        yield from sagemaker_instances.problems_of(document, instance, InstanceUse.ENDPOINT)


def _exclusions(document: StackDocument, settings: _Path) -> Iterator[Problem]:
    for one, other, reason in EXCLUSIONS:
        if document.at(*settings, one) is not None and document.at(*settings, other) is not None:
            yield document.problem(
                (*settings, other),
                got=f"{other} with {one}",
                expected=f"one of them: {reason}",
                fix=f"remove {other}, or remove {one}",
            )


def _serverless(document: StackDocument, path: _Path) -> Iterator[Problem]:
    settings = (*path, "sagemaker")
    if document.at(*settings, "serverless") is None:
        return
    for key in ("instance_type", "invocations_per_instance_target"):
        if document.at(*settings, key) is not None:
            yield document.problem(
                (*settings, key),
                got=f"{shown(document.at(*settings, key))} with serverless",
                expected="no machines, since a serverless endpoint has none",
                fix="remove it, or remove serverless",
            )
    if document.at(*path, "replicas") is not None:
        yield document.problem(
            (*path, "replicas"),
            got="replicas with serverless",
            expected="sagemaker.serverless.max_concurrency, since a serverless endpoint has no machines",
            fix="remove replicas, or remove serverless",
        )
    if document.at("platform", "sagemaker", "subnet_ids"):
        yield document.problem(
            (*settings, "serverless"),
            got="serverless with platform.sagemaker.subnet_ids",
            expected="machines, since a serverless endpoint cannot be in a network of yours",
            fix="remove serverless, or remove subnet_ids",
        )
    kept, most = (document.at(*settings, "serverless", key) for key in ("provisioned_concurrency", "max_concurrency"))
    if isinstance(kept, int) and isinstance(most, int) and kept > most:
        yield document.problem(
            (*settings, "serverless", "provisioned_concurrency"),
            got=str(kept),
            expected=f"at most max_concurrency ({most})",
            fix="lower it, or raise max_concurrency",
        )


def _alarms(document: StackDocument, settings: _Path) -> Iterator[Problem]:
    if isinstance(document.at(*settings, "alarms"), dict) and not _has_threshold(document, settings):
        yield document.problem(
            (*settings, "alarms"),
            got="alarms without a bound",
            expected=f"at least one of {', '.join(THRESHOLDS)}",
            fix="add one, or remove alarms",
        )


def _rollout(document: StackDocument, path: _Path) -> Iterator[Problem]:
    strategy = document.at(*path, "rollout", "strategy")
    if strategy not in ("canary", "linear"):
        return
    settings = (*path, "sagemaker")
    place = (*path, "rollout", "strategy")
    step = document.at(*path, "rollout", "step_percent")
    if strategy == "linear" and isinstance(step, int) and step < 10:
        yield document.problem(
            (*path, "rollout", "step_percent"),
            got=f"{step} with linear",
            expected="at least 10, AWS's smallest linear step",
            fix="raise it, or use canary",
        )
    if not _has_threshold(document, settings):
        yield document.problem(
            place,
            got=f"{shown(strategy)} without an alarm",
            expected="an alarm that can turn the rollout back, since nothing else would",
            fix="add endpoint.sagemaker.alarms with at least one bound, or use all_at_once",
        )
    if document.at(*settings, "serverless") is not None:
        yield document.problem(
            place,
            got=f"{shown(strategy)} with serverless",
            expected="all_at_once, since traffic moves in steps between machines only (deployment-guardrails)",
            fix="use all_at_once, or remove serverless",
        )


def _has_threshold(document: StackDocument, settings: _Path) -> bool:
    return any(document.at(*settings, "alarms", key) is not None for key in THRESHOLDS)
