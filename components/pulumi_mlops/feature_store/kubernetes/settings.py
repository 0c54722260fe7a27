"""A feature store's arguments on Kubernetes, checked and complete."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

from mlops_runtime.features.definition import FeatureView
from pulumi_mlops._shared import names, values
from pulumi_mlops._shared.arguments import Arguments, ArgumentsError
from pulumi_mlops._shared.aws import values as aws_values
from pulumi_mlops.feature_store import settings as neutral
from pulumi_mlops.feature_store.args import KubernetesFeatureStoreArgs

COMPONENT = "KubernetesFeatureStore"
S3 = "s3://"
CLAIM = "pvc://"
_OF_S3 = ("s3_endpoint_url", "s3_region", "s3_credentials_secret_name")


@dataclass(frozen=True, kw_only=True)
class FeatureStoreSettings(neutral.NeutralFeatureStoreSettings):
    """Everything that the store's documents are made of."""

    namespace: pulumi.Input[str]
    image: pulumi.Input[str]
    online_store_image: pulumi.Input[str]
    replicas_min: int
    replicas_max: int
    cpu: str
    memory: str
    target_cpu_percent: int
    online_store_password_secret_name: pulumi.Input[str]
    online_store_cpu: str
    online_store_memory: str
    online_store_volume_gib: int
    materialisation_cpu: str
    materialisation_memory: str
    s3_endpoint_url: str | None
    s3_region: str | None
    s3_credentials_secret_name: pulumi.Input[str] | None
    storage_class_name: pulumi.Input[str] | None
    allowed_namespaces: Sequence[pulumi.Input[str]]
    pod_annotations: Mapping[str, pulumi.Input[str]]
    service_account_annotations: Mapping[str, pulumi.Input[str]]
    image_pull_secret_names: Sequence[pulumi.Input[str]]
    cluster_assigned_user: bool

    @property
    def uses_s3(self) -> bool:
        """Whether any view that is brought online is in a bucket."""
        return uses_s3(self.online_views)

    @property
    def claims(self) -> Sequence[str]:
        """The PersistentVolumeClaims that hold sources of views that are brought online."""
        sources = [view.source for view in self.online_views if view.source.startswith(CLAIM)]
        return sorted({source.removeprefix(CLAIM).partition("/")[0] for source in sources})


def uses_s3(views: Sequence[FeatureView]) -> bool:
    """Tell whether any of the views reads from a bucket."""
    return any(view.source.startswith(S3) for view in views)


def resolve(name: str, args: KubernetesFeatureStoreArgs) -> FeatureStoreSettings:
    """Check the arguments and fill in the defaults.

    Raises:
        ArgumentsError: With every problem of the plain values. Outputs are checked where they are used.
    """
    arguments = Arguments(COMPONENT, name, args, KubernetesFeatureStoreArgs)
    read = arguments.read
    everywhere = neutral.read_neutral(arguments, name, location=values.table_location)
    least = arguments.number("kubernetes.replicas_min", neutral.REPLICAS)
    most = int(read("kubernetes.replicas_max", neutral.REPLICAS, least))
    if least > most and arguments.sound("kubernetes.replicas_min", "kubernetes.replicas_max"):
        expected = f"at most replicas_max ({most})"
        arguments.add("kubernetes.replicas_min", least, expected, "lower it, or raise replicas_max")
    here = {
        "namespace": read("kubernetes.namespace", values.namespace),
        "image": read("kubernetes.image", values.image),
        "online_store_image": read("kubernetes.online_store_image", values.image),
        "replicas_min": least,
        "replicas_max": most,
        "target_cpu_percent": arguments.number("kubernetes.target_cpu_percent", neutral.TARGET_CPU_PERCENT),
        "online_store_password_secret_name": read(
            "kubernetes.online_store_password_secret_name", values.object_name, names.online_store_of(name)
        ),
        "online_store_volume_gib": arguments.number("kubernetes.online_store_volume_gib", neutral.VOLUME_GIB),
        **_resources(arguments),
        "s3_endpoint_url": read("kubernetes.s3_endpoint_url", values.reachable_url),
        "s3_region": read("kubernetes.s3_region", aws_values.region),
        "s3_credentials_secret_name": read("kubernetes.s3_credentials_secret_name", values.object_name),
        "storage_class_name": read("kubernetes.storage_class_name", values.object_name),
        "allowed_namespaces": arguments.items("kubernetes.allowed_namespaces", values.namespace),
        "pod_annotations": arguments.mapping("kubernetes.pod_annotations", values.annotation_key),
        "service_account_annotations": arguments.mapping(
            "kubernetes.service_account_annotations", values.annotation_key
        ),
        "image_pull_secret_names": arguments.items("kubernetes.image_pull_secret_names", values.object_name),
        "cluster_assigned_user": bool(read("kubernetes.cluster_assigned_user", default=False)),
    }
    if everywhere is None:
        raise ArgumentsError(COMPONENT, name, arguments.problems)
    if not uses_s3(everywhere.online_views):
        for key in _OF_S3:
            if (given := read(f"kubernetes.{key}")) is not None:
                expected = "no setting of S3: no view that is online is in a bucket"
                arguments.add(f"kubernetes.{key}", given, expected, "remove it")
    arguments.finish()
    return FeatureStoreSettings(**vars(everywhere), **here)


def _resources(arguments: Arguments) -> dict[str, str]:
    cpus = {
        "cpu": neutral.DEFAULT_CPU,
        "online_store_cpu": neutral.DEFAULT_ONLINE_STORE_CPU,
        "materialisation_cpu": neutral.DEFAULT_MATERIALISATION_CPU,
    }
    memories = {
        "memory": neutral.DEFAULT_MEMORY,
        "online_store_memory": neutral.DEFAULT_ONLINE_STORE_MEMORY,
        "materialisation_memory": neutral.DEFAULT_MATERIALISATION_MEMORY,
    }
    read = arguments.read
    return {
        **{key: read(f"kubernetes.{key}", values.cpu, default) for key, default in cpus.items()},
        **{key: read(f"kubernetes.{key}", values.memory, default) for key, default in memories.items()},
    }
