"""What processing and training jobs have in common."""

from typing import Any

from pulumi_mlops._shared import names
from pulumi_mlops._shared.aws.pipelines import JOB_FAULTS, STEP_FAULTS, retries
from pulumi_mlops._shared.aws.volumes import has_own_disks
from pulumi_mlops._shared.documents import Document, to_json, without_none
from pulumi_mlops.training_pipeline.sagemaker.definition.plan import PipelinePlan, StepPlan
from pulumi_mlops.training_pipeline.sagemaker.definition.references import EXECUTION_ID, parameter, text

PARAMETER_PREFIX = "MLOPS_PARAMETER_"


def environment(plan: PipelinePlan) -> dict[str, Any]:
    """Return the variables of every job: what its run is about.

    Each parameter has a variable of its own, since AWS takes 256 characters for one. The execution's identity is left
    out where steps are to be reused: a step with another environment is another step to SageMaker.
    """
    variables: dict[str, Any] = {
        "MLOPS_ENVIRONMENT": plan.environment,
        "MLOPS_IMAGE": plan.image,
        **names.step_variables(plan.workload, plan.model_name),
        # OpenMP threads that spin while waiting burn the job's CPU quota.
        "OMP_WAIT_POLICY": "PASSIVE",
        **{
            f"{PARAMETER_PREFIX}{name}": parameter(name) if each.type == "string" else text(parameter(name))
            for name, each in plan.parameters.items()
        },
    }
    if plan.cache_days == 0:
        variables["MLOPS_RUN_NAME"] = EXECUTION_ID
    if plan.gate is not None:
        variables["MLOPS_GATE"] = to_json(plan.gate)
    if plan.champion is not None:
        variables["MLOPS_CHAMPION"] = to_json(plan.champion)
    if plan.allow_code_formats:
        variables[names.ALLOW_CODE_FORMATS_VARIABLE] = ",".join(plan.allow_code_formats)
    return variables


def resources(plan: PipelinePlan, step: StepPlan) -> Document:
    """Return the machine of a job."""
    encrypts = plan.kms_key_arn is not None and not has_own_disks(step.instance_type)
    return without_none(
        {
            "InstanceCount": 1,
            "InstanceType": step.instance_type,
            "VolumeSizeInGB": plan.volume_gib,
            "VolumeKmsKeyId": plan.kms_key_arn if encrypts else None,
        }
    )


def stopping_condition(plan: PipelinePlan) -> Document:
    """Return how long a job may take."""
    return {"MaxRuntimeInSeconds": plan.timeout_seconds}


def vpc(plan: PipelinePlan) -> Document | None:
    """Return the network that jobs are in, or None where they are in SageMaker's own."""
    if not plan.subnet_ids:
        return None
    return {"SecurityGroupIds": sorted(plan.security_group_ids), "Subnets": sorted(plan.subnet_ids)}


def tags(plan: PipelinePlan) -> list[Document] | None:
    """Return the tags of a job."""
    return [{"Key": key, "Value": value} for key, value in sorted((plan.tags or {}).items())] or None


def step(plan: PipelinePlan, step: StepPlan, arguments: Document) -> Document:
    """Build a step that is a job, with how it is repeated or spared.

    Args:
        plan: The pipeline.
        step: The step.
        arguments: The request that creates the job.
    """
    return without_none(
        {
            "Name": step.name,
            "Type": step.kind.value,
            "Description": step.description or None,
            "Arguments": without_none({**arguments, "RoleArn": plan.role_arn, "Tags": tags(plan)}),
            "CacheConfig": {"Enabled": True, "ExpireAfter": f"P{plan.cache_days}D"} if plan.cache_days else None,
            "RetryPolicies": retries(plan.retry_attempts, STEP_FAULTS, JOB_FAULTS),
        }
    )


def registration_retries(plan: PipelinePlan) -> list[Document] | None:
    """Return how the registration, which is no job, is tried again."""
    return retries(plan.retry_attempts, STEP_FAULTS)
