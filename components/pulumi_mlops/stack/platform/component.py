"""What the workloads of one stack share: a namespace, and a model registry of its own or another's."""

from typing import TYPE_CHECKING, Any

import pulumi

from pulumi_mlops._shared.documents import Document
from pulumi_mlops._shared.kubernetes import labels
from pulumi_mlops.model_registry.args import KubernetesRegistryArgs
from pulumi_mlops.stack.graphs import load_graph
from pulumi_mlops.stack.load import StackSecrets
from pulumi_mlops.stack.model import StackConfig
from pulumi_mlops.stack.platform.config import ExistingRegistry, OwnRegistry, PlatformConfig, S3Artifacts
from pulumi_mlops.stack.workload.component import WorkloadArgs

if TYPE_CHECKING:
    from pulumi_mlops.model_registry.kubernetes.component import KubernetesModelRegistry

REGISTRY_NAME = "mlflow"
NOT_ON_KUBERNETES = {"replicas", "sagemaker", "rollout"}
POD_SECURITY_MODES = ("enforce", "audit", "warn")


class Platform(pulumi.ComponentResource):
    """A stack's namespace and registry, made from its configuration."""

    namespace: pulumi.Output[str]
    """The namespace, known once it exists."""
    registry_url: pulumi.Output[str]
    """Address of the registry, known once it answers."""

    def __init__(
        self, name: str, config: PlatformConfig, secrets: StackSecrets, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Declare what a stack's workloads share.

        Args:
            name: Name of the component.
            config: The settings under `mlops:platform`.
            secrets: The stack's secrets.
            opts: Options of the component; a provider of the target among them is used for everything in it.
        """
        super().__init__("mlops:index:Platform", name, {}, opts)
        self._config = config
        self._sagemaker: Any = None
        self.tags: dict[str, pulumi.Input[str]] = {"environment": config.environment, "owner": config.owner}
        """Tags of everything in the stack."""
        children = pulumi.ResourceOptions(parent=self)
        self.registry: KubernetesModelRegistry | None = None
        """The stack's own registry on Kubernetes. None where it uses another's, and on SageMaker."""
        if config.sagemaker is not None:
            from pulumi_mlops.stack.platform.sagemaker import SageMakerPlatform  # noqa: PLC0415 - a large library

            on_sagemaker = self._sagemaker = SageMakerPlatform(config, config.sagemaker, self.tags, children)
            self.namespace, self.registry_url = on_sagemaker.namespace, on_sagemaker.registry_url
        else:
            self._on_kubernetes(name, config, secrets, children)
        self.register_outputs({"namespace": self.namespace, "registry_url": self.registry_url})

    def _on_kubernetes(
        self, name: str, config: PlatformConfig, secrets: StackSecrets, children: pulumi.ResourceOptions
    ) -> None:
        from pulumi_mlops._shared.kubernetes import protection  # noqa: PLC0415 - a large library, of this target alone
        from pulumi_mlops._shared.kubernetes.create import create  # noqa: PLC0415
        from pulumi_mlops.model_registry.kubernetes.component import KubernetesModelRegistry  # noqa: PLC0415

        # A namespace takes everything in it along. Every other resource waits for this one, so an update that would
        # replace it is refused before anything has changed.
        holds_data = isinstance(config.registry, OwnRegistry) and config.registry.protect_data
        options = protection.options(self, is_protected=holds_data)
        namespace = create(name, _namespace(config, self.tags), options)
        self.namespace = namespace.metadata.apply(lambda metadata: str(metadata["name"]))
        if isinstance(config.registry, OwnRegistry):
            args = self._registry_args(config.registry, secrets)
            self.registry = KubernetesModelRegistry(REGISTRY_NAME, {"kubernetes": args, "tags": self.tags}, children)
            self.registry_url = self.registry.url
        elif isinstance(config.registry, ExistingRegistry):
            self.registry_url = pulumi.Output.from_input(config.registry.url)

    def workload_args(self, stack: StackConfig, name: str) -> WorkloadArgs:
        """Return the arguments of one of the stack's workloads on this platform.

        Args:
            stack: The stack's configuration.
            name: Name of the workload.
        """
        if self._sagemaker is not None:
            args: WorkloadArgs = self._sagemaker.workload_args(stack, name)
            return args
        workload = stack.workloads[name]
        pipeline: Any = {
            **workload.pipeline.model_dump(mode="json", exclude_none=True, exclude={"graph", "sagemaker"}),
            "graph": load_graph(stack.graph_of(name)).to_document(),
        }
        replicas = workload.endpoint.replicas
        endpoint: Any = {
            **workload.endpoint.model_dump(mode="json", exclude_none=True, exclude=NOT_ON_KUBERNETES),
            "replicas_min": replicas.min,
            "replicas_max": replicas.max,
        }
        on_kubernetes: WorkloadArgs = {
            "environment": self._config.environment,
            "registry_url": self.registry_url,
            "pipeline_image": self._config.images.pipeline,
            "serving_image": self._config.images.serving,
            "pipeline": pipeline,
            "endpoint": endpoint,
            "tags": self.tags,
            "kubernetes": {"namespace": self.namespace, "image_pull_secret_names": self._image_pull_secret_names()},
        }
        if workload.model is not None:
            on_kubernetes["model"] = {"version": str(workload.model.version), "digest": workload.model.digest}
        return on_kubernetes

    def _registry_args(self, registry: OwnRegistry, secrets: StackSecrets) -> KubernetesRegistryArgs:
        images = self._config.images
        artifacts: Any = (
            {"artifacts_s3": _s3_args(registry.artifacts)}
            if isinstance(registry.artifacts, S3Artifacts)
            else {"artifacts_volume_gib": registry.artifacts.volume_gib}
        )
        kubernetes = self._config.kubernetes
        optional = {
            "database_image": images.postgres,
            "database_password": secrets.registry_database_password,
            "storage_class_name": None if kubernetes is None else kubernetes.storage_class,
        }
        args: Any = {
            "namespace": self.namespace,
            "image": images.registry,
            "database": registry.database.value,
            "database_volume_gib": registry.database_volume_gib,
            "allowed_namespaces": list(registry.allowed_namespaces),
            "replicas": registry.replicas,
            "protect_data": registry.protect_data,
            "service_account_annotations": dict(registry.service_account_annotations),
            "image_pull_secret_names": self._image_pull_secret_names(),
            **artifacts,
            **{key: value for key, value in optional.items() if value is not None},
        }
        checked: KubernetesRegistryArgs = args
        return checked

    def _image_pull_secret_names(self) -> list[pulumi.Input[str]]:
        return [] if self._config.kubernetes is None else list(self._config.kubernetes.image_pull_secrets)


def _s3_args(artifacts: S3Artifacts) -> dict[str, str]:
    args = {
        "uri": artifacts.s3_uri,
        "endpoint_url": artifacts.s3_endpoint_url,
        "credentials_secret_name": artifacts.credentials_secret,
    }
    return {key: value for key, value in args.items() if value is not None}


def _namespace(config: PlatformConfig, tags: dict[str, pulumi.Input[str]]) -> Document:
    """Return the namespace. Kubernetes itself refuses pods in it that fall short of its `restricted` standard."""
    security = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in POD_SECURITY_MODES}
    common = {"app.kubernetes.io/part-of": labels.PART_OF, "app.kubernetes.io/managed-by": "pulumi"}
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": config.namespace, "labels": labels.tag_labels(tags) | common | security},
    }
