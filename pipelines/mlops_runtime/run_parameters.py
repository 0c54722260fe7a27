"""The parameters of one run: those that its first step was given hold for every step of it."""

import json
from collections.abc import Mapping
from typing import Any

from mlops_runtime.errors import SettingsError
from mlops_runtime.graph import StepGraph
from mlops_runtime.parameters import PipelineParameters, parse_parameters
from mlops_runtime.workspace import Workspace

NOTE = "parameters.json"


def parameters_of_run(graph: StepGraph, given: Mapping[str, object], workspace: Workspace) -> PipelineParameters:
    """Check what a step is given against the run that the workspace holds; what is not given is as it was there.

    Raises:
        SettingsError: A value does not fit the graph, or is another than the run's.
    """
    noted = _noted(workspace)
    parameters = parse_parameters(graph.parameters, {**noted, **given}, "parameters")
    values = parameters.model_dump(mode="json")
    others = [name for name, value in noted.items() if values.get(name) != value]
    if others:
        told = "; ".join(f"parameters.{name}: got {values.get(name)!r}, expected {noted[name]!r}" for name in others)
        raise SettingsError(
            f"{told}, as the run in the workspace {workspace.root} began; leave them out, or begin another run in"
            f" another workspace"
        )
    return parameters


def note_parameters(parameters: PipelineParameters, workspace: Workspace) -> None:
    """Note the parameters of a run that begins; those of one that has begun stay."""
    if workspace.note(NOTE) is None:
        workspace.write_note(NOTE, json.dumps(parameters.model_dump(mode="json"), sort_keys=True))


def _noted(workspace: Workspace) -> dict[str, Any]:
    values: dict[str, Any] = json.loads(workspace.note(NOTE) or "{}")
    return values
