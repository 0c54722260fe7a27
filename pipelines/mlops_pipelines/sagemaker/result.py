"""`result.json`: what a pipeline on SageMaker reads of a step, its gate's conditions first of all."""

import json
import math

from mlops_pipelines.graph import StepGraph
from mlops_pipelines.record import StepRecord
from mlops_pipelines.runner import code_digest
from mlops_pipelines.sagemaker.composition import model_digest
from mlops_pipelines.settings import RunSettings
from mlops_pipelines.tracking import data_digest
from mlops_pipelines.workspace import Workspace


def result_document(
    graph: StepGraph, record: StepRecord, workspace: Workspace, settings: RunSettings
) -> dict[str, object]:
    """What is known once a step has run.

    A metric that is no number is null, which JSON has and a condition never takes for one that passes. Whatever did
    not succeed counts as rejected.
    """
    records = [workspace.record(name) for name in workspace.recorded_steps()]
    return {
        "step": record.step,
        "status": record.status,
        "message": record.message,
        "metrics": {name: value if math.isfinite(value) else None for name, value in record.metrics.items()},
        "rejected": "false" if record.status == "succeeded" else "true",
        "model_digest": model_digest(workspace) or "none",
        "data_digest": data_digest(dataset for each in records if each for dataset in each.datasets) or "none",
        "code_version": settings.code_version or code_digest(graph),
    }


def to_json(document: dict[str, object]) -> str:
    """The file's text."""
    return json.dumps(document, indent=2, sort_keys=True, allow_nan=False) + "\n"
