"""The version that a component is pinned to, as it is looked up among the model packages."""

import pulumi

from pulumi_mlops._shared import names
from pulumi_mlops._shared.aws.account import AwsAccount
from pulumi_mlops._shared.aws.model_data import model_data_url
from pulumi_mlops._shared.aws.model_packages import package_arn
from pulumi_mlops._shared.documents import Document
from pulumi_mlops._shared.inputs import combine
from pulumi_mlops._shared.pinned_model import PinnedModel


def pinned_package(
    account: AwsAccount, group: pulumi.Input[str], bucket: pulumi.Input[str], model: PinnedModel
) -> Document:
    """Return what `PinnedModelPackage` takes.

    Args:
        account: Where the component is.
        group: The model package group: its name, or its ARN where it is another account's.
        bucket: The bucket that holds the group's models.
        model: The version.
    """

    def arn(group: str, version: str) -> str:
        return package_arn(names.model_package_group_arn(account, group), version)

    return {
        "region": account.region,
        "package_arn": combine(arn, group, model.version),
        "digest": model.digest,
        "model_data_url": combine(model_data_url, bucket, group, model.digest),
    }
