"""What an execution of a pipeline looks like to the commands, from what AWS says of it and of its steps. No I/O."""

from collections.abc import Mapping, Sequence
from typing import Any

from pulumi_mlops.cli.runs import Run, Status, Step

Document = Mapping[str, Any]
CONDITION_SUFFIX = "-gate"
_STEPS = {
    "Starting": Status.WAITING,
    "Executing": Status.RUNNING,
    "Stopping": Status.RUNNING,
    "Stopped": Status.FAILED,
    "Failed": Status.FAILED,
    "Succeeded": Status.SUCCEEDED,
}


def run_of(arn: str, execution: Document, steps: Sequence[Document]) -> Run:
    """Return how an execution stands.

    Args:
        arn: The execution's.
        execution: What DescribePipelineExecution says.
        steps: What ListPipelineExecutionSteps says, in any order.
    """
    ordered = sorted(steps, key=lambda step: (str(step.get("StartTime") or "9"), step["StepName"]))
    shown = tuple(_step(step) for step in ordered)
    status = _STEPS.get(execution.get("PipelineExecutionStatus", ""), Status.RUNNING)
    message = str(execution.get("FailureReason") or "")
    if status is Status.FAILED:
        broken = next((step for step in shown if step.status is Status.FAILED), None)
        message = f"{broken.name}: {broken.message}" if broken is not None else message or "it was stopped"
    turned_down = next((step for step in ordered if _outcome(step) == "False"), None)
    if status is Status.SUCCEEDED and turned_down is not None:
        status, message = Status.REJECTED, f"{turned_down['StepName']} turned the model down"
    return Run(identity_of(arn), status, message, shown)


def identity_of(arn: str) -> str:
    """Return the identity of an execution."""
    return arn.rpartition("/")[2]


def registered_package(steps: Sequence[Document]) -> str | None:
    """Return the ARN of the version that an execution registered; None where there is none."""
    arns = [(step.get("Metadata") or {}).get("RegisterModel", {}).get("Arn") for step in steps]
    return next((str(arn) for arn in arns if arn), None)


def _step(step: Document) -> Step:
    outcome = _outcome(step)
    status = _STEPS.get(step.get("StepStatus", ""), Status.WAITING)
    message = str(step.get("FailureReason") or "")
    if outcome is not None:
        status = Status.REJECTED if outcome == "False" else status
        message = "the model is turned down" if outcome == "False" else "the model passes"
    return Step(step["StepName"], "", status, message, written(step.get("StartTime")), written(step.get("EndTime")))


def _outcome(step: Document) -> str | None:
    condition = (step.get("Metadata") or {}).get("Condition") or {}
    return condition.get("Outcome")


def written(moment: Any) -> str | None:
    """Write a point in time of AWS's as RFC 3339; None where there is none."""
    return None if moment is None else str(moment.isoformat() if hasattr(moment, "isoformat") else moment)
