"""What the workloads of one stack share: a namespace, and a model registry of its own or another's."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pulumi

from pulumi_mlops._shared import names
from pulumi_mlops._shared.documents import Document
from pulumi_mlops._shared.kubernetes import labels
from pulumi_mlops.feature_store.args import SageMakerFeatureStoreArgs
from pulumi_mlops.model_registry.args import RegistryDatabase
from pulumi_mlops.model_registry.config import ExistingRegistry, OwnRegistry
from pulumi_mlops.stack import arguments
from pulumi_mlops.stack.load import StackSecrets
from pulumi_mlops.stack.model import StackConfig
from pulumi_mlops.stack.platform.config import PlatformConfig
from pulumi_mlops.stack.workload.args import WorkloadArgs

if TYPE_CHECKING:
    from pulumi_mlops.model_registry.kubernetes.component import KubernetesModelRegistry

POD_SECURITY_MODES = ("enforce", "audit", "warn")


class Platform(pulumi.ComponentResource):
    """A stack's namespace and registry, made from its configuration."""

    namespace: pulumi.Output[str]
    """The namespace, known once it exists."""
    registry_id: pulumi.Output[str]
    """The registry: an address on Kubernetes, known once it answers; on SageMaker the ARN of model package groups."""

    def __init__(
        self,
        name: str,
        config: PlatformConfig,
        secrets: StackSecrets,
        opts: pulumi.ResourceOptions | None = None,
        *,
        keeps_rows: bool = False,
    ) -> None:
        """Declare what a stack's workloads share.

        Args:
            name: Name of the component.
            config: The settings under `mlops:platform`.
            secrets: The stack's secrets.
            opts: Options of the component; a provider of the target among them is used for everything in it.
            keeps_rows: Whether a feature store of the stack keeps rows in the namespace that are protected.
        """
        super().__init__("mlops:index:Platform", name, {}, opts)
        self._bucket_name: pulumi.Output[str] | None = None
        self.tags: dict[str, pulumi.Input[str]] = {"environment": config.environment, "owner": config.owner}
        """Tags of everything in the stack."""
        children = pulumi.ResourceOptions(parent=self)
        self.registry: KubernetesModelRegistry | None = None
        """The stack's own registry on Kubernetes. None where it uses another's, and on SageMaker."""
        if config.sagemaker is not None:
            from pulumi_mlops.stack.platform.sagemaker import SageMakerPlatform  # noqa: PLC0415 - a large library

            on_sagemaker = SageMakerPlatform(config, config.sagemaker, self.tags, children)
            self.namespace, self.registry_id = on_sagemaker.namespace, on_sagemaker.registry
            self._bucket_name = on_sagemaker.storage.bucket_name
        else:
            self._on_kubernetes(name, config, secrets, children, keeps_rows=keeps_rows)
        self.register_outputs({"namespace": self.namespace, "registry_id": self.registry_id})

    def _on_kubernetes(
        self,
        name: str,
        config: PlatformConfig,
        secrets: StackSecrets,
        children: pulumi.ResourceOptions,
        *,
        keeps_rows: bool,
    ) -> None:
        from pulumi_mlops._shared.kubernetes import protection  # noqa: PLC0415 - a large library, of this target alone
        from pulumi_mlops._shared.kubernetes.create import create  # noqa: PLC0415
        from pulumi_mlops.model_registry.kubernetes.component import KubernetesModelRegistry  # noqa: PLC0415

        # A namespace takes everything in it along. Every other resource waits for this one, so an update that would
        # replace it is refused before anything has changed.
        holds_data = keeps_rows or (isinstance(config.registry, OwnRegistry) and config.registry.protect_data)
        options = protection.options(self, is_protected=holds_data)
        namespace = create(name, _namespace(config, self.tags), options)
        self.namespace = namespace.metadata.apply(lambda metadata: str(metadata["name"]))
        if isinstance(config.registry, OwnRegistry):
            args: Any = arguments.registry_args(config, config.registry, self.namespace)
            # It may have been set before the setting that needs it.
            is_used = config.registry.database is RegistryDatabase.POSTGRESQL
            if is_used and secrets.registry_database_password is not None:
                args["database_password"] = secrets.registry_database_password
            self.registry = KubernetesModelRegistry(names.REGISTRY, {"kubernetes": args, "tags": self.tags}, children)
            self.registry_id = self.registry.url
        elif isinstance(config.registry, ExistingRegistry):
            self.registry_id = pulumi.Output.from_input(config.registry.url)

    def workload_args(
        self, stack: StackConfig, name: str, lookup_urls: Mapping[str, pulumi.Input[str]] | None = None
    ) -> WorkloadArgs:
        """Return the arguments of one of the stack's workloads on this platform.

        Args:
            stack: The stack's configuration.
            name: Name of the workload.
            lookup_urls: On kubernetes: the address of each feature store, known once it answers.
        """
        if self._bucket_name is not None:
            return arguments.workload_args(stack, name, self.tags, bucket_name=self._bucket_name)
        here = {"registry_url": self.registry_id, "namespace": self.namespace}
        return arguments.workload_args(stack, name, self.tags, **here, lookup_urls=lookup_urls)

    def sagemaker_feature_store_args(self, stack: StackConfig, name: str) -> SageMakerFeatureStoreArgs:
        """Return the arguments of one of the stack's feature stores on this platform, which is SageMaker's.

        Args:
            stack: The stack's configuration.
            name: Name of the store.

        Raises:
            ValueError: When it is not.
        """
        settings = stack.platform.sagemaker
        if settings is None or self._bucket_name is None:
            raise ValueError(f"feature store {name}: got a platform on kubernetes, expected one on sagemaker")
        return arguments.sagemaker_feature_store_args(stack, name, self.tags, settings, self._bucket_name)


def _namespace(config: PlatformConfig, tags: dict[str, pulumi.Input[str]]) -> Document:
    """Return the namespace. Kubernetes itself refuses pods in it that fall short of its `restricted` standard."""
    security = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in POD_SECURITY_MODES}
    common = {"app.kubernetes.io/part-of": labels.PART_OF, "app.kubernetes.io/managed-by": "pulumi"}
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": config.namespace, "labels": labels.tag_labels(tags) | common | security},
    }
