"""The AWS resources of a batch: a pipeline of one processing job, the version's look-up, and the schedule."""

from typing import Any

from pulumi_mlops._shared import names
from pulumi_mlops._shared.aws import processing_jobs
from pulumi_mlops._shared.aws.pinned_package import pinned_package
from pulumi_mlops._shared.aws.pipelines import JOB_FAULTS, STEP_FAULTS, Pipeline, retries
from pulumi_mlops._shared.aws.schedules import Schedule, schedule_of
from pulumi_mlops._shared.documents import Document, to_json, without_none
from pulumi_mlops._shared.inputs import combine
from pulumi_mlops._shared.pinned_model import PinnedModel
from pulumi_mlops.batch_job.sagemaker.names import Role, roles_of
from pulumi_mlops.batch_job.sagemaker.settings import SageMakerBatchSettings
from pulumi_mlops.batch_job.settings import command

VERSION = "2020-12-01"
STEP = "score"
ENTRYPOINT = ("python", "-m", "mlops_runtime.sagemaker.batch")
MODEL_FOLDER = "/opt/ml/processing/input/model"
# AWS' own faults alone: a job that ended by itself is not tried again. The run after it goes on where it was.
RETRIES = 3


def package(settings: SageMakerBatchSettings, model: PinnedModel) -> Document:
    """Return the version that is pinned, as it is looked up in the registry."""
    return pinned_package(settings.account, settings.model_package_group, settings.model_data_bucket, model)


def pipeline(settings: SageMakerBatchSettings, model: PinnedModel) -> Pipeline:
    """Return the pipeline."""
    return {
        "pipeline_name": settings.aws_name,
        "pipeline_display_name": settings.aws_name,
        "pipeline_description": f"Scores a table with {settings.model_name}.",
        "role_arn": roles_of(settings).arn(Role.EXECUTION),
        "pipeline_definition": combine(to_json, _definition(settings, model)),
        "tags": dict(settings.job_tags),
    }


def schedule(settings: SageMakerBatchSettings, cron_fields: str) -> Schedule:
    """Return the schedule.

    Args:
        settings: The batch.
        cron_fields: Its schedule.
    """
    roles = roles_of(settings)
    arns = {"pipeline_arn": roles.pipeline_arn, "role_arn": roles.arn(Role.SCHEDULE)}
    return schedule_of(settings.aws_name, cron_fields, **arns)


def _definition(settings: SageMakerBatchSettings, model: PinnedModel) -> Document:
    places = {names.BATCH_INPUT_PARAMETER: settings.input, names.BATCH_OUTPUT_PARAMETER: settings.output}
    return {
        "Version": VERSION,
        "Metadata": {},
        "Parameters": [{"Name": name, "Type": "String", "DefaultValue": place} for name, place in places.items()],
        "Steps": [
            {
                "Name": STEP,
                "Type": "Processing",
                "Arguments": _job(settings, model),
                "RetryPolicies": retries(RETRIES, STEP_FAULTS, JOB_FAULTS),
            }
        ],
    }


def _job(settings: SageMakerBatchSettings, model: PinnedModel) -> Document:
    """Return the request that creates the job. It reads and writes S3 by itself, so it is in no network isolation."""
    places = {
        "input_at": {"Get": f"Parameters.{names.BATCH_INPUT_PARAMETER}"},
        "output_at": {"Get": f"Parameters.{names.BATCH_OUTPUT_PARAMETER}"},
    }
    return without_none(
        {
            "ProcessingResources": {
                "ClusterConfig": processing_jobs.machine(
                    settings.instance_type, settings.volume_gib, settings.kms_key_arn
                )
            },
            "AppSpecification": {
                "ImageUri": settings.image,
                "ContainerEntrypoint": list(ENTRYPOINT),
                "ContainerArguments": command(settings, model, **places),
            },
            "ProcessingInputs": [_model_input(package(settings, model)["model_data_url"])],
            "Environment": {"AWS_REGION": settings.account.region, "OMP_WAIT_POLICY": "PASSIVE"},
            "NetworkConfig": without_none(
                {
                    "EnableNetworkIsolation": False,
                    "VpcConfig": processing_jobs.network(settings.subnet_ids, settings.security_group_ids),
                }
            ),
            "StoppingCondition": {"MaxRuntimeInSeconds": settings.run_timeout_seconds},
            "RoleArn": roles_of(settings).arn(Role.JOB),
            "Tags": [{"Key": key, "Value": value} for key, value in sorted(settings.job_tags.items())] or None,
        }
    )


def _model_input(model_data: Any) -> Document:
    return {
        "InputName": "model",
        "S3Input": {
            "S3Uri": model_data,
            "LocalPath": MODEL_FOLDER,
            "S3DataType": "S3Prefix",
            "S3InputMode": "File",
            "S3DataDistributionType": "FullyReplicated",
            "S3CompressionType": "None",
        },
    }
