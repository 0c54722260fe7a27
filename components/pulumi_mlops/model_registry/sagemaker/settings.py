"""The arguments of a model's registry on SageMaker, checked and complete."""

from dataclasses import dataclass

import pulumi

from pulumi_mlops._shared import names
from pulumi_mlops._shared.arguments import Arguments
from pulumi_mlops._shared.aws import values
from pulumi_mlops._shared.aws.model_packages import package_arn
from pulumi_mlops._shared.aws.settings import (
    CommonSettings,
    OtherAccounts,
    read_common,
    read_other_accounts,
    resource_name,
)
from pulumi_mlops.model_registry.args import SageMakerModelRegistryArgs


@dataclass(frozen=True)
class GroupSettings:
    """Everything that the group's documents are made of."""

    common: CommonSettings
    model_name: str
    group_name: str
    description: pulumi.Input[str]
    others: OtherAccounts
    protect_data: bool

    @property
    def group_arn(self) -> str:
        """ARN of the group."""
        return names.model_package_group_arn(self.common.account, self.group_name)

    @property
    def versions_arn(self) -> str:
        """What matches the ARN of every version of the group."""
        return package_arn(self.group_arn, "*")


def resolve(name: str, args: SageMakerModelRegistryArgs) -> GroupSettings:
    """Check the arguments and fill in the defaults.

    Raises:
        ArgumentsError: With every problem of the plain values. Outputs are checked where they are used.
    """
    arguments = Arguments("SageMakerModelRegistry", name, args, SageMakerModelRegistryArgs)
    common = read_common(arguments)
    model_name = arguments.read("model_name", None, name)
    settings = GroupSettings(
        common=common,
        model_name=model_name,
        group_name=resource_name(arguments, common, model_name, path="model_name"),
        description=arguments.read("sagemaker.description", values.description, f"Versions of {model_name}"),
        others=read_other_accounts(arguments),
        protect_data=arguments.read("sagemaker.protect_data", None, True),  # noqa: FBT003 - the default
    )
    arguments.finish()
    return settings
