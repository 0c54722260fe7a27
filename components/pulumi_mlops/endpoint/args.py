"""The contract of an endpoint: what it is on every target, what a target adds, and where it runs."""

from enum import Enum
from typing import Any, NotRequired, TypedDict

import pulumi

from pulumi_mlops._shared.kubernetes.scheduling.args import AcceleratorArgs, KubernetesSchedulingArgs
from pulumi_mlops._shared.model import ModelPinArgs
from pulumi_mlops._shared.place import KubernetesPlaceArgs, SageMakerPlaceArgs


class RolloutStrategy(str, Enum):
    """How SageMaker moves traffic from the instances of one version to those of the next."""

    ALL_AT_ONCE = "all_at_once"
    """All traffic at once, when the new instances are ready."""
    CANARY = "canary"
    """A part of the traffic first; the rest if no alarm goes off during the baking period."""
    LINEAR = "linear"
    """Equal parts of the traffic; the next part if no alarm goes off during the baking period."""


class RolloutArgs(TypedDict):
    """How traffic moves from one version to the next."""

    strategy: NotRequired[RolloutStrategy]
    """Traffic routing: `all_at_once`, `canary` or `linear`. Defaults to `all_at_once`. `canary` and `linear` need
    alarms, which alone stop a rollout."""
    step_percent: NotRequired[int]
    """Percent of the instances that get traffic first (canary) or in each step (linear): 1 to 50, at least 10 for
    `linear`. Defaults to 10."""
    bake_seconds: NotRequired[int]
    """Baking period: how long the alarms are watched after each step, before the old instances are terminated. Defaults
    to 120."""


class AlarmsArgs(TypedDict):
    """CloudWatch alarms of an endpoint. One that goes off during a rollout rolls it back."""

    latency_p99_milliseconds: NotRequired[int]
    """p99 model latency, measured at the container, above which the alarm goes off. Defaults to no alarm."""
    server_error_percent: NotRequired[float]
    """5xx error rate, in percent, above which the alarm goes off. Defaults to 99: an alarm when all requests fail."""
    client_error_percent: NotRequired[float]
    """4xx error rate, in percent, above which the alarm goes off. Defaults to no alarm."""
    model_errors_max: NotRequired[int]
    """Model errors a minute (InvocationModelErrors) above which the alarm goes off. Defaults to no alarm, and to 0 with
    asynchronous inference."""
    topic_arns: NotRequired[list[pulumi.Input[str]]]
    """SNS topics that are notified when an alarm goes off and when it returns to OK. Defaults to none."""


class ShadowArgs(TypedDict):
    """Shadow variant: a second version that gets a copy of the requests, and whose responses are discarded."""

    model: ModelPinArgs
    """The version that the shadow variant serves."""
    image: NotRequired[pulumi.Input[str]]
    """Image of its model server. Defaults to the endpoint's."""
    sampling_percent: NotRequired[int]
    """Percent of the requests that are copied to it. Defaults to 100."""
    instance_type: NotRequired[str]
    """Its instance type. Defaults to the endpoint's."""
    instance_count: NotRequired[int]
    """Its number of instances. Defaults to 1."""


class ServerlessArgs(TypedDict):
    """Serverless inference: an endpoint without instances. AWS cannot convert one kind of endpoint into the other."""

    memory_mib: NotRequired[int]
    """Memory size in MiB: 1024, 2048, 3072, 4096, 5120 or 6144. Defaults to 2048."""
    max_concurrency: NotRequired[int]
    """Maximum concurrency: the most concurrent requests, 1 to 200. Defaults to 5."""
    provisioned_concurrency: NotRequired[int]
    """Provisioned concurrency: how many concurrent requests AWS keeps warm capacity for. Defaults to none."""


class AsynchronousArgs(TypedDict):
    """Asynchronous inference: the endpoint reads requests from the bucket and writes responses to it."""

    max_concurrent_per_instance: NotRequired[int]
    """The most concurrent requests that SageMaker sends to an instance, 1 to 1000. Defaults to 1."""
    backlog_per_instance_target: NotRequired[int]
    """Target tracking: queued requests per instance (ApproximateBacklogSizePerInstance) above which the autoscaler adds
    an instance. Defaults to 5."""
    success_topic_arn: NotRequired[pulumi.Input[str]]
    """SNS topic that is notified of each response. Defaults to none."""
    error_topic_arn: NotRequired[pulumi.Input[str]]
    """SNS topic that is notified of each failed request. Defaults to none."""


class DataCaptureArgs(TypedDict):
    """Data capture: SageMaker stores requests and responses in the bucket."""

    sampling_percent: NotRequired[int]
    """Percent of the requests that are stored with their responses. Defaults to 100."""


class ServingAcceleratorArgs(AcceleratorArgs):
    """Accelerators of each pod, and what of a model fits them."""

    memory_gib: NotRequired[int]
    """Memory of each accelerator in GiB. A model whose files and cache are larger than the memory of all of them is
    refused before it is loaded. Defaults to not known: the model's files are not held against it."""


class InferenceAmiVersion(str, Enum):
    """Amazon Machine Image of an endpoint's instances: the driver of their accelerators."""

    GPU_2 = "al2-ami-sagemaker-inference-gpu-2"
    """NVIDIA driver 535, CUDA 12.2."""
    GPU_2_1 = "al2-ami-sagemaker-inference-gpu-2-1"
    """NVIDIA driver 535, CUDA 12.2, the container toolkit without CUDA's compatibility libraries."""
    GPU_3_1 = "al2-ami-sagemaker-inference-gpu-3-1"
    """NVIDIA driver 550, CUDA 12.4, the container toolkit without CUDA's compatibility libraries."""
    GPU_4_1 = "al2023-ami-sagemaker-inference-gpu-4-1"
    """NVIDIA driver 580, CUDA 13.0, the container toolkit without CUDA's compatibility libraries."""
    NEURON_2 = "al2-ami-sagemaker-inference-neuron-2"
    """Neuron driver 2.19, for Inferentia2 and Trainium."""


class FeaturesUnavailable(str, Enum):
    """What becomes of a request whose features cannot be looked up, since the online store gives no answer in time."""

    REFUSE = "refuse"
    """It is answered with 503: the caller may ask again, or send the features along."""
    NULLS = "nulls"
    """It is scored with nulls, as for a key that nobody knows. A metric counts such lookups."""


class NeutralLookupArgs(TypedDict):
    """How features are looked up that a request leaves out."""

    views: NotRequired[list[str]]
    """Views to look up in, with their versions, such as `weather_v1`. Defaults to all that are online."""
    timeout_milliseconds: NotRequired[int]
    """How long a lookup may take, 1 to 60000. Defaults to 200."""
    when_unavailable: NotRequired[FeaturesUnavailable]
    """What becomes of a request when the online store gives no answer in time: refuse or nulls. Defaults to refuse."""


class LookupArgs(NeutralLookupArgs):
    """Lookup: features that a request leaves out are looked up by the key of their entity."""

    lookup_url: pulumi.Input[str]
    """Address of the feature store, such as the output `lookup_url` of `KubernetesFeatureStore`."""
    definition: dict[str, Any]
    """The store's feature definition: the document that `FeatureStoreDefinition.document()` returns."""


class NeutralEndpointArgs(TypedDict):
    """Settings of an endpoint on every target."""

    replicas_min: NotRequired[int]
    """Minimum number of replicas: pods on Kubernetes, instances on SageMaker. Defaults to 1."""
    replicas_max: NotRequired[int]
    """Maximum number of replicas that the autoscaler scales to. Defaults to `replicas_min`."""
    rollout_timeout_seconds: NotRequired[int]
    """How long a rollout may take before the update fails, starting a node and pulling the image included. On
    Kubernetes it is the progress deadline of each wave of pods (a quarter of them): 600 by default, 3600 at most. On
    SageMaker it covers the whole deployment: 1800 by default."""
    request_timeout_seconds: NotRequired[int]
    """Request timeout: how long the answer to a request may take, counted from when its head has been read. After that
    the server answers 504, or 408 if the request itself has not arrived whole. Defaults to 60, the most that real-time
    inference on SageMaker allows; to 3600 for asynchronous inference."""
    model_cache_gib: NotRequired[int]
    """Memory in GiB that the model server keeps beside the model's weights, such as the KV cache of a language model. A
    model that does not fit together with it is refused before it is loaded. Defaults to 0."""
    allow_code_formats: NotRequired[list[str]]
    """Formats of a model's files that may run code when the server loads them: pickle, cloudpickle, joblib,
    torch.save. A model that holds one of another name is not served. Defaults to none."""


class KubernetesServingArgs(KubernetesSchedulingArgs):
    """Settings of an endpoint on Kubernetes only."""

    cpu: NotRequired[str]
    """CPU request of each pod, as a Kubernetes quantity. There is no CPU limit. Defaults to 500m."""
    memory: NotRequired[str]
    """Memory request and limit of each pod, as a Kubernetes quantity. Defaults to 512Mi."""
    target_cpu_percent: NotRequired[int]
    """Target CPU utilisation, in percent of the pod's request, above which the autoscaler adds a pod. Defaults to
    70."""
    drain_seconds: NotRequired[int]
    """How long a terminating pod may take to finish the requests that it is processing; no less than
    `request_timeout_seconds`. Defaults to `request_timeout_seconds`."""
    allowed_namespaces: NotRequired[list[pulumi.Input[str]]]
    """NetworkPolicy: namespaces whose pods may call the endpoint, besides its own. Defaults to all namespaces of the
    cluster."""
    allowed_ingress_cidrs: NotRequired[list[pulumi.Input[str]]]
    """NetworkPolicy: address ranges (CIDR) that may call the endpoint besides pods, such as a load balancer's or the
    nodes' own. Defaults to none."""
    model_volume_gib: NotRequired[int]
    """Size in GiB of the emptyDir volume to which each pod fetches the model, on the node's disk. Defaults to 4."""
    accelerator: NotRequired[ServingAcceleratorArgs]
    """Accelerators of each pod. A new pod of a rollout needs free ones before an old one leaves. Defaults to none."""
    shared_memory_gib: NotRequired[int]
    """Size in GiB of an emptyDir volume in memory at /dev/shm. It is a part of `memory`. Defaults to the container
    runtime's 64 MiB."""
    pod_annotations: NotRequired[dict[str, pulumi.Input[str]]]
    """Annotations of the pods, the truth check's too, such as `sidecar.istio.io/inject`. A changed value starts a
    rollout. Defaults to none."""
    service_account_annotations: NotRequired[dict[str, pulumi.Input[str]]]
    """Annotations of the pods' ServiceAccount, which can give them a cloud identity, such as
    `eks.amazonaws.com/role-arn`. Defaults to none."""


class SageMakerServingArgs(TypedDict):
    """Settings of an endpoint on SageMaker only."""

    instance_type: NotRequired[str]
    """The instance type. Defaults to ml.m5.large. While an update changes it, autoscaling is off."""
    model_data_download_timeout_seconds: NotRequired[int]
    """How long an instance may take to download and extract the model, 60 to 3600, and no longer than
    `rollout_timeout_seconds`. Defaults to AWS's own."""
    container_startup_health_check_timeout_seconds: NotRequired[int]
    """How long a container may take from its start until it answers `/ping`, 60 to 3600, and no longer than
    `rollout_timeout_seconds`. Defaults to AWS's own."""
    inference_ami_version: NotRequired[InferenceAmiVersion]
    """Amazon Machine Image of instances with accelerators, and so the version of their driver. Defaults to AWS's
    own."""
    invocations_per_instance_target: NotRequired[int]
    """Target tracking: requests a minute per instance (InvocationsPerInstance) above which the autoscaler adds an
    instance. Defaults to 500."""
    scale_in_cooldown_seconds: NotRequired[int]
    """Scale-in cooldown: how long after a scaling activity the autoscaler removes no instance. Defaults to 300."""
    scale_out_cooldown_seconds: NotRequired[int]
    """Scale-out cooldown: how long after adding instances the autoscaler adds no more. Defaults to 60."""
    alarms: NotRequired[AlarmsArgs]
    """CloudWatch alarms. Defaults to one alarm, when all requests fail; to none with serverless inference."""
    shadow: NotRequired[ShadowArgs]
    """Shadow variant: a second version that receives a copy of the requests. Defaults to none."""
    serverless: NotRequired[ServerlessArgs]
    """Serverless inference, in place of instances. Defaults to instances."""
    asynchronous: NotRequired[AsynchronousArgs]
    """Asynchronous inference: requests and responses are objects in the bucket. Defaults to real-time inference."""
    data_capture: NotRequired[DataCaptureArgs]
    """Data capture: store requests and responses in the bucket. Defaults to no data capture."""
    superseded_configurations_kept: NotRequired[int]
    """How many superseded endpoint configurations to keep for a manual rollback. Defaults to 2."""


class EndpointArgs(NeutralEndpointArgs):
    """Arguments of a workload's endpoint. The workload says where it runs."""

    features: NotRequired[LookupArgs]
    """Lookup of features in a feature store, on Kubernetes. Defaults to none: what a request leaves out is null."""

    kubernetes: NotRequired[KubernetesServingArgs]
    """Settings of the endpoint on Kubernetes. An error on any other target."""
    sagemaker: NotRequired[SageMakerServingArgs]
    """Settings of the endpoint on SageMaker. An error on any other target."""
    rollout: NotRequired[RolloutArgs]
    """How traffic moves from one version to the next, on SageMaker. Defaults to all at once."""


class KubernetesEndpointSettingsArgs(KubernetesPlaceArgs, KubernetesServingArgs):
    """Where an endpoint runs on Kubernetes, and its settings there."""


class KubernetesEndpointArgs(NeutralEndpointArgs):
    """Arguments of an endpoint on Kubernetes."""

    image: pulumi.Input[str]
    """Image of the model server, pinned by digest or content tag."""
    registry_url: pulumi.Input[str]
    """URL of the MLflow server from which pods download the model."""
    model_name: NotRequired[str]
    """Name that the model is registered under. Defaults to the component's name."""
    model: NotRequired[ModelPinArgs]
    """The model version to serve. Defaults to none: nothing is deployed, and the status is `waiting-for-model`."""
    features: NotRequired[LookupArgs]
    """Lookup of features in a feature store. Defaults to none: what a request leaves out is null."""
    tags: NotRequired[dict[str, pulumi.Input[str]]]
    """Tags of every object, set as labels. Defaults to none."""
    kubernetes: KubernetesEndpointSettingsArgs
    """Where the endpoint runs, and its settings on Kubernetes."""


class SageMakerEndpointSettingsArgs(SageMakerPlaceArgs, SageMakerServingArgs):
    """Where an endpoint runs on SageMaker, and its settings there."""

    model_package_group: pulumi.Input[str]
    """Model package group of the model: its name, or the ARN of one in another account."""


class SageMakerEndpointArgs(NeutralEndpointArgs):
    """Arguments of an endpoint on SageMaker."""

    image: pulumi.Input[str]
    """Image of the model server, pinned by digest, in ECR in the same region."""
    model_name: NotRequired[str]
    """Name that the model is registered under. Defaults to the component's name."""
    model: NotRequired[ModelPinArgs]
    """The model version to serve. Defaults to none: nothing is deployed, and the status is `waiting-for-model`."""
    rollout: NotRequired[RolloutArgs]
    """How traffic moves from one version to the next. Defaults to all at once."""
    tags: NotRequired[dict[str, pulumi.Input[str]]]
    """Tags of every resource. Defaults to none."""
    sagemaker: SageMakerEndpointSettingsArgs
    """Where the endpoint runs, and its settings on SageMaker."""
