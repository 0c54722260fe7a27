"""What one more workload costs a rendering, in a small stack and in a large one."""

import copy
import gc
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.figures import Figure, Goal
from bench.stack_file import pin_models, write_stack_file
from pulumi_mlops.cli.render.program import render_stack
from pulumi_mlops.cli.render.text import to_text
from pulumi_mlops.stack.project import Project, find_project
from sandbox import paths

_TEMPLATES = {"SageMaker": "dev-aws", "Kubernetes": "dev-local"}
_WORKLOAD, _GRAPH = "flight-delay", "flight_delay.graph:GRAPH"
_SMALL, _LARGE = 10, 200
# How often a stack with as many workloads is rendered. One with none costs what each costs.
_RUNS = {0: 5, _SMALL: 5, _LARGE: 3}
_LARGEST_RATIO = 1.2
_MILLISECONDS = 1000


def measure() -> Sequence[Figure]:
    """Renders stacks of either target in this process, once everything is imported: what `mlops render` does then.

    A rendering waits for nothing, so it is the processor's time that counts, whatever runs beside it. Each workload has
    a pinned model, so that its endpoint is there.
    """
    with tempfile.TemporaryDirectory(prefix="mlops-bench-") as folder:
        project = replace(find_project(paths.checkout()), stacks=Path(folder))
        return [figure for target, template in _TEMPLATES.items() for figure in _figures(project, target, template)]


def _figures(project: Project, target: str, template: str) -> Sequence[Figure]:
    for workloads in _RUNS:
        write_stack_file(project.stacks / f"Pulumi.{_stack(workloads)}.yaml", template, _with(workloads))
    _seconds(project, _SMALL)  # Imports.
    seconds = {
        workloads: statistics.median(_seconds(project, workloads) for _ in range(runs))
        for workloads, runs in _RUNS.items()
    }
    each = {workloads: _each(seconds, workloads) for workloads in (_SMALL, _LARGE)}
    return [
        *(
            Figure(
                f"{target}: each of {workloads} workloads",
                each[workloads] * _MILLISECONDS,
                "ms",
                note=f"without the {seconds[0]:.2f} s of a stack with none, median of {_RUNS[workloads]}",
            )
            for workloads in each
        ),
        Figure(f"{target}: ratio of the two", each[_LARGE] / each[_SMALL], "×", Goal.AT_MOST, _LARGEST_RATIO),
        Figure(
            f"{target}: {_LARGE} workloads",
            seconds[_LARGE],
            "s",
            note="the whole stack, imports aside; processor time, as all of these",
        ),
    ]


def _each(seconds: Mapping[int, float], workloads: int) -> float:
    return (seconds[workloads] - seconds[0]) / workloads


def _seconds(project: Project, workloads: int) -> float:
    gc.collect()  # What is left of the last one.
    begun = time.process_time()
    to_text([render_stack(project, _stack(workloads))])
    return time.process_time() - begun


def _stack(workloads: int) -> str:
    return f"{workloads}-workloads"


def _with(workloads: int) -> Callable[[dict[str, Any]], None]:
    """Returns what gives a stack so many workloads, all like the worked example."""

    def edit(config: dict[str, Any]) -> None:
        example = config["mlops:workloads"][_WORKLOAD]
        example["pipeline"]["graph"] = _GRAPH
        config["mlops:workloads"] = {
            f"{_WORKLOAD}-{number:03}": copy.deepcopy(example) for number in range(1, workloads + 1)
        }
        pin_models(config)

    return edit
