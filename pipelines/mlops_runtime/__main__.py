"""`python -m mlops_runtime`: one step alone, a whole graph, or the graph as JSON."""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from mlops_runtime.errors import PipelineError
from mlops_runtime.local import run_all
from mlops_runtime.process import progress_on_stdout, stopped_by_sigterm
from mlops_runtime.record import StepRecord
from mlops_runtime.reference import load_graph
from mlops_runtime.runner import StepStopped, run_step
from mlops_runtime.settings import RunSettings, settings_from_environment
from mlops_runtime.workspace import Workspace

TERMINATION_LOG = Path("/dev/termination-log")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Returns:
        0 when the step or run succeeded, was skipped or was turned down by a gate; 1 when it failed.
    """
    options = parser().parse_args(arguments)
    with progress_on_stdout(), stopped_by_sigterm():
        return int(options.command(options))


def _graph(options: argparse.Namespace) -> int:
    try:
        print(json.dumps(load_graph(options.graph).to_document(), indent=2))
    except PipelineError as error:
        return _fail("graph", error)
    return 0


def _step(options: argparse.Namespace) -> int:
    try:
        graph = load_graph(options.graph)
        settings = _settings(options, graph.name)
        record = run_step(graph, options.step, Workspace(options.workspace), settings)
    except PipelineError as error:
        return _fail(options.step, error)
    except StepStopped as stopped:
        return _fail(options.step, stopped)
    return _tell(record)


def _run(options: argparse.Namespace) -> int:
    try:
        graph = load_graph(options.graph)
        result = run_all(
            graph,
            Workspace(options.workspace),
            _settings(options, graph.name),
            on_step_end=lambda _, record: _print(record),
        )
    except (PipelineError, StepStopped) as error:
        return _fail("run", error)
    return 1 if result.failed else 0


def _settings(options: argparse.Namespace, default_model_name: str) -> RunSettings:
    settings = settings_from_environment(os.environ, default_model_name)
    given = dict(_assignment(text) for text in options.parameter)
    return replace(settings, parameters={**settings.parameters, **given})


def _assignment(text: str) -> tuple[str, object]:
    name, _, value = text.partition("=")
    try:
        return name, json.loads(value)
    except json.JSONDecodeError:
        return name, value


def _tell(record: StepRecord) -> int:
    _print(record)
    if TERMINATION_LOG.exists():
        TERMINATION_LOG.write_text(record.termination_message(), encoding="utf-8")
    return 1 if record.status == "failed" else 0


def _fail(step: str, error: BaseException) -> int:
    return _tell(StepRecord(step=step, status="failed", message=str(error)))


def _print(record: StepRecord) -> None:
    stream = sys.stderr if record.status == "failed" else sys.stdout
    print(f"{record.step}: {record.status} after {record.seconds:.1f} s: {record.message}", file=stream)


def parser() -> argparse.ArgumentParser:
    """Return what reads the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m mlops_runtime",
        description="Runs a step graph. MLFLOW_TRACKING_URI and the MLOPS_* variables of a pod's step count here too.",
    )
    commands = parser.add_subparsers(required=True)
    graph = commands.add_parser("graph", help="print a step graph as JSON")
    graph.set_defaults(command=_graph)
    step = commands.add_parser("step", help="run one step; the steps before it must have run in the workspace")
    step.add_argument("--step", required=True, help="the step's name")
    step.set_defaults(command=_step)
    run = commands.add_parser("run", help="run all the steps in this process")
    run.set_defaults(command=_run)
    for command in (graph, step, run):
        command.add_argument("--graph", required=True, help="as module:NAME, such as churn.graph:GRAPH")
    for command in (step, run):
        command.add_argument("--workspace", type=Path, required=True, help="folder that the steps share")
        command.add_argument(
            "--parameter", action="append", default=[], metavar="NAME=VALUE", help="over MLOPS_PARAMETERS; repeatable"
        )
    return parser


if __name__ == "__main__":
    sys.exit(main())
