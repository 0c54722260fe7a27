"""What the workloads of one stack share on SageMaker: a bucket, and the place of their registry."""

from typing import Any

import pulumi

from pulumi_mlops.model_registry.sagemaker.storage.component import SageMakerStorage
from pulumi_mlops.stack import arguments
from pulumi_mlops.stack.platform.config import PlatformConfig, SageMakerSettings

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
        args: Any = arguments.storage_args(config, settings)
        self.storage = SageMakerStorage(STORAGE_NAME, {"sagemaker": args, "tags": tags}, options)
        self.namespace = pulumi.Output.from_input(config.namespace)
        self.registry = pulumi.Output.from_input(arguments.registry_arn(config, settings, "*"))
