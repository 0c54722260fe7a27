"""One model's whole life on the target of its stack."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NotRequired, TypedDict

import pulumi

from pulumi_mlops._shared import checks
from pulumi_mlops._shared.arguments import Arguments, ArgumentsError
from pulumi_mlops._shared.model import ModelPinArgs
from pulumi_mlops.endpoint.args import RolloutArgs
from pulumi_mlops.endpoint.kubernetes.settings import LONGEST_NAME
from pulumi_mlops.endpoint.kubernetes.settings import resolve as resolve_endpoint
from pulumi_mlops.stack.workload import sagemaker as sagemaker_workload
from pulumi_mlops.stack.workload.sagemaker import (
    SageMakerWorkloadArgs,
    SageMakerWorkloadEndpointArgs,
    SageMakerWorkloadPipelineArgs,
)
from pulumi_mlops.training_pipeline.args import GateArgs, StepResourcesArgs
from pulumi_mlops.training_pipeline.kubernetes.settings import resolve as resolve_pipeline

if TYPE_CHECKING:
    from pulumi_mlops.endpoint.kubernetes.component import KubernetesEndpoint
    from pulumi_mlops.endpoint.sagemaker.component import SageMakerEndpoint
    from pulumi_mlops.model_registry.sagemaker.component import SageMakerModelRegistry
    from pulumi_mlops.training_pipeline.kubernetes.component import KubernetesTrainingPipeline
    from pulumi_mlops.training_pipeline.sagemaker.component import SageMakerTrainingPipeline


class WorkloadPipelineArgs(TypedDict):
    """How a workload's model is trained."""

    graph: dict[str, Any]
    """The step graph: the document that `StepGraph.to_document()` returns."""
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
    allowed_egress_cidrs: NotRequired[list[pulumi.Input[str]]]
    """Address ranges that a run may connect to besides the registry, such as a database's. Defaults to none."""
    sagemaker: NotRequired[SageMakerWorkloadPipelineArgs]
    """Settings of the pipeline on SageMaker."""


class WorkloadEndpointArgs(TypedDict):
    """How a workload's model is served."""

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
    cpu: NotRequired[str]
    """CPU reserved for each pod, as a Kubernetes quantity. Defaults to 500m."""
    memory: NotRequired[str]
    """Memory of each pod, as a Kubernetes quantity. Defaults to 512Mi."""
    allowed_namespaces: NotRequired[list[pulumi.Input[str]]]
    """Namespaces whose pods may call the endpoint, besides its own. Defaults to every namespace of the cluster."""
    rollout: NotRequired[RolloutArgs]
    """How a new version takes over, on SageMaker. Defaults to all at once."""
    sagemaker: NotRequired[SageMakerWorkloadEndpointArgs]
    """Settings of the endpoint on SageMaker."""


class KubernetesWorkloadArgs(TypedDict):
    """Where a workload runs on Kubernetes."""

    namespace: pulumi.Input[str]
    """Namespace that everything is created in. It must exist."""
    image_pull_secret_names: NotRequired[list[pulumi.Input[str]]]
    """Secrets of the namespace with which images are pulled. Defaults to none."""


class WorkloadArgs(TypedDict):
    """Arguments of a workload."""

    environment: pulumi.Input[str]
    """Name of the environment, recorded with every run."""
    registry_url: NotRequired[pulumi.Input[str]]
    """Address of the MLflow server that runs, models and versions are kept at. Needed on Kubernetes, and only there."""
    pipeline_image: pulumi.Input[str]
    """Image that the pipeline's steps run in, pinned by digest or content."""
    serving_image: pulumi.Input[str]
    """Image of the model server, pinned by digest or content."""
    pipeline: WorkloadPipelineArgs
    """How the model is trained."""
    model: NotRequired[ModelPinArgs]
    """The version that serves. Defaults to none: there is no endpoint, and the status is `waiting-for-model`."""
    endpoint: NotRequired[WorkloadEndpointArgs]
    """How the model is served. Defaults to one pod."""
    tags: NotRequired[dict[str, pulumi.Input[str]]]
    """Tags of every object, written as labels on Kubernetes. Defaults to none."""
    kubernetes: NotRequired[KubernetesWorkloadArgs]
    """Where the workload runs on Kubernetes. Exactly one target is given."""
    sagemaker: NotRequired[SageMakerWorkloadArgs]
    """Where the workload runs on SageMaker. Exactly one target is given."""


class Workload(pulumi.ComponentResource):
    """One model's whole life: the pipeline that trains it, and the endpoint that serves the version that is pinned."""

    endpoint_url: pulumi.Output[str]
    """Address of the endpoint; empty while it waits for a model."""
    serving_version: pulumi.Output[str]
    """The version that was proved to serve; empty while the endpoint waits for a model."""
    serving_digest: pulumi.Output[str]
    """The digest that was proved to serve; empty while the endpoint waits for a model."""
    pipeline_name: pulumi.Output[str]
    """Name of the pipeline on its target."""
    status: pulumi.Output[str]
    """`serving` or `waiting-for-model`."""

    def __init__(self, name: str, args: WorkloadArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Declare a workload.

        Args:
            name: Name of the workload: its model's, its endpoint's, and the beginning of its pipeline's.
            args: See `WorkloadArgs`.
            opts: Options of the component; a provider of the target among them is used for everything in it.

        Raises:
            ArgumentsError: With everything that is wrong with the arguments.
        """
        super().__init__("mlops:index:Workload", name, {}, opts)
        _check(name, args)
        self.registry: SageMakerModelRegistry | None = None
        """The registry of its own. None on Kubernetes, where workloads share one, and where it is another's."""
        self.pipeline: KubernetesTrainingPipeline | SageMakerTrainingPipeline
        """The pipeline."""
        self.endpoint: KubernetesEndpoint | SageMakerEndpoint
        """The endpoint."""
        if "sagemaker" in args:
            self._on_sagemaker(name, args)
        else:
            self._on_kubernetes(name, args)
        self.endpoint_url = self.endpoint.url
        self.serving_version = self.endpoint.serving_version
        self.serving_digest = self.endpoint.serving_digest
        self.pipeline_name = self.pipeline.pipeline_name
        self.status = self.endpoint.status
        self.register_outputs(self.outputs())

    def _on_kubernetes(self, name: str, args: WorkloadArgs) -> None:
        # Each target's library is large, and a program uses one of them.
        from pulumi_mlops.endpoint.kubernetes.component import KubernetesEndpoint  # noqa: PLC0415
        from pulumi_mlops.training_pipeline.kubernetes.component import KubernetesTrainingPipeline  # noqa: PLC0415

        children = pulumi.ResourceOptions(parent=self)
        self.pipeline = KubernetesTrainingPipeline(f"{name}-pipeline", _pipeline_args(name, args), children)
        self.endpoint = KubernetesEndpoint(name, _endpoint_args(name, args), children)

    def _on_sagemaker(self, name: str, args: WorkloadArgs) -> None:
        from pulumi_mlops.endpoint.sagemaker.component import SageMakerEndpoint  # noqa: PLC0415
        from pulumi_mlops.model_registry.sagemaker.component import SageMakerModelRegistry  # noqa: PLC0415
        from pulumi_mlops.training_pipeline.sagemaker.component import SageMakerTrainingPipeline  # noqa: PLC0415

        children = pulumi.ResourceOptions(parent=self)
        group = args["sagemaker"].get("model_package_group")
        if group is None:
            registry_args = sagemaker_workload.registry_args(name, args)
            self.registry = SageMakerModelRegistry(f"{name}-registry", registry_args, children)
            group = self.registry.group_name
        pipeline_args = sagemaker_workload.pipeline_args(name, args, group)
        self.pipeline = SageMakerTrainingPipeline(f"{name}-pipeline", pipeline_args, children)
        self.endpoint = SageMakerEndpoint(name, sagemaker_workload.endpoint_args(name, args, group), children)

    def outputs(self) -> dict[str, pulumi.Output[str]]:
        """Return the outputs by name, as a stack exports them."""
        return {
            "endpoint_url": self.endpoint_url,
            "serving_version": self.serving_version,
            "serving_digest": self.serving_digest,
            "pipeline_name": self.pipeline_name,
            "status": self.status,
        }


def _check(name: str, args: WorkloadArgs) -> None:
    arguments = Arguments("Workload", name, args, WorkloadArgs)
    targets = [key for key in ("kubernetes", "sagemaker") if args.get(key) is not None]
    if len(targets) != 1:
        got, expected = " and ".join(targets) or None, "exactly one of kubernetes and sagemaker"
        arguments.add("args", got, expected, "say where the workload runs, once")
    elif targets == ["kubernetes"] and args.get("registry_url") is None:
        arguments.add("registry_url", None, "the address of an MLflow server", "add this key")
    arguments.finish()
    if targets == ["kubernetes"]:
        _check_parts(arguments, name, args)
        arguments.finish()


def _check_parts(arguments: Arguments, name: str, args: WorkloadArgs) -> None:
    """Check the pipeline's and the endpoint's arguments together, each under the path that it has here."""
    arguments.check("name", name, checks.name(longest=LONGEST_NAME))
    parts: list[tuple[Callable[[], object], Callable[[str], str]]] = [
        (lambda: resolve_pipeline(f"{name}-pipeline", _pipeline_args(name, args)), _path_of_pipeline),
        (lambda: resolve_endpoint(name, _endpoint_args(name, args)), _path_of_endpoint),
    ]
    for resolve, path_here in parts:
        try:
            resolve()
        except ArgumentsError as error:
            known = [problem for problem in error.problems if problem.path not in ("name", "model_name")]
            arguments.adopt(replace(problem, path=path_here(problem.path)) for problem in known)


def _path_of_pipeline(path: str) -> str:
    root = re.split(r"[.\[]", path)[0]
    if path.startswith("kubernetes.allowed_egress_cidrs"):
        return f"pipeline.{path.removeprefix('kubernetes.')}"
    if root in WorkloadPipelineArgs.__annotations__:
        return f"pipeline.{path}"
    return {"image": "pipeline_image", "champion": "model"}.get(root, root) + path.removeprefix(root)


def _path_of_endpoint(path: str) -> str:
    inner = path.removeprefix("kubernetes.")
    for candidate in (path, inner):
        if re.split(r"[.\[]", candidate)[0] in WorkloadEndpointArgs.__annotations__:
            return f"endpoint.{candidate}"
    return "serving_image" if path == "image" else path


def _pipeline_args(name: str, args: WorkloadArgs) -> Any:
    pipeline: dict[str, Any] = dict(args["pipeline"])
    allowed_egress_cidrs = pipeline.pop("allowed_egress_cidrs", None)
    return {
        **pipeline,
        **_shared_args(name, args),
        "image": args["pipeline_image"],
        "environment": args["environment"],
        "champion": args.get("model"),
        "kubernetes": {**args["kubernetes"], "allowed_egress_cidrs": allowed_egress_cidrs},
    }


def _endpoint_args(name: str, args: WorkloadArgs) -> Any:
    endpoint = dict(args.get("endpoint") or {})
    on_kubernetes = {key: endpoint.pop(key, None) for key in ("cpu", "memory", "allowed_namespaces")}
    return {
        **endpoint,
        **_shared_args(name, args),
        "image": args["serving_image"],
        "model": args.get("model"),
        "kubernetes": {**args["kubernetes"], **on_kubernetes},
    }


def _shared_args(name: str, args: WorkloadArgs) -> dict[str, Any]:
    return {"model_name": name, "registry_url": args["registry_url"], "tags": args.get("tags")}
