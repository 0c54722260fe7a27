"""`mlops approve` on SageMaker: the approval status of a model package, without which no stack serves it."""

import getpass

from pulumi_mlops._shared.aws.model_packages import APPROVED, REJECTED
from pulumi_mlops.cli.operations import Approval
from pulumi_mlops.cli.sagemaker import packages, resources
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
    who = f"by {getpass.getuser()} with mlops approve"
    description = f"{note} ({who})" if note else who
    with resources.told(f"model package {package.arn}"):
        typed = resources.module().ModelPackage.get(
            model_package_name=package.arn, session=resources.session(names.region), region=names.region
        )
        typed.update(model_approval_status=status, approval_description=description)
    return Approval(int(package.version), package.digest, status, package.arn)
