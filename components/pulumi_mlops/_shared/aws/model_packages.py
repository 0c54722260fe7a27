"""Versions of registered models: SageMaker's model packages, which pulumi-aws has no resource for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pulumi_mlops._shared.aws.client import MissingError, ask, pages
from pulumi_mlops._shared.names import DIGEST_TAG

APPROVED = "Approved"
PENDING = "PendingManualApproval"
REJECTED = "Rejected"


@dataclass(frozen=True)
class ListedPackage:
    """A version, as far as a list tells."""

    arn: str
    version: str
    approval_status: str


@dataclass(frozen=True)
class ModelPackage:
    """A version of a registered model."""

    arn: str
    version: str
    approval_status: str
    digest: str
    """Digest of its bytes; empty where none was noted."""
    model_data_url: str
    """Where its bytes lie, as model.tar.gz."""
    image: str
    """Image that it was registered with."""
    metadata: Mapping[str, str]
    created_at: str = ""
    """When it was registered, RFC 3339."""
    created_by: str = ""
    """The IAM identity that registered it."""
    result_uri: str = ""
    """Where what its run measured lies on S3; empty where it was registered without."""


def package_arn(group_arn: str, version: str) -> str:
    """Return the ARN of a version of the group with this ARN."""
    return f"{group_arn.replace(':model-package-group/', ':model-package/', 1)}/{version}"


def describe(client: Any, arn: str) -> ModelPackage:
    """Return the version with this ARN.

    Raises:
        MissingError: When there is none.
        AwsError: When AWS does not answer.
    """
    answer = ask(client, "describe_model_package", ModelPackageName=arn)
    containers = answer.get("InferenceSpecification", {}).get("Containers") or [{}]
    metadata = answer.get("CustomerMetadataProperties") or {}
    return ModelPackage(
        arn=answer["ModelPackageArn"],
        version=str(answer.get("ModelPackageVersion", "")),
        approval_status=answer.get("ModelApprovalStatus", ""),
        digest=metadata.get(DIGEST_TAG, ""),
        model_data_url=containers[0].get("ModelDataUrl", ""),
        image=containers[0].get("Image", ""),
        metadata=metadata,
        created_at=_moment(answer.get("CreationTime")),
        created_by=((answer.get("CreatedBy") or {}).get("IamIdentity") or {}).get("Arn", ""),
        result_uri=_result_uri(answer.get("ModelMetrics") or {}),
    )


def _moment(moment: datetime | None) -> str:
    return "" if moment is None else moment.isoformat(timespec="seconds")


def _result_uri(metrics: Mapping[str, Any]) -> str:
    return str(((metrics.get("ModelQuality") or {}).get("Statistics") or {}).get("S3Uri", ""))


def describe_version(client: Any, group: str, version: str) -> ModelPackage:
    """Return one version of a group.

    Args:
        client: A client of SageMaker.
        group: The group's name, or its ARN where it is another account's.
        version: The version's number.

    Raises:
        MissingError: When there is no such version, or no such group.
        AwsError: When AWS does not answer.
    """
    if group.startswith("arn:"):
        return describe(client, package_arn(group, version))
    versions = list_versions(client, group)
    for listed in versions:
        if listed.version == version:
            return describe(client, listed.arn)
    known = ", ".join(listed.version for listed in versions) or "no version at all"
    raise MissingError(
        f"model package group {group}: got version {version}, expected one of {known}, fix: name one of these"
    )


def list_versions(client: Any, group: str) -> list[ListedPackage]:
    """Return the versions of a group, the newest first."""
    found = pages(client, "list_model_packages", "ModelPackageSummaryList", ModelPackageGroupName=group)
    listed = [
        ListedPackage(
            summary["ModelPackageArn"], str(summary["ModelPackageVersion"]), summary.get("ModelApprovalStatus", "")
        )
        for summary in found
    ]
    return sorted(listed, key=lambda one: int(one.version), reverse=True)


def delete(client: Any, arn: str) -> None:
    """Delete a version. One that is not there any more is no error."""
    try:
        ask(client, "delete_model_package", ModelPackageName=arn)
    except MissingError:
        return


def set_approval(client: Any, arn: str, status: str, description: str) -> None:
    """Approve or reject a version, and say why.

    Args:
        client: A client of SageMaker.
        arn: The version's ARN.
        status: APPROVED, PENDING or REJECTED.
        description: Who decided so, and why.
    """
    ask(
        client,
        "update_model_package",
        ModelPackageArn=arn,
        ModelApprovalStatus=status,
        ApprovalDescription=description,
    )
