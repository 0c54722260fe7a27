"""What the workloads of one stack share on SageMaker: a bucket, and the place of their registry."""

from typing import Any

import pulumi

from pulumi_mlops._shared.aws.account import AwsAccount
from pulumi_mlops._shared.documents import without_none
from pulumi_mlops.config.graphs import load_graph
from pulumi_mlops.config.platform import AccountRegistry, OwnRegistry, PlatformConfig
from pulumi_mlops.config.sagemaker import SageMakerSettings
from pulumi_mlops.config.stack import StackConfig
from pulumi_mlops.storage.sagemaker import SageMakerStorage, bucket_name_of
from pulumi_mlops.workload import WorkloadArgs

STORAGE_NAME = "storage"
GROUP = "model-package-group"


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
        self._config = config
        self._settings = settings
        self._tags = tags
        self._account = AwsAccount(settings.account_id, settings.region)
        storage: Any = without_none(
            {
                "account_id": settings.account_id,
                "region": settings.region,
                "namespace": config.namespace,
                "kms_key_arn": settings.kms_key_arn,
                "consumer_account_ids": self._consumers(),
                "protect_data": settings.protect_data,
                "noncurrent_days": settings.noncurrent_version_days,
                "expire_days": settings.run_retention_days,
            }
        )
        self.storage = SageMakerStorage(STORAGE_NAME, {"sagemaker": storage, "tags": tags}, options)
        self.namespace = pulumi.Output.from_input(config.namespace)
        self.registry_url = pulumi.Output.from_input(self._registry_arn("*"))

    def workload_args(self, stack: StackConfig, name: str) -> WorkloadArgs:
        """Return the arguments of one of the stack's workloads on this platform.

        Args:
            stack: The stack's configuration.
            name: Name of the workload.
        """
        workload = stack.workloads[name]
        images = self._config.images
        own_pipeline = workload.pipeline.sagemaker
        pipeline: Any = {
            **workload.pipeline.model_dump(
                mode="json",
                exclude_none=True,
                exclude={"graph", "resources", "allowed_egress_cidrs", "sagemaker"},
            ),
            "graph": load_graph(stack.graph_of(name)).to_document(),
        }
        if own_pipeline is not None:
            pipeline["sagemaker"] = own_pipeline.model_dump(mode="json", exclude_none=True, exclude_unset=True)
        args: Any = {
            "environment": self._config.environment,
            "pipeline_image": images.pipeline,
            "serving_image": images.serving,
            "pipeline": pipeline,
            "endpoint": _endpoint(stack, name),
            "tags": self._tags,
            "sagemaker": self._sagemaker_args(name),
        }
        if workload.model is not None:
            args["model"] = _pin(workload.model)
        checked: WorkloadArgs = args
        return checked

    def _sagemaker_args(self, workload: str) -> Any:
        settings, registry = self._settings, self._config.registry
        elsewhere = isinstance(registry, AccountRegistry)
        return without_none(
            {
                "account_id": settings.account_id,
                "region": settings.region,
                "namespace": self._config.namespace,
                "bucket_name": self.storage.bucket_name,
                "kms_key_arn": settings.kms_key_arn,
                "permissions_boundary_arn": settings.permissions_boundary_arn,
                "subnet_ids": list(settings.subnet_ids) or None,
                "security_group_ids": list(settings.security_group_ids) or None,
                "model_package_group": self._registry_arn(workload) if elsewhere else None,
                "model_data_bucket": self._registry_bucket() if elsewhere else None,
                "consumer_account_ids": None if elsewhere else self._consumers(),
                "protect_data": settings.protect_data,
            }
        )

    def _consumers(self) -> list[str] | None:
        registry = self._config.registry
        return list(registry.consumer_account_ids) or None if isinstance(registry, OwnRegistry) else None

    def _registry_arn(self, workload: str) -> str:
        registry = self._config.registry
        elsewhere = isinstance(registry, AccountRegistry)
        account_id = registry.account_id if elsewhere else self._settings.account_id
        namespace = registry.namespace if elsewhere else self._config.namespace
        return self._account.arn("sagemaker", f"{GROUP}/{namespace}-{workload}", account_id=account_id)

    def _registry_bucket(self) -> str | None:
        registry = self._config.registry
        if not isinstance(registry, AccountRegistry):
            return None
        return bucket_name_of(registry.namespace, AwsAccount(registry.account_id, self._settings.region))


def _endpoint(stack: StackConfig, name: str) -> Any:
    endpoint = stack.workloads[name].endpoint
    args: dict[str, Any] = {}
    if endpoint.sagemaker is None or endpoint.sagemaker.serverless is None:
        args |= {"replicas_min": endpoint.replicas.min, "replicas_max": endpoint.replicas.max}
    if endpoint.rollout_timeout_seconds is not None:
        args["rollout_timeout_seconds"] = endpoint.rollout_timeout_seconds
    if endpoint.rollout is not None:
        args["rollout"] = endpoint.rollout.model_dump(mode="json")
    if endpoint.sagemaker is not None:
        args["sagemaker"] = endpoint.sagemaker.model_dump(mode="json", exclude_none=True, exclude_unset=True)
        shadow = endpoint.sagemaker.shadow
        if shadow is not None:
            args["sagemaker"]["shadow"]["model"] = _pin(shadow.model)
    return args


def _pin(model: Any) -> dict[str, str]:
    return {"version": str(model.version), "digest": model.digest}
