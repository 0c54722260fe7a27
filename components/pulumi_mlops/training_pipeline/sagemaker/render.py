"""The AWS resources of a training pipeline: the pipeline with its definition, and the schedule that starts it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pulumi

from pulumi_mlops._shared.aws.pipelines import Pipeline
from pulumi_mlops._shared.aws.schedules import Schedule, schedule_of
from pulumi_mlops._shared.documents import to_json
from pulumi_mlops._shared.inputs import combine
from pulumi_mlops.training_pipeline.sagemaker.definition import PipelinePlan, compile_pipeline
from pulumi_mlops.training_pipeline.sagemaker.names import Role, roles_of
from pulumi_mlops.training_pipeline.sagemaker.resolved import SageMakerPipelineSettings


def pipeline(settings: SageMakerPipelineSettings) -> Pipeline:
    """Return the pipeline."""
    return {
        "pipeline_name": settings.aws_name,
        "pipeline_display_name": settings.aws_name,
        "pipeline_description": f"Trains, checks and registers {settings.model_name}.",
        "role_arn": roles_of(settings).arn(Role.EXECUTION),
        "pipeline_definition": definition(settings),
        "tags": dict(settings.tags),
    }


def definition(settings: SageMakerPipelineSettings) -> pulumi.Input[str]:
    """Return the definition: the same text for the same settings, known as soon as they are."""
    return combine(lambda known: to_json(compile_pipeline(plan(settings, known))), settings.later)


def plan(settings: SageMakerPipelineSettings, known: Mapping[str, Any]) -> PipelinePlan:
    """Return what the definition is made of.

    Args:
        settings: The settings.
        known: What `settings.later` turned out to be.
    """
    values: Mapping[str, Any] = known["values"]
    return PipelinePlan(
        name=settings.aws_name,
        graph_reference=settings.graph_reference,
        workload=settings.workload,
        model_name=settings.model_name,
        environment=known["environment"],
        steps=settings.steps,
        result_step=settings.result_step,
        gate=settings.gate,
        parameters={
            name: replace(parameter, default=values.get(name, parameter.default))
            for name, parameter in settings.parameters.items()
        },
        image=known["image"],
        serving_image=known["serving_image"],
        bucket=known["bucket"],
        model_data_bucket=known["model_data_bucket"],
        model_data_kms_key_arn=known["model_data_kms_key_arn"] or known["kms_key_arn"],
        model_package_group=known["model_package_group"],
        role_arn=roles_of(settings).arn(Role.JOBS),
        approval=settings.approval,
        volume_gib=settings.workspace_gib,
        timeout_seconds=settings.run_timeout_seconds,
        cache_days=settings.cache_days,
        retry_attempts=settings.retry_attempts,
        spot_wait_seconds=settings.spot_wait_seconds,
        is_isolated=not settings.has_network,
        champion=known["champion"],
        allow_code_formats=settings.allow_code_formats,
        kms_key_arn=known["kms_key_arn"],
        subnet_ids=known["subnet_ids"],
        security_group_ids=known["security_group_ids"],
        tags=known["tags"],
    )


def schedule(settings: SageMakerPipelineSettings, cron_fields: str) -> Schedule:
    """Return the schedule.

    Args:
        settings: The settings.
        cron_fields: Their schedule.
    """
    roles = roles_of(settings)
    arns = {"pipeline_arn": roles.pipeline_arn, "role_arn": roles.arn(Role.SCHEDULE)}
    return schedule_of(settings.aws_name, cron_fields, **arns)
