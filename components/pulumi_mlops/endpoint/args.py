"""The contract of an endpoint."""

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
