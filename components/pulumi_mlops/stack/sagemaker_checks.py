"""What contradicts itself in a stack for SageMaker. Each check tolerates whatever else is wrong."""

import re
from collections.abc import Iterator
from typing import get_args

from pulumi_mlops._shared.aws.instance_types import InstanceUse
from pulumi_mlops._shared.aws.scalars import EcrImage
from pulumi_mlops.stack import sagemaker_instances
from pulumi_mlops.stack.document import StackDocument
from pulumi_mlops.stack.problems import Path, Problem, shown
from pulumi_mlops.stack.sagemaker import SageMakerSettings

_PLATFORM = ("platform", "sagemaker")
# The longest names: a role has at most 64 characters, of which `<namespace>-<workload>` leaves these to its purpose.
LONGEST_NAME = 43
# A bucket has at most 63, `-<account>-<region>` among them.
LONGEST_NAMESPACE = 35


def problems_of(document: StackDocument) -> Iterator[Problem]:
    """Yield what contradicts itself in one stack whose target is sagemaker."""
    yield from sagemaker_instances.region_problems(document)
    yield from _images(document)
    yield from _regions(document)
    yield from _boundary(document)
    yield from _network(document)
    yield from _other_accounts(document)
    yield from _names(document)
    yield from _reused_results(document)
    for workload in document.keys_at("workloads"):
        pipeline, endpoint = (("workloads", workload, part, "sagemaker") for part in ("pipeline", "endpoint"))
        for path, use in (
            ((*pipeline, "processing_instance_type"), InstanceUse.PROCESSING),
            ((*pipeline, "training_instance_type"), InstanceUse.TRAINING),
            ((*endpoint, "instance_type"), InstanceUse.ENDPOINT),
            ((*endpoint, "shadow", "instance_type"), InstanceUse.ENDPOINT),
        ):
            yield from sagemaker_instances.problems_of(document, path, use)


def _images(document: StackDocument) -> Iterator[Problem]:
    """Jobs and endpoints take images from ECR, and of their own region alone."""
    rule = get_args(EcrImage)[1]
    region = document.at(*_PLATFORM, "region")
    for name in document.keys_at("platform", "images"):
        image = document.at("platform", "images", name)
        if name not in ("pipeline", "serving") or not isinstance(image, str):
            continue
        path = ("platform", "images", name)
        if not re.fullmatch(rule.pattern, image):
            yield document.problem(path, got=shown(image), expected=rule.expected, fix=rule.fix)
        elif isinstance(region, str) and f".ecr.{region}." not in image:
            yield document.problem(
                path,
                got=shown(image),
                expected=f"an image in the ECR of region {region}, where it is run",
                fix="push it there, or change platform.sagemaker.region",
            )


def _regions(document: StackDocument) -> Iterator[Problem]:
    """A key and a topic work in their own region alone."""
    region = document.at(*_PLATFORM, "region")
    for path in _arns(document):
        arn = _value(document, path)
        if isinstance(arn, str) and isinstance(region, str) and arn.count(":") >= 5 and arn.split(":")[3] != region:
            yield document.problem(
                path,
                got=shown(arn),
                expected=f"one in region {region}, as the stack",
                fix="name one of this region, or change platform.sagemaker.region",
            )


def _arns(document: StackDocument) -> Iterator[Path]:
    yield (*_PLATFORM, "kms_key_arn")
    yield ("platform", "registry", "kms_key_arn")
    for workload in document.keys_at("workloads"):
        settings = ("workloads", workload, "endpoint", "sagemaker")
        yield (*settings, "asynchronous", "success_topic_arn")
        yield (*settings, "asynchronous", "error_topic_arn")
        topics = document.at(*settings, "alarms", "topic_arns")
        for index in range(len(topics) if isinstance(topics, list) else 0):
            yield (*settings, "alarms", "topic_arns", index)


def _value(document: StackDocument, path: Path) -> object:
    *names, last = path
    if isinstance(last, int):
        values = document.at(*map(str, names))
        return values[last] if isinstance(values, list) else None
    return document.at(*map(str, path))


def _boundary(document: StackDocument) -> Iterator[Problem]:
    """A role can be bounded by a policy of its own account or of AWS alone."""
    arn, account = document.at(*_PLATFORM, "permissions_boundary_arn"), document.at(*_PLATFORM, "account_id")
    if isinstance(arn, str) and isinstance(account, str) and arn.count(":") >= 5:
        owner = arn.split(":")[4]
        if owner not in (account, "aws"):
            yield document.problem(
                (*_PLATFORM, "permissions_boundary_arn"),
                got=shown(arn),
                expected=f"a policy of account {account}, or one of AWS's own",
                fix="name the policy in the account of this stack",
            )


def _network(document: StackDocument) -> Iterator[Problem]:
    subnets, groups = document.at(*_PLATFORM, "subnet_ids"), document.at(*_PLATFORM, "security_group_ids")
    if bool(subnets) != bool(groups):
        given, lacking = ("subnet_ids", "security_group_ids") if subnets else ("security_group_ids", "subnet_ids")
        yield document.problem(
            (*_PLATFORM, given),
            got=f"{given} without {lacking}",
            expected="both or none",
            fix=f"add {lacking}, or remove {given}",
        )


def _other_accounts(document: StackDocument) -> Iterator[Problem]:
    """What a key of AWS's own encrypts, no other account can read."""
    registry = ("platform", "registry")
    for key in ("consumer_account_ids", "producer_account_ids"):
        if document.at(*registry, key) and document.at(*_PLATFORM, "kms_key_arn") is None:
            yield document.problem(
                (*registry, key),
                got="other accounts, without a key of yours",
                expected="platform.sagemaker.kms_key_arn, a key whose policy lets these accounts use it",
                fix=f"name one, or remove {key}",
            )
    if document.at(*registry, "account_id") is not None and document.at(*registry, "kms_key_arn") is None:
        yield document.problem(
            registry,
            got="a registry elsewhere, without its key",
            expected="kms_key_arn, the key that its models are encrypted with",
            fix="copy that stack's platform.sagemaker.kms_key_arn",
        )


def _reused_results(document: StackDocument) -> Iterator[Problem]:
    """A step that is reused points at what it left, which must still be there."""
    kept = document.at(*_PLATFORM, "run_retention_days")
    days = kept if isinstance(kept, int) else SageMakerSettings.model_fields["run_retention_days"].default
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


def _names(document: StackDocument) -> Iterator[Problem]:
    namespace = document.at("platform", "namespace")
    if not isinstance(namespace, str):
        return
    if len(namespace) > LONGEST_NAMESPACE:
        yield document.problem(
            ("platform", "namespace"),
            got=f"{shown(namespace)} ({len(namespace)} characters)",
            expected=f"at most {LONGEST_NAMESPACE} characters, since a bucket is named after it",
            fix="shorten it",
        )
    for workload in document.keys_at("workloads"):
        name = f"{namespace}-{workload}"
        if len(name) > LONGEST_NAME:
            yield document.problem(
                ("workloads", workload),
                got=f"{name} ({len(name)} characters)",
                expected=f"at most {LONGEST_NAME} characters of namespace and workload together, for AWS's names",
                fix="shorten either of them",
            )
