"""Registered versions, as the commands need them."""

import json
import math
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from pulumi_mlops._shared.aws import client as aws
from pulumi_mlops._shared.aws import model_packages
from pulumi_mlops._shared.aws.client import AwsError, MissingError
from pulumi_mlops._shared.aws.model_packages import ListedPackage, ModelPackage
from pulumi_mlops.cli.registered_version import RegisteredVersion
from pulumi_mlops.cli.sagemaker.names import Names

# A client keeps ten connections.
_AT_ONCE = 8
NONE = "none"


def described(names: Names, arn: str) -> ModelPackage:
    """Return the version with an ARN.

    Raises:
        AwsError: When AWS refuses.
    """
    return model_packages.describe(aws.client("sagemaker", names.region), arn)


def version(names: Names, number: int) -> ModelPackage:
    """Return one version of a workload's model.

    Raises:
        MissingError: When there is none of that number.
        AwsError: When AWS refuses.
    """
    return model_packages.describe_version(aws.client("sagemaker", names.region), names.group, str(number))


def newest(names: Names) -> ModelPackage | None:
    """Return the newest version of a workload's model; None where there is none yet.

    Raises:
        AwsError: When AWS refuses.
    """
    found = listed(names)
    return described(names, found[0].arn) if found else None


def listed(names: Names) -> list[ListedPackage]:
    """Return the versions of a workload's model, the newest first; none where there is no group yet.

    Raises:
        AwsError: When AWS refuses.
    """
    try:
        return model_packages.list_versions(aws.client("sagemaker", names.region), names.group)
    except MissingError:
        return []


def registered(names: Names, most: int) -> list[RegisteredVersion]:
    """Return the versions of a workload's model with what their runs measured, the newest first.

    Raises:
        AwsError: When AWS refuses.
    """
    service, s3 = aws.client("sagemaker", names.region), aws.client("s3", names.region)

    def one(package: ListedPackage) -> RegisteredVersion:
        return registered_version(s3, model_packages.describe(service, package.arn))

    with ThreadPoolExecutor(max_workers=_AT_ONCE) as threads:
        return list(threads.map(one, listed(names)[:most]))


def registered_version(s3: Any, package: ModelPackage) -> RegisteredVersion:
    """Describe a version, with what its run measured: all of it, or what the gate was held against.

    Args:
        s3: A client of S3.
        package: The version.
    """
    noted = {key: "" if value == NONE else value for key, value in package.metadata.items()}
    return RegisteredVersion(
        version=int(package.version),
        digest=package.digest,
        created_at=package.created_at,
        created_by=package.created_by,
        run=noted.get("mlops.execution", ""),
        data_digest=noted.get("mlops.data_digest", ""),
        code_version=noted.get("mlops.code_version", ""),
        image=noted.get("mlops.image", ""),
        environment=noted.get("mlops.environment", ""),
        metrics=metrics_at(s3, package.result_uri) or _gate_value(noted),
        approval=package.approval_status,
    )


def metrics_at(s3: Any, address: str) -> dict[str, float]:
    """Return the metrics in a step's `result.json` on S3; none where it is gone, or is not for this user to read."""
    if not address.startswith("s3://"):
        return {}
    bucket, _, key = address.removeprefix("s3://").partition("/")
    try:
        document = json.loads(aws.ask(s3, "get_object", Bucket=bucket, Key=key)["Body"].read())
        return {str(name): math.nan if value is None else float(value) for name, value in document["metrics"].items()}
    except (AwsError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _gate_value(noted: Mapping[str, str]) -> dict[str, float]:
    """Return what the gate was held against: it stays with the version when the run's own files are deleted."""
    metric = noted.get("mlops.gate", "").partition(" ")[0]
    try:
        return {metric: float(noted["mlops.gate_value"])} if metric else {}
    except (KeyError, ValueError):
        return {}
