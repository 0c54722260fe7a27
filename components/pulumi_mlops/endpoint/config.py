"""An endpoint in a stack file: the tree of `EndpointArgs`, with lines and strictness."""

from typing import Annotated

from pydantic import Field

from pulumi_mlops._shared.aws import values as aws_values
from pulumi_mlops._shared.aws.values import EcrImage, InstanceType, TopicArn
from pulumi_mlops._shared.config_model import Model
from pulumi_mlops._shared.kubernetes.scheduling import settings as scheduling
from pulumi_mlops._shared.kubernetes.scheduling.config import AcceleratorConfig, KubernetesSchedulingConfig
from pulumi_mlops._shared.model_pin import ModelPin
from pulumi_mlops._shared.values import (
    AddressRange,
    AnnotationKey,
    CodeFormat,
    CpuQuantity,
    MemoryQuantity,
    Name,
    StoreName,
    ViewName,
)
from pulumi_mlops.endpoint import lookup, settings
from pulumi_mlops.endpoint.args import FeaturesUnavailable, InferenceAmiVersion, RolloutStrategy
from pulumi_mlops.endpoint.kubernetes import settings as kubernetes
from pulumi_mlops.endpoint.sagemaker import limits


class RolloutConfig(Model):
    """How traffic moves from one version to the next."""

    strategy: Annotated[RolloutStrategy, Field(strict=False)] = RolloutStrategy.ALL_AT_ONCE
    """Traffic routing: all_at_once, canary (a part first, then the rest) or linear (equal parts). Defaults to
    all_at_once. canary and linear need alarms."""

    step_percent: Annotated[int, limits.STEP_PERCENT] = limits.STEP_PERCENT.default
    """Percent of the instances that get traffic first (canary) or in each step (linear: 10 or more). Defaults to
    10."""

    bake_seconds: Annotated[int, limits.BAKE_SECONDS] = limits.BAKE_SECONDS.default
    """Baking period: how long the alarms are watched after each step, before the old instances are terminated. Defaults
    to 120."""


class AlarmsConfig(Model):
    """CloudWatch alarms of an endpoint. One that goes off during a rollout rolls it back."""

    latency_p99_milliseconds: Annotated[int, limits.LATENCY_P99_MILLISECONDS] | None = None
    """p99 model latency above which the alarm goes off. Defaults to no alarm."""

    server_error_percent: Annotated[float, limits.PERCENT] | None = None
    """5xx error rate, in percent, above which the alarm goes off. Defaults to 99: an alarm when all requests fail."""

    client_error_percent: Annotated[float, limits.PERCENT] | None = None
    """4xx error rate, in percent, above which the alarm goes off. Defaults to no alarm."""

    model_errors_max: Annotated[int, limits.MODEL_ERRORS] | None = None
    """Model errors a minute (InvocationModelErrors) above which the alarm goes off. Defaults to no alarm, and to 0 with
    asynchronous inference."""

    topic_arns: Annotated[tuple[TopicArn, ...], Field(strict=False)] = ()
    """SNS topics that are notified when an alarm goes off and when it returns to OK. Defaults to none."""


class ShadowConfig(Model):
    """Shadow variant: a second version that gets a copy of the requests, and whose responses are discarded."""

    model: ModelPin
    """The version that the shadow variant serves."""

    image: EcrImage | None = None
    """Image of its model server. Defaults to the workload's serving image."""

    sampling_percent: Annotated[int, limits.SAMPLING_PERCENT] = limits.SAMPLING_PERCENT.default
    """Percent of the requests that are copied to it. Defaults to 100."""

    instance_type: InstanceType | None = None
    """Its instance type. Defaults to the endpoint's."""

    instance_count: Annotated[int, limits.INSTANCE_COUNT] = limits.INSTANCE_COUNT.default
    """Its number of instances. Defaults to 1."""


class ServerlessConfig(Model):
    """Serverless inference: an endpoint without instances. AWS cannot convert one kind of endpoint into the other."""

    memory_mib: Annotated[int, aws_values.serverless_memory_mib] = limits.DEFAULT_SERVERLESS_MEMORY_MIB
    """Memory size in MiB: 1024, 2048, 3072, 4096, 5120 or 6144. Defaults to 2048."""

    max_concurrency: Annotated[int, limits.SERVERLESS_CONCURRENCY] = limits.SERVERLESS_CONCURRENCY.default
    """Maximum concurrency: the most concurrent requests, 1 to 200. Defaults to 5."""

    provisioned_concurrency: Annotated[int, limits.PROVISIONED_CONCURRENCY] | None = None
    """Provisioned concurrency: how many concurrent requests AWS keeps warm capacity for. Defaults to none."""


class AsynchronousConfig(Model):
    """Asynchronous inference: the endpoint reads requests from the bucket and writes responses to it."""

    max_concurrent_per_instance: Annotated[int, limits.CONCURRENT_PER_INSTANCE] = limits.CONCURRENT_PER_INSTANCE.default
    """The most concurrent requests that SageMaker sends to an instance, 1 to 1000. Defaults to 1."""

    backlog_per_instance_target: Annotated[int, limits.BACKLOG_PER_INSTANCE] = limits.BACKLOG_PER_INSTANCE.default
    """Target tracking: queued requests per instance (ApproximateBacklogSizePerInstance) above which the autoscaler adds
    an instance. Defaults to 5."""

    success_topic_arn: TopicArn | None = None
    """SNS topic that is notified of each response. Defaults to none."""

    error_topic_arn: TopicArn | None = None
    """SNS topic that is notified of each failed request. Defaults to none."""


class DataCaptureConfig(Model):
    """Data capture: SageMaker stores requests and responses in the bucket."""

    sampling_percent: Annotated[int, limits.SAMPLING_PERCENT] = limits.SAMPLING_PERCENT.default
    """Percent of the requests that are stored with their responses. Defaults to 100."""


class ServingAcceleratorConfig(AcceleratorConfig):
    """Accelerators of each pod, and what of a model fits them."""

    memory_gib: Annotated[int, kubernetes.ACCELERATOR_MEMORY_GIB] | None = None
    """Memory of each accelerator in GiB. A model whose files and cache are larger than the memory of all of them is
    refused before it is loaded. Defaults to not known: the model's files are not held against it."""


class KubernetesServingConfig(KubernetesSchedulingConfig):
    """Settings of an endpoint on the target kubernetes only."""

    cpu: CpuQuantity = kubernetes.DEFAULT_CPU
    """CPU request of each pod, in cores, like "2" or "500m". There is no CPU limit. Defaults to "500m"."""

    memory: MemoryQuantity = kubernetes.DEFAULT_MEMORY
    """Memory request and limit of each pod. Defaults to 512Mi."""

    target_cpu_percent: Annotated[int, kubernetes.TARGET_CPU_PERCENT] = kubernetes.TARGET_CPU_PERCENT.default
    """Target CPU utilisation, in percent of the pod's request, above which the autoscaler adds a pod. Defaults to
    70."""

    drain_seconds: Annotated[int, kubernetes.DRAIN_SECONDS] | None = None
    """How long a terminating pod may take to finish the requests that it is processing; no less than
    request_timeout_seconds. Defaults to request_timeout_seconds."""

    allowed_namespaces: Annotated[tuple[Name, ...] | None, Field(strict=False)] = None
    """NetworkPolicy: namespaces whose pods may call the endpoint, besides its own. Defaults to all namespaces of the
    cluster."""

    allowed_ingress_cidrs: Annotated[tuple[AddressRange, ...], Field(strict=False)] = ()
    """Address ranges (CIDR) that may call the endpoint besides pods, like a load balancer's or the nodes' own.
    Defaults to none."""

    model_volume_gib: Annotated[int, kubernetes.MODEL_VOLUME_GIB] = kubernetes.MODEL_VOLUME_GIB.default
    """Size in GiB of the volume that each pod fetches the model to, on the node's disk. Defaults to 4."""

    accelerator: ServingAcceleratorConfig | None = None
    """Accelerators of each pod. A new pod of a rollout needs free ones before an old one leaves. Defaults to none."""

    shared_memory_gib: Annotated[int, scheduling.SHARED_MEMORY_GIB] | None = None
    """Size in GiB of a volume in memory at /dev/shm. It is a part of memory. Defaults to the container runtime's
    64 MiB."""

    pod_annotations: dict[AnnotationKey, str] = Field(default={})
    """Annotations of the pods, the truth check's among them, like sidecar.istio.io/inject. Another value is a
    rollout. Defaults to none."""

    service_account_annotations: dict[AnnotationKey, str] = Field(default={})
    """Annotations of the pods' ServiceAccount that give them a cloud identity, like eks.amazonaws.com/role-arn.
    Defaults to none."""


class SageMakerServingConfig(Model):
    """Settings of an endpoint on the target sagemaker only."""

    instance_type: InstanceType = limits.DEFAULT_INSTANCE_TYPE
    """The endpoint's instance type. Defaults to ml.m5.large."""

    model_data_download_timeout_seconds: Annotated[int, limits.MODEL_DATA_DOWNLOAD_TIMEOUT_SECONDS] | None = None
    """How long an instance may take to download and extract the model, 60 to 3600, and no longer than
    rollout_timeout_seconds. Defaults to AWS's own."""

    container_startup_health_check_timeout_seconds: (
        Annotated[int, limits.CONTAINER_STARTUP_HEALTH_CHECK_TIMEOUT_SECONDS] | None
    ) = None
    """How long a container may take from its start until it answers /ping, 60 to 3600, and no longer than
    rollout_timeout_seconds. Defaults to AWS's own."""

    inference_ami_version: Annotated[InferenceAmiVersion | None, Field(strict=False)] = None
    """Amazon Machine Image of instances with accelerators, and so the version of their driver. Defaults to AWS's
    own."""

    invocations_per_instance_target: Annotated[int, limits.INVOCATIONS_PER_INSTANCE] = (
        limits.INVOCATIONS_PER_INSTANCE.default
    )
    """Target tracking: requests a minute per instance (InvocationsPerInstance) above which the autoscaler adds an
    instance. Defaults to 500."""

    scale_in_cooldown_seconds: Annotated[int, limits.SCALE_IN_COOLDOWN_SECONDS] = (
        limits.SCALE_IN_COOLDOWN_SECONDS.default
    )
    """Scale-in cooldown: how long after a scaling activity the autoscaler removes no instance. Defaults to 300."""

    scale_out_cooldown_seconds: Annotated[int, limits.SCALE_OUT_COOLDOWN_SECONDS] = (
        limits.SCALE_OUT_COOLDOWN_SECONDS.default
    )
    """Scale-out cooldown: how long after adding instances the autoscaler adds no more. Defaults to 60."""

    alarms: AlarmsConfig | None = None
    """CloudWatch alarms. Defaults to one alarm, when all requests fail; to none with serverless inference."""

    shadow: ShadowConfig | None = None
    """Shadow variant: a second version that receives a copy of the requests. Defaults to none."""

    serverless: ServerlessConfig | None = None
    """Serverless inference, in place of instances. Defaults to instances."""

    asynchronous: AsynchronousConfig | None = None
    """Asynchronous inference: requests and responses are objects in the bucket. Defaults to real-time inference."""

    data_capture: DataCaptureConfig | None = None
    """Data capture: store requests and responses in the bucket. Defaults to no data capture."""

    superseded_configurations_kept: Annotated[int, limits.SUPERSEDED_CONFIGURATIONS_KEPT] = (
        limits.SUPERSEDED_CONFIGURATIONS_KEPT.default
    )
    """How many superseded endpoint configurations to keep for a manual rollback. Defaults to 2."""


class LookupConfig(Model):
    """How features are looked up that a request leaves out."""

    store: StoreName
    """The feature store, one of mlops:feature_stores."""

    views: Annotated[tuple[ViewName, ...], Field(strict=False)] = ()
    """Views to look up in, with their versions, like weather_v1. Defaults to all that are online."""

    timeout_milliseconds: Annotated[int, lookup.TIMEOUT_MILLISECONDS] = lookup.TIMEOUT_MILLISECONDS.default
    """How long a lookup may take, 1 to 60000. Defaults to 200."""

    when_unavailable: Annotated[FeaturesUnavailable, Field(strict=False)] = FeaturesUnavailable.REFUSE
    """What becomes of a request when the online store gives no answer in time: refuse (503) or nulls. Defaults to
    refuse."""


class EndpointConfig(Model):
    """How a workload's model is served."""

    replicas_min: Annotated[int, settings.REPLICAS] = settings.REPLICAS.default
    """Minimum number of replicas: pods on kubernetes, instances on sagemaker. Defaults to 1."""

    replicas_max: Annotated[int, settings.REPLICAS] | None = None
    """Maximum number of replicas that the autoscaler scales to. Defaults to replicas_min."""

    rollout_timeout_seconds: Annotated[int, settings.ROLLOUT_TIMEOUT_SECONDS] | None = None
    """How long a rollout may take before the update fails, starting a node and pulling the image included. On
    Kubernetes it is the progress deadline of each wave of pods (a quarter of them): 600 by default, 3600 at most. On
    SageMaker it covers the whole deployment: 1800 by default."""

    request_timeout_seconds: Annotated[int, settings.REQUEST_TIMEOUT_SECONDS] | None = None
    """Request timeout: how long the answer to a request may take, counted from when its head has been read. After that
    the server answers 504, or 408 if the request itself has not arrived whole. Defaults to 60, the most that real-time
    inference on SageMaker allows; to 3600 for asynchronous inference."""

    allow_code_formats: Annotated[tuple[CodeFormat, ...], Field(strict=False)] = ()
    """Formats of a model's files that may run code when the server loads them: pickle, cloudpickle, joblib,
    torch.save. A model that holds one of another name is not served. Defaults to none."""

    model_cache_gib: Annotated[int, settings.MODEL_CACHE_GIB] = settings.MODEL_CACHE_GIB.default
    """Memory in GiB that the model server keeps beside the model's weights, like the KV cache of a language model. A
    model that does not fit together with it is refused before it is loaded. Defaults to 0."""

    features: LookupConfig | None = None
    """Lookup of features in a feature store, on kubernetes. Defaults to none: what a request leaves out is null."""

    rollout: RolloutConfig | None = None
    """How traffic moves from one version to the next, on sagemaker. Defaults to all at once. On kubernetes it is an
    error: a Deployment replaces a quarter of the pods at a time."""

    kubernetes: KubernetesServingConfig | None = None
    """Settings of the endpoint on kubernetes. An error on any other target. Each has its own default."""

    sagemaker: SageMakerServingConfig | None = None
    """Settings of the endpoint on sagemaker. An error on any other target. Each has its own default."""
