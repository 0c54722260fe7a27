"""What the steps of an execution have left on S3."""

from collections.abc import Mapping, Sequence
from typing import Any

from pulumi_mlops._shared.names import runs_folder
from pulumi_mlops.cli.sagemaker import packages
from pulumi_mlops.cli.sagemaker.names import Names
from pulumi_mlops.cli.sagemaker.run_documents import identity_of

Document = Mapping[str, Any]
# As `training_pipeline.sagemaker.definition.folders` names it.
_RESULT = "result.json"


def measured(names: Names, s3: Any, arn: str, steps: Sequence[Document]) -> dict[str, float]:
    """Return what the steps of an execution measured: each leaves it beside its output.

    Args:
        names: The workload's.
        s3: A client of S3.
        arn: The execution's.
        steps: What ListPipelineExecutionSteps says.
    """
    found: dict[str, float] = {}
    for step in sorted(steps, key=lambda each: str(each.get("StartTime") or "9")):
        if "ProcessingJob" not in (step.get("Metadata") or {}):
            continue
        # A step that was reused has left its output in the execution that ran it.
        origin = (step.get("CacheHitResult") or {}).get("SourcePipelineExecutionArn") or arn
        folder = f"s3://{names.bucket}/{runs_folder(names.pipeline)}/{identity_of(origin)}/{step['StepName']}"
        found |= packages.metrics_at(s3, f"{folder}/{_RESULT}")
    return found
