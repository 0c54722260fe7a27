"""A model's registry on SageMaker."""

import pulumi
import pulumi_aws as aws

from pulumi_mlops.dynamic.registered_versions import RegisteredVersions
from pulumi_mlops.model_registry.args import SageMakerModelRegistryArgs
from pulumi_mlops.model_registry.sagemaker import render
from pulumi_mlops.model_registry.sagemaker.settings import resolve


class SageMakerModelRegistry(pulumi.ComponentResource):
    """A model package group: the registry of one model, whose versions a pipeline adds and a person approves."""

    registry_id: pulumi.Output[str]
    """ARN of the group, known once it exists and those who may read it can."""

    def __init__(self, name: str, args: SageMakerModelRegistryArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Declare the registry of one model.

        Args:
            name: Name in Pulumi, and of the model if `model_name` does not give another.
            args: See `SageMakerModelRegistryArgs`.
            opts: Options of the component; an AWS provider among them is used for everything in it.

        Raises:
            ArgumentsError: With everything that is wrong with the arguments.
        """
        super().__init__("mlops:index:SageMakerModelRegistry", name, {}, opts)
        settings = resolve(name, args)
        # Whoever forces a protected group out of the stack still does not delete its versions.
        protected = pulumi.ResourceOptions(
            parent=self,
            protect=settings.protect_data,
            retain_on_delete=settings.protect_data,
            # AWS cannot change it: another text would ask for another group.
            ignore_changes=["modelPackageGroupDescription"],
        )
        self.group: aws.sagemaker.ModelPackageGroup = aws.sagemaker.ModelPackageGroup(
            name, **render.group(settings), opts=protected
        )
        """The group."""
        # A group is deleted only when it is empty. A protected one stays, and so do its versions.
        versions = RegisteredVersions(
            f"{name}-versions",
            {"region": settings.common.account.region, "group_name": self.group.model_package_group_name},
            pulumi.ResourceOptions(parent=self, retain_on_delete=settings.protect_data),
        )
        self.group_name: pulumi.Output[str] = versions.group_name
        """Name of the group. What uses it is deleted before the group's versions are."""
        needed: list[pulumi.Output[str]] = [self.group.model_package_group_name]
        policy = render.group_policy(settings)
        if policy is not None:
            waiting = pulumi.ResourceOptions(parent=self, depends_on=[self.group])
            shared = aws.sagemaker.ModelPackageGroupPolicy(name, **policy, opts=waiting)
            needed.append(shared.model_package_group_name)
        # The ARN is known in a preview, and whoever uses it waits for the group.
        self.registry_id = pulumi.Output.all(*needed).apply(lambda _: settings.group_arn)
        self.register_outputs({"registry_id": self.registry_id})
