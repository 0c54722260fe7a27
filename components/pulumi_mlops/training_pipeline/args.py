"""The contract of a training pipeline."""

from typing import Any, NotRequired, TypedDict

import pulumi

from pulumi_mlops._shared.model import ModelPinArgs


class GateArgs(TypedDict):
    """What a trained model must reach to be registered: one bound of one metric."""

    metric: str
    """Name of a metric that the pipeline measures, such as `mae_minutes`."""
    max: NotRequired[float]
    """The most that it may be, for a metric where less is better."""
    min: NotRequired[float]
    """The least that it may be, for a metric where more is better."""


class StepResourcesArgs(TypedDict):
    """The most that one step may use."""

    cpu: NotRequired[str]
    """CPU as a Kubernetes quantity; a quarter of it is reserved. Defaults to what the graph says."""
    memory: NotRequired[str]
    """Memory as a Kubernetes quantity, all of it reserved. Defaults to what the graph says."""


class KubernetesPipelineArgs(TypedDict):
    """What a training pipeline has on Kubernetes only."""

    namespace: pulumi.Input[str]
    """Namespace that everything is created in. It must exist."""
    allowed_egress_cidrs: NotRequired[list[pulumi.Input[str]]]
    """Address ranges that a run may connect to besides the registry, such as a database's. Defaults to none."""
    service_account_annotations: NotRequired[dict[str, pulumi.Input[str]]]
    """Annotations that give a run a cloud identity, such as `eks.amazonaws.com/role-arn`. Defaults to none."""
    image_pull_secret_names: NotRequired[list[pulumi.Input[str]]]
    """Secrets of the namespace with which the image is pulled. Defaults to none."""


class TrainingPipelineArgs(TypedDict):
    """Arguments of a training pipeline."""

    graph: dict[str, Any]
    """The step graph: the document that `StepGraph.to_document()` returns."""
    image: pulumi.Input[str]
    """Image that the steps run in, pinned by digest or content."""
    registry_url: pulumi.Input[str]
    """Address of the MLflow server that runs are recorded and models registered at."""
    environment: pulumi.Input[str]
    """Name of the environment, recorded with every run."""
    model_name: NotRequired[str]
    """Name that models are registered under. Defaults to the component's name."""
    parameters: NotRequired[dict[str, Any]]
    """Values of the graph's parameters; no secrets. Each defaults to what the graph says."""
    gate: NotRequired[GateArgs]
    """What a model must reach to be registered. Defaults to the graph's own checks alone."""
    schedule: NotRequired[str]
    """When it runs by itself: five cron fields, UTC. Defaults to never: it runs when someone asks."""
    resources: NotRequired[dict[str, StepResourcesArgs]]
    """What steps may use, by step. Defaults to what the graph says."""
    workspace_gib: NotRequired[int]
    """Size in GiB of the volume over which steps hand on their results. Defaults to 2."""
    run_timeout_seconds: NotRequired[int]
    """How long a run may take before it is ended. Defaults to 14400, four hours."""
    champion: NotRequired[ModelPinArgs]
    """The version that serves, which a new model is compared with. Defaults to none."""
    tags: NotRequired[dict[str, pulumi.Input[str]]]
    """Tags of every object, written as labels on Kubernetes. Defaults to none."""
    kubernetes: KubernetesPipelineArgs
    """Settings of the pipeline on Kubernetes."""
