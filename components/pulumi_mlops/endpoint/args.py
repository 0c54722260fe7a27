"""The contract of an endpoint, for each target."""

from enum import Enum
from typing import NotRequired, TypedDict

import pulumi

from pulumi_mlops._shared.model import ModelPinArgs


class KubernetesEndpointArgs(TypedDict):
    """What an endpoint has on Kubernetes only."""

    namespace: pulumi.Input[str]
    """Namespace that everything is created in. It must exist."""
    cpu: NotRequired[str]
    """CPU reserved for each pod, as a Kubernetes quantity; a pod uses more where the node has it. Defaults to 500m."""
    memory: NotRequired[str]
    """Memory of each pod, as a Kubernetes quantity. Defaults to 512Mi."""
    allowed_namespaces: NotRequired[list[pulumi.Input[str]]]
    """Namespaces whose pods may call the endpoint, besides its own. Defaults to every namespace of the cluster."""
    service_account_annotations: NotRequired[dict[str, pulumi.Input[str]]]
    """Annotations that give the pods a cloud identity, such as `eks.amazonaws.com/role-arn`. Defaults to none."""
    image_pull_secret_names: NotRequired[list[pulumi.Input[str]]]
    """Secrets of the namespace with which the image is pulled. Defaults to none."""


class EndpointArgs(TypedDict):
    """Arguments of an endpoint."""

    image: pulumi.Input[str]
    """Image of the model server, pinned by digest or content."""
    registry_url: pulumi.Input[str]
    """Address of the MLflow server that the model is fetched from."""
    model_name: NotRequired[str]
    """Name that the model is registered under. Defaults to the component's name."""
    model: NotRequired[ModelPinArgs]
    """The version to serve. Defaults to none: nothing is deployed, and the status is `waiting-for-model`."""
    replicas_min: NotRequired[int]
    """The fewest pods that serve. Defaults to 1."""
    replicas_max: NotRequired[int]
    """The most pods that load can ask for. Defaults to `replicas_min`."""
    target_cpu_percent: NotRequired[int]
    """Part of its reserved CPU that a pod should use before another is started. Defaults to 70."""
    rollout_timeout_seconds: NotRequired[int]
    """How long a pod of a new version may take to be ready before the update fails; pods are replaced a quarter at a
    time. Defaults to 120."""
    drain_seconds: NotRequired[int]
    """How long a pod that leaves may take to answer what it has begun. Defaults to 20."""
    tags: NotRequired[dict[str, pulumi.Input[str]]]
    """Tags of every object, written as labels on Kubernetes. Defaults to none."""
    kubernetes: KubernetesEndpointArgs
    """Settings of the endpoint on Kubernetes."""


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
    """Requests at once that are always kept ready for. Defaults to none."""


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


class SageMakerHostingArgs(TypedDict):
    """What an endpoint has on SageMaker only."""

    account_id: str
    """The AWS account that everything is created in."""
    region: str
    """The AWS region, such as eu-west-1."""
    namespace: str
    """Beginning of every name, such as flights-dev."""
    bucket_name: pulumi.Input[str]
    """Bucket for what the endpoint keeps: captured requests, asynchronous answers."""
    model_package_group: pulumi.Input[str]
    """The model's package group: its name, or the ARN of one in another account."""
    model_data_bucket: NotRequired[pulumi.Input[str]]
    """Bucket that registered models lie in, below `models/`. Defaults to `bucket_name`."""
    model_data_kms_key_arn: NotRequired[pulumi.Input[str]]
    """Key that registered models are encrypted with. Defaults to `kms_key_arn`."""
    permissions_boundary_arn: NotRequired[pulumi.Input[str]]
    """Policy that bounds what the endpoint's role can be given. Defaults to none."""
    kms_key_arn: NotRequired[pulumi.Input[str]]
    """Key for the machines' volumes and for what is written to the bucket. Disks that a machine brings itself (g5,
    m5d, …) encrypt themselves. Defaults to keys that AWS manages."""
    subnet_ids: NotRequired[list[pulumi.Input[str]]]
    """Subnets that the endpoint runs in. Given with `security_group_ids`. Defaults to SageMaker's own network."""
    security_group_ids: NotRequired[list[pulumi.Input[str]]]
    """Security groups of the endpoint. Given with `subnet_ids`."""
    instance_type: NotRequired[str]
    """The machine. Defaults to ml.m5.large. While another one takes over, the number of machines does not follow the
    load."""
    invocations_per_instance_target: NotRequired[int]
    """Requests a minute that a machine should get before another is started. Defaults to 500."""
    scale_in_cooldown_seconds: NotRequired[int]
    """How long no machine is taken away after the number of machines has changed. Defaults to 300."""
    scale_out_cooldown_seconds: NotRequired[int]
    """How long no machine is added after one was. Defaults to 60."""
    alarms: NotRequired[AlarmsArgs]
    """When the endpoint is in trouble. Defaults to one alarm, when every request fails; none if serverless."""
    shadow: NotRequired[ShadowArgs]
    """A version that runs in the shadow. Defaults to none."""
    serverless: NotRequired[ServerlessArgs]
    """Serve without machines of one's own. Defaults to machines."""
    asynchronous: NotRequired[AsynchronousArgs]
    """Answer into the bucket. Defaults to answering at once."""
    data_capture: NotRequired[DataCaptureArgs]
    """Keep requests and answers. Defaults to keeping none."""
    superseded_configurations_kept: NotRequired[int]
    """Configurations before the one in use that stay, to go back to by hand. Defaults to 2."""


class SageMakerEndpointArgs(TypedDict):
    """Arguments of an endpoint on SageMaker."""

    image: pulumi.Input[str]
    """Image of the model server, in ECR and pinned by digest."""
    model_name: NotRequired[str]
    """Name that the model is registered under. Defaults to the component's name."""
    model: NotRequired[ModelPinArgs]
    """The version to serve. Defaults to none: nothing is deployed, and the status is `waiting-for-model`."""
    replicas_min: NotRequired[int]
    """The fewest machines that serve. Defaults to 1."""
    replicas_max: NotRequired[int]
    """The most machines that load can ask for. Defaults to `replicas_min`."""
    rollout_timeout_seconds: NotRequired[int]
    """How long a new version may take to be in service before the update fails. Defaults to 1800."""
    rollout: NotRequired[RolloutArgs]
    """How a new version takes over. Defaults to all at once."""
    tags: NotRequired[dict[str, pulumi.Input[str]]]
    """Tags of everything that is created. Defaults to none."""
    sagemaker: SageMakerHostingArgs
    """Settings of the endpoint on SageMaker."""
