"""`result.json`: what a pipeline on SageMaker reads of a step, its gate's conditions first of all."""

import json
import math
import re
import sys
from collections.abc import Mapping

from mlops_runtime.gate import Gate
from mlops_runtime.graph import StepGraph
from mlops_runtime.parameters import parse_parameters
from mlops_runtime.record import StepRecord
from mlops_runtime.runner import code_digest
from mlops_runtime.sagemaker.composition import model_digest
from mlops_runtime.settings import RunSettings
from mlops_runtime.tracking import data_digest
from mlops_runtime.workspace import Workspace

METADATA_CHARACTERS = 256
_NOT_METADATA = re.compile(r"[^\w\s.:/=+@-]|[\t\n\r\f\v]")


def result_document(
    graph: StepGraph, record: StepRecord, workspace: Workspace, settings: RunSettings, model_folder: str
) -> dict[str, object]:
    """Return what is known once a step has run.

    A metric that is no number is null. Whatever did not succeed counts as rejected. The value that a gate is held
    against is always a number, which a condition needs; where none was measured, one that passes no bound.

    Args:
        graph: The graph.
        record: How the step ended.
        workspace: The job's workspace.
        settings: What the run was given.
        model_folder: Where the model that may be registered lies, below the registry's models; `none` for no model.
    """
    records = [workspace.record(name) for name in workspace.recorded_steps()]
    document: dict[str, object] = {
        "step": record.step,
        "status": record.status,
        "message": record.message,
        "metrics": {name: value if math.isfinite(value) else None for name, value in record.metrics.items()},
        "rejected": "false" if record.status == "succeeded" else "true",
        "model_digest": model_digest(workspace) or "none",
        "model_folder": model_folder,
        "data_digest": data_digest(dataset for each in records if each for dataset in each.datasets) or "none",
        "code_version": settings.code_version or code_digest(graph),
        "parameters": _parameters(graph, settings) if record.status != "failed" else {},
    }
    if settings.gate is not None and graph.step(record.step).is_gate:
        document["gate_value"] = _gate_value(settings.gate, record.metrics)
    return document


def _parameters(graph: StepGraph, settings: RunSettings) -> dict[str, str]:
    """Every parameter as a text that the metadata of a model version may hold; the run's note has them as they are."""
    values = parse_parameters(graph.parameters, settings.parameters, "parameters").model_dump(mode="json")
    texts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in values.items()}
    return {name: _NOT_METADATA.sub("_", text)[:METADATA_CHARACTERS] or "none" for name, text in texts.items()}


def _gate_value(gate: Gate, metrics: Mapping[str, float]) -> float:
    value = metrics.get(gate.metric, math.nan)
    if math.isfinite(value):
        return value
    return sys.float_info.max if gate.max is not None else -sys.float_info.max


def to_json(document: dict[str, object]) -> str:
    """Return the file's text."""
    return json.dumps(document, indent=2, sort_keys=True, allow_nan=False) + "\n"
