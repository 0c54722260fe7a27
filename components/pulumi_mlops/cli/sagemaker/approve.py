"""`mlops approve`: a person's word on a registered version, without which SageMaker's stacks do not serve it."""

import getpass
from typing import Any

from pulumi_mlops._shared.aws.model_packages import APPROVED, REJECTED, ModelPackage
from pulumi_mlops.cli.output import print_json, told_errors
from pulumi_mlops.cli.sagemaker import packages, resources
from pulumi_mlops.cli.sagemaker.names import names_of
from pulumi_mlops.cli.stacks import place_of
from pulumi_mlops.stack.platform.config import Target


class ApprovalRefusedError(RuntimeError):
    """A version cannot be approved as things stand."""


def approve(workload: str, stack: str, version: int, *, rejects: bool, note: str | None, as_json: bool) -> None:
    """Approve or reject a version, with who did so and why.

    Args:
        workload: The workload.
        stack: Its stack.
        version: The version's number.
        rejects: Whether it is rejected.
        note: Why. Defaults to who does so alone.
        as_json: Whether to write the version as JSON.

    Raises:
        typer.Exit: With code 1 when there is no such version, or the target has no approval.
    """
    from pulumi_mlops._shared.aws.client import AwsError  # noqa: PLC0415 - start-up time

    with told_errors(AwsError, ApprovalRefusedError):
        place = place_of(workload, stack)
        if place.config.platform.target is not Target.SAGEMAKER:
            raise ApprovalRefusedError(
                f"stack {stack}: got target {place.config.platform.target.value}, which has no approval, expected "
                "sagemaker, fix: pin the version in the stack file; the review of that line is the approval"
            )
        names = names_of(place)
        package = packages.version(names, version)
        status = REJECTED if rejects else APPROVED
        who = f"by {getpass.getuser()} with mlops approve"
        description = f"{note} ({who})" if note else who
        with resources.told(f"model package {package.arn}"):
            typed = resources.module().ModelPackage.get(
                model_package_name=package.arn, session=resources.session(names.region), region=names.region
            )
            typed.update(model_approval_status=status, approval_description=description)
        document = _document(package, status)
        print_json(document) if as_json else print(f"version {version} is {status}: {package.digest}")


def _document(package: ModelPackage, status: str) -> dict[str, Any]:
    return {"version": int(package.version), "digest": package.digest, "status": status, "arn": package.arn}
