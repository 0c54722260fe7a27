"""The version that a run registers, with where it comes from, and the condition on which it does."""

from typing import Any

from pulumi_mlops._shared.aws.model_data import ARCHIVE
from pulumi_mlops._shared.documents import Document, without_none
from pulumi_mlops._shared.names import DIGEST_TAG
from pulumi_mlops.training_pipeline.sagemaker.definition import folders, jobs
from pulumi_mlops.training_pipeline.sagemaker.definition.plan import PipelinePlan, StepPlan
from pulumi_mlops.training_pipeline.sagemaker.definition.processing import RESULT
from pulumi_mlops.training_pipeline.sagemaker.definition.references import (
    EXECUTION_ARN,
    EXECUTION_ID,
    from_file,
    join,
    text,
)

CONTENT_TYPE = "application/json"


def condition_name(result_step: str) -> str:
    """Return the name of the condition that a step's result is held against."""
    return f"{result_step}-gate"


def registration_steps(plan: PipelinePlan, step: StepPlan, result_step: str) -> list[Document]:
    """Compile the registration and the condition that it stands under.

    Args:
        plan: The pipeline.
        step: The step that registers.
        result_step: The step whose result decides.
    """
    return [
        without_none(
            {
                "Name": condition_name(result_step),
                "Type": "Condition",
                "Description": "Register the model only if it was not turned down.",
                "DependsOn": sorted(set(step.after) - {result_step}) or None,
                "Arguments": {
                    "Conditions": _conditions(plan, result_step),
                    "IfSteps": [_registration(plan, step, result_step)],
                    "ElseSteps": [],
                },
            }
        )
    ]


def _conditions(plan: PipelinePlan, result_step: str) -> list[Document]:
    """Return the step's own verdict, and the gate once more: no code can pass what the stack's bound forbids."""
    rejected = from_file(result_step, RESULT, "rejected")
    conditions: list[Document] = [{"Type": "Equals", "LeftValue": rejected, "RightValue": "false"}]
    if plan.gate is not None:
        bound, kind = ("max", "LessThanOrEqualTo") if "max" in plan.gate else ("min", "GreaterThanOrEqualTo")
        value = from_file(result_step, RESULT, "gate_value")
        conditions.append({"Type": kind, "LeftValue": value, "RightValue": float(plan.gate[bound])})
    return conditions


def _registration(plan: PipelinePlan, step: StepPlan, result_step: str) -> Document:
    report = join("/", folders.output_of(plan, result_step), folders.RESULT_FILE)
    # Where the deciding step has put it: the same location that a pin of this version gives.
    folder = from_file(result_step, RESULT, "model_folder")
    container = {"Image": plan.serving_image, "ModelDataUrl": join("/", folders.models_address(plan), folder, ARCHIVE)}
    return without_none(
        {
            "Name": step.name,
            "Type": step.kind.value,
            "Description": step.description or None,
            "Arguments": {
                "ModelPackageGroupName": plan.model_package_group,
                "ModelApprovalStatus": plan.approval,
                "InferenceSpecification": {
                    "Containers": [container],
                    "SupportedContentTypes": [CONTENT_TYPE],
                    "SupportedResponseMIMETypes": [CONTENT_TYPE],
                },
                "ModelMetrics": {"ModelQuality": {"Statistics": {"ContentType": CONTENT_TYPE, "S3Uri": report}}},
                "MetadataProperties": {
                    "CommitId": from_file(result_step, RESULT, "code_version"),
                    "GeneratedBy": EXECUTION_ARN,
                },
                "CustomerMetadataProperties": _lineage(plan, result_step),
            },
            "RetryPolicies": jobs.registration_retries(plan),
        }
    )


def _lineage(plan: PipelinePlan, result_step: str) -> dict[str, Any]:
    """Where a version comes from: what was given and, from the run's own record, what was found."""
    lineage: dict[str, Any] = {
        "mlops.code_version": from_file(result_step, RESULT, "code_version"),
        "mlops.data_digest": from_file(result_step, RESULT, "data_digest"),
        DIGEST_TAG: from_file(result_step, RESULT, "model_digest"),
        "mlops.environment": plan.environment,
        "mlops.execution": EXECUTION_ID,
        "mlops.graph": plan.graph_reference,
        "mlops.image": plan.image,
        "mlops.workload": plan.workload,
    }
    for name in plan.parameters:
        lineage[f"mlops.parameter.{name}"] = from_file(result_step, RESULT, f"parameters.{name}")
    if plan.gate is not None:
        bound = "max" if "max" in plan.gate else "min"
        lineage["mlops.gate"] = f"{plan.gate['metric']} {bound} {float(plan.gate[bound])}"
        lineage["mlops.gate_value"] = text(from_file(result_step, RESULT, "gate_value"))
    if plan.champion is not None:
        lineage["mlops.champion"] = plan.champion["version"]
    return lineage
