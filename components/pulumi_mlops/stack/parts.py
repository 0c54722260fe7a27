"""What the components themselves refuse of a stack for SageMaker, told at its line in the stack file.

The rules stand beside the components, which check their arguments also in programs without a stack file. Here they are
asked beforehand: nothing is declared, and no cloud is called.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from pulumi_mlops.stack import graphs
from pulumi_mlops.stack.document import StackDocument
from pulumi_mlops.stack.model import StackConfig
from pulumi_mlops.stack.problems import Problem
from pulumi_mlops.stack.sagemaker import SageMakerEndpointSettings, SageMakerPipelineSettings

if TYPE_CHECKING:
    from pulumi_mlops._shared.arguments import Problem as ArgumentProblem

_Path = tuple[str, ...]
_BUCKET = "a-bucket"
# Arguments that stand elsewhere in a stack file.
_RENAMED = {
    "replicas_min": ("endpoint", "replicas", "min"),
    "replicas_max": ("endpoint", "replicas", "max"),
    "model": ("model",),
}
_IMAGES = {"endpoint": "serving", "pipeline": "pipeline"}


def problems_of(document: StackDocument, config: StackConfig) -> Iterator[Problem]:
    """Yield what the components refuse of a configuration that is sound otherwise."""
    if config.platform.sagemaker is None:
        return
    try:
        parts = _parts()
    except ModuleNotFoundError as error:
        if error.name != "pulumi_aws":
            raise
        return  # without the target's library nothing can be deployed from here, and `pulumi up` tells the same
    from pulumi_mlops.stack import sagemaker_args  # noqa: PLC0415 - start-up time

    for name in config.workloads:
        if not _has_graph(config, name):
            continue
        args = sagemaker_args.workload_args(config, name, config.platform.sagemaker, _BUCKET, {})
        for part, resolve in parts.items():
            for problem in _refused(resolve, name, args):
                path = _place(part, name, problem.path)
                yield document.problem(path, got=problem.got, expected=problem.expected, fix=problem.fix)


def _has_graph(config: StackConfig, workload: str) -> bool:
    """Tell whether a workload's step graph can be had; why not has been told already."""
    try:
        graphs.load_graph(config.graph_of(workload))
    except graphs.GraphError:
        return False
    return True


def _parts() -> dict[str, Callable[[str, Any], None]]:
    """Return what checks a workload's parts, by their keys in a stack file."""
    from pulumi_mlops.endpoint.sagemaker import resolve as endpoint  # noqa: PLC0415
    from pulumi_mlops.stack.workload import sagemaker as workload  # noqa: PLC0415 - start-up time
    from pulumi_mlops.training_pipeline.sagemaker import settings as pipeline  # noqa: PLC0415

    def check_endpoint(name: str, args: Any) -> None:
        endpoint.resolve(name, workload.endpoint_args(name, args, f"{name}-group"))

    def check_pipeline(name: str, args: Any) -> None:
        pipeline.resolve(f"{name}-pipeline", workload.pipeline_args(name, args, f"{name}-group"))

    return {"endpoint": check_endpoint, "pipeline": check_pipeline}


def _refused(resolve: Callable[[str, Any], None], name: str, args: Any) -> "tuple[ArgumentProblem, ...]":
    from pulumi_mlops._shared.arguments import ArgumentsError  # noqa: PLC0415 - start-up time

    try:
        resolve(name, args)
    except ArgumentsError as error:
        return error.problems
    return ()


def _place(part: str, workload: str, argument: str) -> _Path:
    """Return where an argument of a component stands in a stack file."""
    keys = tuple(argument.replace("[", ".").replace("]", "").split("."))
    here = ("workloads", workload)
    if keys[0] == "name":
        return here
    if keys[0] in _RENAMED:
        return (*here, *_RENAMED[keys[0]], *keys[1:])
    if keys[0] == "image" or keys[:2] == ("sagemaker", "serving_image"):
        return ("platform", "images", _IMAGES[part] if keys[0] == "image" else "serving")
    own = SageMakerEndpointSettings if part == "endpoint" else SageMakerPipelineSettings
    if keys[0] == "sagemaker" and len(keys) > 1 and keys[1] not in own.model_fields:
        return ("platform", *keys)
    return (*here, part, *keys)
