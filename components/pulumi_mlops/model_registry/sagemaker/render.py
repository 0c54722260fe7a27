"""A model package group and who may use it, as the arguments of pulumi_aws' classes."""

from collections.abc import Sequence

from pulumi_mlops._shared import names
from pulumi_mlops._shared.aws.policies import policy, resource_statement
from pulumi_mlops._shared.aws.tags import component_tags
from pulumi_mlops._shared.documents import Document, to_json
from pulumi_mlops.model_registry.sagemaker import arguments
from pulumi_mlops.model_registry.sagemaker.settings import GroupSettings

COMPONENT = names.MODEL_REGISTRY


def group(settings: GroupSettings) -> arguments.ModelPackageGroup:
    """Return the group that the model's versions are registered in."""
    return {
        "model_package_group_name": settings.group_name,
        "model_package_group_description": settings.description,
        "tags": component_tags(settings.common.tags, COMPONENT, workload=settings.model_name),
    }


def group_policy(settings: GroupSettings) -> arguments.ModelPackageGroupPolicy | None:
    """Return what other accounts may do with the group: read it, or register versions. None without such accounts.

    https://docs.aws.amazon.com/sagemaker/latest/dg/model-registry-version.html, "Register a Model Version from a
    Different AWS Account".
    """
    others = settings.others
    if not others.reader_ids:
        return None
    read = ["sagemaker:DescribeModelPackage", "sagemaker:DescribeModelPackageGroup", "sagemaker:ListModelPackages"]
    statements = [_allowed(settings, others.reader_ids, read, "ReadVersions")]
    if others.producer_ids:
        statements.append(_allowed(settings, others.producer_ids, ["sagemaker:CreateModelPackage"], "RegisterVersions"))
    return {"model_package_group_name": settings.group_name, "resource_policy": to_json(policy(statements))}


def _allowed(settings: GroupSettings, account_ids: Sequence[str], actions: Sequence[str], sid: str) -> Document:
    roots = settings.common.account.roots(account_ids)
    return resource_statement(roots, actions, [settings.group_arn, settings.versions_arn], sid=sid)
