"""An endpoint in a stack file: the tree of `EndpointArgs`, with lines and strictness."""

from typing import Annotated

from pydantic import Field

from pulumi_mlops._shared.aws import values as aws_values
from pulumi_mlops._shared.aws.values import EcrImage, InstanceType, TopicArn
from pulumi_mlops._shared.config_model import Model
from pulumi_mlops._shared.model_pin import ModelPin
from pulumi_mlops._shared.values import AnnotationKey, CpuQuantity, MemoryQuantity, Name
from pulumi_mlops.endpoint import settings
from pulumi_mlops.endpoint.args import RolloutStrategy
from pulumi_mlops.endpoint.kubernetes import settings as kubernetes
from pulumi_mlops.endpoint.sagemaker import limits


class RolloutConfig(Model):
    """How traffic moves from one version to the next."""

    strategy: Annotated[RolloutStrategy, Field(strict=False)] = RolloutStrategy.ALL_AT_ONCE
    """all_at_once; canary: a part first, then the rest; linear: in equal parts. Defaults to all_at_once."""

    step_percent: Annotated[int, limits.STEP_PERCENT] = limits.STEP_PERCENT.default
    """Percent of the instances that get traffic first (canary) or in each step (linear: 10 or more). Defaults to
    10."""

    bake_seconds: Annotated[int, limits.BAKE_SECONDS] = limits.BAKE_SECONDS.default
    """Baking period: how long the alarms are watched after each step. Defaults to 120."""


class AlarmsConfig(Model):
    """CloudWatch alarms of an endpoint. One that goes off during a rollout rolls it back."""

    latency_p99_milliseconds: Annotated[int, limits.LATENCY_P99_MILLISECONDS] | None = None
    """p99 model latency above which the alarm goes off. Defaults to no alarm."""

    server_error_percent: Annotated[float, limits.PERCENT] | None = None
    """5xx error rate, in percent, above which the alarm goes off. Defaults to 99: an alarm when all fail."""

    client_error_percent: Annotated[float, limits.PERCENT] | None = None
    """4xx error rate, in percent, above which the alarm goes off. Defaults to no alarm."""

    model_errors_max: Annotated[int, limits.MODEL_ERRORS] | None = None
    """Model errors a minute (InvocationModelErrors) above which the alarm goes off. Defaults to no alarm."""

    topic_arns: Annotated[tuple[TopicArn, ...], Field(strict=False)] = ()
    """SNS topics that are notified of an alarm and of its end. Defaults to none."""


class ShadowConfig(Model):
    """Shadow variant: a second version that is sent a copy of the requests and whose answers nobody gets."""

    model: ModelPin
    """The version."""

    image: EcrImage | None = None
    """Image of its server. Defaults to the stack's own."""

    sampling_percent: Annotated[int, limits.SAMPLING_PERCENT] = limits.SAMPLING_PERCENT.default
    """Percent of the requests that it is sent a copy of. Defaults to 100."""

    instance_type: InstanceType | None = None
    """Its instance type. Defaults to the endpoint's."""

    instance_count: Annotated[int, limits.INSTANCE_COUNT] = limits.INSTANCE_COUNT.default
    """Number of its instances. Defaults to 1."""


class ServerlessConfig(Model):
    """Serverless inference: an endpoint without instances of its own."""

    memory_mib: Annotated[int, aws_values.serverless_memory_mib] = limits.DEFAULT_SERVERLESS_MEMORY_MIB
    """Memory in MiB, in steps of 1024. Defaults to 2048."""

    max_concurrency: Annotated[int, limits.SERVERLESS_CONCURRENCY] = limits.SERVERLESS_CONCURRENCY.default
    """Maximum concurrency: the most requests at once. Defaults to 5."""

    provisioned_concurrency: Annotated[int, limits.PROVISIONED_CONCURRENCY] | None = None
    """Provisioned concurrency: how many concurrent requests AWS keeps warm capacity for. Defaults to none."""


class AsynchronousConfig(Model):
    """Asynchronous inference: an endpoint that puts its answers into the bucket."""

    max_concurrent_per_instance: Annotated[int, limits.CONCURRENT_PER_INSTANCE] = limits.CONCURRENT_PER_INSTANCE.default
    """Requests at once that an instance is given. Defaults to 1."""

    backlog_per_instance_target: Annotated[int, limits.BACKLOG_PER_INSTANCE] = limits.BACKLOG_PER_INSTANCE.default
    """Target tracking: waiting requests for each instance above which another is started. Defaults to 5."""

    success_topic_arn: TopicArn | None = None
    """SNS topic that is notified of each answer. Defaults to none."""

    error_topic_arn: TopicArn | None = None
    """SNS topic that is notified of each failure. Defaults to none."""


class DataCaptureConfig(Model):
    """Data capture: requests and answers that are kept in the bucket."""

    sampling_percent: Annotated[int, limits.SAMPLING_PERCENT] = limits.SAMPLING_PERCENT.default
    """Percent of the requests that are kept. Defaults to 100."""


class KubernetesServingConfig(Model):
    """What only the target kubernetes has of an endpoint."""

    cpu: CpuQuantity = kubernetes.DEFAULT_CPU
    """CPU request of each pod: cores, like "2" or "500m". Defaults to "500m"."""

    memory: MemoryQuantity = kubernetes.DEFAULT_MEMORY
    """Memory request and limit of each pod. Defaults to 512Mi."""

    target_cpu_percent: Annotated[int, kubernetes.TARGET_CPU_PERCENT] = kubernetes.TARGET_CPU_PERCENT.default
    """Target CPU utilisation, in percent of the pod's request, above which the autoscaler adds a pod. Defaults to
    70."""

    drain_seconds: Annotated[int, kubernetes.DRAIN_SECONDS] | None = None
    """How long a pod that is terminated may take to answer the requests that it has begun; no less than
    request_timeout_seconds. Defaults to request_timeout_seconds."""

    allowed_namespaces: Annotated[tuple[Name, ...] | None, Field(strict=False)] = None
    """Namespaces whose pods may call the endpoint, besides its own. Defaults to every namespace of the cluster."""

    service_account_annotations: dict[AnnotationKey, str] = Field(default={})
    """Annotations of the pods' ServiceAccount that give them a cloud identity, like eks.amazonaws.com/role-arn.
    Defaults to none."""


class SageMakerServingConfig(Model):
    """What only the target sagemaker has of an endpoint."""

    instance_type: InstanceType = limits.DEFAULT_INSTANCE_TYPE
    """The endpoint's instance type. Defaults to ml.m5.large."""

    invocations_per_instance_target: Annotated[int, limits.INVOCATIONS_PER_INSTANCE] = (
        limits.INVOCATIONS_PER_INSTANCE.default
    )
    """Target tracking: requests a minute and instance above which the autoscaler adds an instance. Defaults to 500."""

    scale_in_cooldown_seconds: Annotated[int, limits.SCALE_IN_COOLDOWN_SECONDS] = (
        limits.SCALE_IN_COOLDOWN_SECONDS.default
    )
    """Scale-in cooldown: how long no instance is removed after the number of instances has changed. Defaults to 300."""

    scale_out_cooldown_seconds: Annotated[int, limits.SCALE_OUT_COOLDOWN_SECONDS] = (
        limits.SCALE_OUT_COOLDOWN_SECONDS.default
    )
    """Scale-out cooldown: how long no instance is added after one was. Defaults to 60."""

    alarms: AlarmsConfig | None = None
    """CloudWatch alarms. Defaults to one, when every request fails; none if serverless."""

    shadow: ShadowConfig | None = None
    """Shadow variant: a version that is sent a copy of the requests. Defaults to none."""

    serverless: ServerlessConfig | None = None
    """Serverless inference, without instances of one's own. Defaults to instances."""

    asynchronous: AsynchronousConfig | None = None
    """Asynchronous inference: answers go into the bucket. Defaults to real-time inference."""

    data_capture: DataCaptureConfig | None = None
    """Data capture: keep requests and answers. Defaults to keeping none."""

    superseded_configurations_kept: Annotated[int, limits.SUPERSEDED_CONFIGURATIONS_KEPT] = (
        limits.SUPERSEDED_CONFIGURATIONS_KEPT.default
    )
    """How many superseded endpoint configurations to keep for a manual rollback. Defaults to 2."""


class EndpointConfig(Model):
    """How a workload's model is served."""

    replicas_min: Annotated[int, settings.REPLICAS] = settings.REPLICAS.default
    """The fewest replicas that serve: pods on kubernetes, instances on sagemaker. Defaults to 1."""

    replicas_max: Annotated[int, settings.REPLICAS] | None = None
    """The most replicas that the autoscaler may add. Defaults to replicas_min."""

    rollout_timeout_seconds: Annotated[int, settings.ROLLOUT_TIMEOUT_SECONDS] | None = None
    """How long a new version may take to be ready before the update fails, its node's start and the image's pull
    included; on Kubernetes for each wave, since pods are replaced a quarter at a time. Defaults to 600 on Kubernetes,
    its own progress deadline (3600 at most), and to 1800 on SageMaker."""

    request_timeout_seconds: Annotated[int, settings.REQUEST_TIMEOUT_SECONDS] | None = None
    """Request timeout: how long the answer to a request may take, counted from when its head has been read; 504 after
    that, or 408 if the request itself has not come whole. Defaults to 60, the most that SageMaker's real-time inference
    takes; to 3600 if asynchronous."""

    rollout: RolloutConfig | None = None
    """How traffic moves from one version to the next. Defaults to the target's own way: all at once on sagemaker,
    pod by pod on kubernetes."""

    kubernetes: KubernetesServingConfig | None = None
    """Settings of the endpoint on kubernetes; refused elsewhere. Defaults to those of its own."""

    sagemaker: SageMakerServingConfig | None = None
    """Settings of the endpoint on sagemaker; refused elsewhere. Defaults to those of its own."""
