"""A model package group and who may read it, as the arguments of pulumi_aws' classes."""

from pulumi_mlops._shared.aws.account import AwsAccount
from pulumi_mlops._shared.aws.policies import policy, resource_statement
from pulumi_mlops._shared.aws.tags import component_tags
from pulumi_mlops._shared.documents import Document, to_json
from pulumi_mlops.model_registry._settings_sagemaker import GroupSettings

COMPONENT = "model-registry"


def group(settings: GroupSettings) -> Document:
    """Return the group that the model's versions are registered in."""
    return {
        "model_package_group_name": settings.group_name,
        "model_package_group_description": settings.description,
        "tags": component_tags(settings.common.tags, COMPONENT, workload=settings.model_name),
    }


def group_policy(settings: GroupSettings) -> Document | None:
    """Return what other accounts may do with the group: read it and its versions. None without such accounts."""
    if not settings.consumer_account_ids:
        return None
    region = settings.common.account.region
    read = resource_statement(
        [AwsAccount(account_id, region).root for account_id in settings.consumer_account_ids],
        ["sagemaker:DescribeModelPackage", "sagemaker:DescribeModelPackageGroup", "sagemaker:ListModelPackages"],
        [settings.group_arn, settings.versions_arn],
        sid="ReadVersions",
    )
    return {"model_package_group_name": settings.group_name, "resource_policy": to_json(policy([read]))}
