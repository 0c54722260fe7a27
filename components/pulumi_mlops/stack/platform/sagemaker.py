"""What the workloads of one stack share on SageMaker: a bucket, and the place of their registry."""

import pulumi

from pulumi_mlops.model_registry.sagemaker.storage.component import SageMakerStorage
from pulumi_mlops.stack import sagemaker_args
from pulumi_mlops.stack.model import StackConfig
from pulumi_mlops.stack.platform.config import PlatformConfig
from pulumi_mlops.stack.sagemaker import SageMakerSettings
from pulumi_mlops.stack.workload.component import WorkloadArgs

STORAGE_NAME = "storage"


class SageMakerPlatform:
    """A stack's bucket, and where its models are registered: in groups of its own, or in another stack's."""

    def __init__(
        self,
        config: PlatformConfig,
        settings: SageMakerSettings,
        tags: dict[str, pulumi.Input[str]],
        options: pulumi.ResourceOptions,
    ) -> None:
        """Declare the bucket.

        Args:
            config: The settings under `mlops:platform`.
            settings: Those of them that only this target has.
            tags: Tags of everything in the stack.
            options: Options of what is created.
        """
        self._settings = settings
        self._tags = tags
        args = sagemaker_args.storage_args(config, settings)
        self.storage = SageMakerStorage(STORAGE_NAME, {"sagemaker": args, "tags": tags}, options)
        self.namespace = pulumi.Output.from_input(config.namespace)
        self.registry_url = pulumi.Output.from_input(sagemaker_args.registry_arn(config, settings, "*"))

    def workload_args(self, stack: StackConfig, name: str) -> WorkloadArgs:
        """Return the arguments of one of the stack's workloads on this platform.

        Args:
            stack: The stack's configuration.
            name: Name of the workload.
        """
        return sagemaker_args.workload_args(stack, name, self._settings, self.storage.bucket_name, self._tags)
