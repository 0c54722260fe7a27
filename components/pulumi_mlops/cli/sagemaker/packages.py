"""Registered versions, as the commands need them."""

from pulumi_mlops._shared.aws import client as aws
from pulumi_mlops._shared.aws import model_packages
from pulumi_mlops._shared.aws.client import MissingError
from pulumi_mlops._shared.aws.model_packages import ModelPackage
from pulumi_mlops.cli.sagemaker.names import Names


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
    service = aws.client("sagemaker", names.region)
    try:
        listed = model_packages.list_versions(service, names.group)
    except MissingError:
        return None
    return model_packages.describe(service, listed[0].arn) if listed else None
