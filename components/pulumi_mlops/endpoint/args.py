"""The contract of an endpoint: what it is on every target, what a target adds, and where it runs."""

from enum import Enum
from typing import NotRequired, TypedDict

import pulumi

from pulumi_mlops._shared.model import ModelPinArgs
from pulumi_mlops._shared.place import KubernetesPlaceArgs, SageMakerPlaceArgs


class RolloutStrategy(str, Enum):
    """How requests move from the machines of one version to those of the next."""

    ALL_AT_ONCE = "all_at_once"
    """In one step, when the new machines are ready."""
    CANARY = "canary"
    """A part first; the rest when no alarm has gone off."""
    LINEAR = "linear"
    """In equal parts; the next when no alarm has gone off."""


class RolloutArgs(TypedDict):
    """How a new version takes over."""

    strategy: NotRequired[RolloutStrategy]
    """Defaults to `all_at_once`. `canary` and `linear` need alarms: nothing else would stop them."""
    step_percent: NotRequired[int]
    """Part of the machines that a step moves requests to, 1 to 50; at least 10 for `linear`. Defaults to 10."""
    bake_seconds: NotRequired[int]
    """How long the alarms are watched after each step, and before the old machines go. Defaults to 120."""


class AlarmsArgs(TypedDict):
    """When an endpoint is in trouble: CloudWatch alarms. One that goes off during a rollout turns it back."""

    latency_p99_milliseconds: NotRequired[int]
    """The most that 99 of 100 answers may take within the container. Defaults to no alarm."""
    server_error_percent: NotRequired[float]
    """The most requests of 100 that may fail with a status of 5xx. Defaults to 99: an alarm when all fail."""
    client_error_percent: NotRequired[float]
    """The most requests of 100 that may be refused with a status of 4xx. Defaults to no alarm."""
    model_errors_max: NotRequired[int]
    """The most requests a minute that the model may leave without a good answer. Defaults to no alarm; to 0 if
    asynchronous."""
    topic_arns: NotRequired[list[pulumi.Input[str]]]
    """SNS topics that are told when an alarm goes off and when it is over. Defaults to none."""


class ShadowArgs(TypedDict):
    """A second version that is sent a copy of the requests and whose answers nobody gets."""

    model: ModelPinArgs
    """The version."""
    image: NotRequired[pulumi.Input[str]]
    """Image of its server. Defaults to the endpoint's own."""
    sampling_percent: NotRequired[int]
    """Requests of 100 that it is sent a copy of. Defaults to 100."""
    instance_type: NotRequired[str]
    """Its machine. Defaults to the endpoint's."""
    instance_count: NotRequired[int]
    """Its machines. Defaults to 1."""


class ServerlessArgs(TypedDict):
    """An endpoint without machines of its own. AWS cannot turn one with machines into it, nor back."""

    memory_mib: NotRequired[int]
    """Memory in MiB: 1024, 2048, 3072, 4096, 5120 or 6144. Defaults to 2048."""
    max_concurrency: NotRequired[int]
    """The most requests at once, 1 to 200. Defaults to 5."""
    provisioned_concurrency: NotRequired[int]
    """Provisioned concurrency: how many concurrent requests AWS keeps warm capacity for. Defaults to none."""


class AsynchronousArgs(TypedDict):
    """An endpoint that takes requests from the bucket and puts its answers there."""

    max_concurrent_per_instance: NotRequired[int]
    """Requests at once that a machine is given, 1 to 1000. Defaults to 1."""
    backlog_per_instance_target: NotRequired[int]
    """Requests that may wait for each machine before another is started. Defaults to 5."""
    success_topic_arn: NotRequired[pulumi.Input[str]]
    """SNS topic that is told of each answer. Defaults to none."""
    error_topic_arn: NotRequired[pulumi.Input[str]]
    """SNS topic that is told of each failure. Defaults to none."""


class DataCaptureArgs(TypedDict):
    """Requests and answers that are kept in the bucket."""

    sampling_percent: NotRequired[int]
    """Requests of 100 that are kept with their answers. Defaults to 100."""


class NeutralEndpointArgs(TypedDict):
    """What an endpoint has on every target."""

    replicas_min: NotRequired[int]
    """The fewest replicas that serve: pods on Kubernetes, instances on SageMaker. Defaults to 1."""
    replicas_max: NotRequired[int]
    """The most replicas that the autoscaler may add. Defaults to `replicas_min`."""
    rollout_timeout_seconds: NotRequired[int]
    """How long a new version may take to be ready before the update fails, its node's start and the image's pull
    included; on Kubernetes for each wave, since pods are replaced a quarter at a time. Defaults to 600 on Kubernetes,
    its own progress deadline (3600 at most), and to 1800 on SageMaker."""
    request_timeout_seconds: NotRequired[int]
    """Request timeout: how long the answer to a request may take, counted from when its head has been read; 504 after
    that, or 408 if the request itself has not come whole. Defaults to 60, the most that SageMaker's real-time inference
    takes; to 3600 if asynchronous."""


class KubernetesServingArgs(TypedDict):
    """What an endpoint has on Kubernetes only."""

    cpu: NotRequired[str]
    """CPU request of each pod, as a Kubernetes quantity; a pod uses more where the node has it. Defaults to 500m."""
    memory: NotRequired[str]
    """Memory request and limit of each pod, as a Kubernetes quantity. Defaults to 512Mi."""
    target_cpu_percent: NotRequired[int]
    """Target CPU utilisation, in percent of the pod's request, above which the autoscaler adds a pod. Defaults to
    70."""
    drain_seconds: NotRequired[int]
    """How long a pod that is terminated may take to answer the requests that it has begun; no less than
    `request_timeout_seconds`. Defaults to `request_timeout_seconds`."""
    allowed_namespaces: NotRequired[list[pulumi.Input[str]]]
    """Namespaces whose pods may call the endpoint, besides its own. Defaults to every namespace of the cluster."""
    service_account_annotations: NotRequired[dict[str, pulumi.Input[str]]]
    """Annotations of the pods' ServiceAccount that give them a cloud identity, such as `eks.amazonaws.com/role-arn`.
    Defaults to none."""


class SageMakerServingArgs(TypedDict):
    """What an endpoint has on SageMaker only."""

    instance_type: NotRequired[str]
    """The instance type. Defaults to ml.m5.large. While another one takes over, the number of instances does not follow
    the load."""
    invocations_per_instance_target: NotRequired[int]
    """Target tracking: requests a minute and instance above which the autoscaler adds an instance. Defaults to 500."""
    scale_in_cooldown_seconds: NotRequired[int]
    """Scale-in cooldown: how long no instance is removed after the number of instances has changed. Defaults to
    300."""
    scale_out_cooldown_seconds: NotRequired[int]
    """Scale-out cooldown: how long no instance is added after one was. Defaults to 60."""
    alarms: NotRequired[AlarmsArgs]
    """CloudWatch alarms. Defaults to one, when every request fails; none if serverless."""
    shadow: NotRequired[ShadowArgs]
    """Shadow variant: a version that is sent a copy of the requests. Defaults to none."""
    serverless: NotRequired[ServerlessArgs]
    """Serverless inference, without instances of one's own. Defaults to instances."""
    asynchronous: NotRequired[AsynchronousArgs]
    """Asynchronous inference: requests and answers lie in the bucket. Defaults to real-time inference."""
    data_capture: NotRequired[DataCaptureArgs]
    """Data capture: requests and answers are kept in the bucket. Defaults to keeping none."""
    superseded_configurations_kept: NotRequired[int]
    """How many superseded endpoint configurations to keep for a manual rollback. Defaults to 2."""


class EndpointArgs(NeutralEndpointArgs):
    """What an endpoint is, wherever it runs: a workload's, which says the place itself."""

    kubernetes: NotRequired[KubernetesServingArgs]
    """Settings of the endpoint on Kubernetes; refused elsewhere."""
    sagemaker: NotRequired[SageMakerServingArgs]
    """Settings of the endpoint on SageMaker; refused elsewhere."""
    rollout: NotRequired[RolloutArgs]
    """How a new version takes over, on SageMaker. Defaults to all at once."""


class KubernetesEndpointSettingsArgs(KubernetesPlaceArgs, KubernetesServingArgs):
    """Where an endpoint runs on Kubernetes, and what it has there only."""


class KubernetesEndpointArgs(NeutralEndpointArgs):
    """Arguments of an endpoint on Kubernetes."""

    image: pulumi.Input[str]
    """Image of the model server, pinned by digest or content."""
    registry_url: pulumi.Input[str]
    """Address of the MLflow server that the model is fetched from."""
    model_name: NotRequired[str]
    """Name that the model is registered under. Defaults to the component's name."""
    model: NotRequired[ModelPinArgs]
    """The version to serve. Defaults to none: nothing is deployed, and the status is `waiting-for-model`."""
    tags: NotRequired[dict[str, pulumi.Input[str]]]
    """Tags of every object, written as labels. Defaults to none."""
    kubernetes: KubernetesEndpointSettingsArgs
    """Where the endpoint runs, and its settings on Kubernetes."""


class SageMakerEndpointSettingsArgs(SageMakerPlaceArgs, SageMakerServingArgs):
    """Where an endpoint runs on SageMaker, and what it has there only."""

    model_package_group: pulumi.Input[str]
    """The model's package group: its name, or the ARN of one in another account."""


class SageMakerEndpointArgs(NeutralEndpointArgs):
    """Arguments of an endpoint on SageMaker."""

    image: pulumi.Input[str]
    """Image of the model server, in ECR and pinned by digest."""
    model_name: NotRequired[str]
    """Name that the model is registered under. Defaults to the component's name."""
    model: NotRequired[ModelPinArgs]
    """The version to serve. Defaults to none: nothing is deployed, and the status is `waiting-for-model`."""
    rollout: NotRequired[RolloutArgs]
    """How a new version takes over. Defaults to all at once."""
    tags: NotRequired[dict[str, pulumi.Input[str]]]
    """Tags of everything that is created. Defaults to none."""
    sagemaker: SageMakerEndpointSettingsArgs
    """Where the endpoint runs, and its settings on SageMaker."""
