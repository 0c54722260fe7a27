"""`mlops approve` on SageMaker: the approval status of a model package, without which no stack serves it."""

from pulumi_mlops._shared.aws import client as aws
from pulumi_mlops._shared.aws import model_packages
from pulumi_mlops._shared.aws.model_packages import APPROVED, REJECTED
from pulumi_mlops.cli.operations import Approval
from pulumi_mlops.cli.person import person
from pulumi_mlops.cli.sagemaker import packages
from pulumi_mlops.cli.sagemaker.names import Names


def approve(names: Names, version: int, *, rejects: bool, note: str | None) -> Approval:
    """Approve or reject a version, with who did so and why.

    Args:
        names: The workload's.
        version: The version's number.
        rejects: Whether it is rejected.
        note: Why. Defaults to who does so alone.

    Raises:
        AwsError: When there is no such version, or AWS refuses.
    """
    package = packages.version(names, version)
    status = REJECTED if rejects else APPROVED
    who = f"by {person()} with mlops approve"
    description = f"{note} ({who})" if note else who
    model_packages.set_approval(aws.client("sagemaker", names.region), package.arn, status, description)
    return Approval(int(package.version), package.digest, status, package.arn)
