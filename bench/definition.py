"""The definition of the worked example's SageMaker pipeline, from step graph to bytes."""

import json
import statistics
import time
from collections.abc import Callable, Sequence

from bench.errors import NotMeasurableError
from bench.figures import Figure, Goal
from pulumi_mlops.stack import arguments
from pulumi_mlops.stack.file import load_stack_file
from pulumi_mlops.stack.project import find_project
from pulumi_mlops.stack.workload import parts
from pulumi_mlops.training_pipeline.sagemaker import render as pipeline_render
from pulumi_mlops.training_pipeline.sagemaker.settings import resolve
from sandbox import paths

_STACK, _WORKLOAD = "dev-aws", "flight-delay"
_WARM_UPS, _RUNS = 20, 500
_MILLISECONDS = 1000


def measure() -> Sequence[Figure]:
    """Renders the definition many times in this process, once everything is imported.

    Each time the step graph is read, the arguments of the pipeline are made of it and checked, and the checked ones are
    compiled and written. What is read from disk, the stack file, is read once before.

    Raises:
        NotMeasurableError: The definition does not have the steps of a pipeline.
    """
    render = _rendering()
    definition = render()
    steps = json.loads(definition)["Steps"]
    if not steps:
        raise NotMeasurableError("the definition has no steps")
    for _ in range(_WARM_UPS):
        render()
    milliseconds = [_seconds(render) * _MILLISECONDS for _ in range(_RUNS)]
    note = f"{len(steps)} steps, {len(definition):,} bytes, {_RUNS} times"
    return [
        Figure("step graph → bytes, median", statistics.median(milliseconds), "ms", Goal.AT_MOST, 50.0, note),
        Figure("step graph → bytes, slowest", max(milliseconds), "ms", note="with the collector's pauses"),
    ]


def _rendering() -> Callable[[], bytes]:
    project = find_project(paths.checkout())
    stack = load_stack_file(project.stack_file(_STACK), project)
    if stack.platform.sagemaker is None:
        raise NotMeasurableError(f"stack {_STACK} is not on SageMaker")

    def render() -> bytes:
        args = arguments.workload_args(stack, _WORKLOAD, {}, bucket_name="a-bucket")
        part = parts.sagemaker_pipeline(_WORKLOAD, args, f"{_WORKLOAD}-group")
        return str(pipeline_render.definition(resolve(part.name, part.args))).encode()

    return render


def _seconds(render: Callable[[], bytes]) -> float:
    begun = time.perf_counter()
    render()
    return time.perf_counter() - begun
