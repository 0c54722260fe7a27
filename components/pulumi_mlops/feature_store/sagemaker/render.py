"""The AWS resources of a feature store: feature groups, and the pipeline of one job that brings rows in."""

import pulumi

from mlops_runtime.features.definition import FeatureView
from mlops_runtime.features.sagemaker_records import columns_of, key_column
from mlops_runtime.features.sagemaker_views import in_parts
from pulumi_mlops._shared import names
from pulumi_mlops._shared.aws import processing_jobs
from pulumi_mlops._shared.aws.pipelines import JOB_FAULTS, STEP_FAULTS, Pipeline, retries
from pulumi_mlops._shared.aws.schedules import Schedule, schedule_of
from pulumi_mlops._shared.documents import Document, to_json, without_none
from pulumi_mlops._shared.inputs import combine
from pulumi_mlops.feature_store.sagemaker.names import (
    Role,
    offline_folder,
    pipeline_arn,
    pipeline_name,
    progress_folder,
    role_arn,
)
from pulumi_mlops.feature_store.sagemaker.settings import SageMakerFeatureStoreSettings

VERSION = "2020-12-01"
STEP = "ingest"
ENTRYPOINT = ("python", "-m", "mlops_runtime.features.sagemaker_ingest")
# AWS' own faults alone: a job that ended by itself is not tried again. The run after it goes on where it was.
RETRIES = 3
CHANGE_SECONDS = 1800
"""How long one change of a feature group may take."""
LONGEST_DESCRIPTION = 128
TABLE_FORMAT = "Glue"
"""Its files are never rewritten, so they can be read as they are."""


def group_name(settings: SageMakerFeatureStoreSettings, view: FeatureView) -> str:
    """Return the name of a view's feature group."""
    return names.feature_group(settings.namespace, settings.name, view.versioned_name)


def schema(settings: SageMakerFeatureStoreSettings) -> Document:
    """Return the definition, as what refuses a loss in a preview."""
    return {
        "store": settings.name,
        "target": "sagemaker",
        "definition": settings.definition.document(),
        "acknowledged_changes": list(settings.acknowledged_changes),
        "has_protected_views": settings.protect_data,
    }


def group(settings: SageMakerFeatureStoreSettings, view: FeatureView, store_role_arn: pulumi.Input[str]) -> Document:
    """Return a view's feature group.

    Args:
        settings: The store.
        view: The view.
        store_role_arn: What SageMaker writes the offline store as, known once it may.
    """
    folder = offline_folder(settings)
    key = without_none({"kms_key_arn": settings.kms_key_arn})
    offline = {
        "s3_uri": combine(lambda bucket: f"s3://{bucket}/{folder}", settings.bucket_name),
        "table_format": TABLE_FORMAT,
        "has_glue_table": True,
        **key,
    }
    return {
        "account_id": settings.account.account_id,
        "region": settings.account.region,
        "feature_group_name": group_name(settings, view),
        "description": f"Features of {', '.join(view.entity_names)}: {view.versioned_name}"[:LONGEST_DESCRIPTION],
        "record_identifier": key_column(view),
        "event_time": view.event_time,
        "features": [{"name": name, "type": kind} for name, kind in columns_of(view).items()],
        "online": key if view.online else None,
        "time_to_live_seconds": view.time_to_live_seconds if view.online else None,
        "offline": offline if view.offline else None,
        "role_arn": store_role_arn,
        "tags": {**settings.resource_tags, "mlops:feature-view": view.versioned_name},
        "wait_seconds": CHANGE_SECONDS,
        "loss_acknowledged": view.versioned_name in settings.acknowledged_changes,
    }


def pipeline(settings: SageMakerFeatureStoreSettings) -> Pipeline:
    """Return the pipeline that brings rows in."""
    return {
        "pipeline_name": pipeline_name(settings),
        "pipeline_display_name": pipeline_name(settings),
        "pipeline_description": f"Brings rows into the feature store {settings.name}.",
        "role_arn": role_arn(settings, Role.EXECUTION),
        "pipeline_definition": combine(to_json, _definition(settings)),
        "tags": dict(settings.resource_tags),
    }


def schedule(settings: SageMakerFeatureStoreSettings, cron_fields: str) -> Schedule:
    """Return the schedule.

    Args:
        settings: The store.
        cron_fields: Its schedule.
    """
    arns = {"pipeline_arn": pipeline_arn(settings), "role_arn": role_arn(settings, Role.SCHEDULE)}
    return schedule_of(pipeline_name(settings), cron_fields, **arns)


def lookup_url(settings: SageMakerFeatureStoreSettings) -> str:
    """Return the address at which SageMaker looks records up."""
    suffix = "amazonaws.com.cn" if settings.account.partition == "aws-cn" else "amazonaws.com"
    return f"https://featurestore-runtime.sagemaker.{settings.account.region}.{suffix}"


def _definition(settings: SageMakerFeatureStoreSettings) -> Document:
    step = {
        "Name": STEP,
        "Type": "Processing",
        "Arguments": _job(settings),
        "RetryPolicies": retries(RETRIES, STEP_FAULTS, JOB_FAULTS),
    }
    return {"Version": VERSION, "Metadata": {}, "Parameters": [], "Steps": [step]}


def _job(settings: SageMakerFeatureStoreSettings) -> Document:
    """Return the request that creates the job. It reads S3 and puts records, so it is in no network isolation."""
    views = settings.definition.views
    groups = [part for view in views for part in ("--group", f"{view.versioned_name}={group_name(settings, view)}")]
    folder = progress_folder(settings)
    progress = combine(lambda bucket: f"s3://{bucket}/{folder}", settings.bucket_name)
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
                "ContainerArguments": [
                    *groups,
                    *("--progress", progress),
                    *("--lateness-hours", str(settings.lateness_hours)),
                ],
            },
            "Environment": {"AWS_REGION": settings.account.region, **in_parts(views)},
            "NetworkConfig": without_none(
                {
                    "EnableNetworkIsolation": False,
                    "VpcConfig": processing_jobs.network(settings.subnet_ids, settings.security_group_ids),
                }
            ),
            "StoppingCondition": {"MaxRuntimeInSeconds": settings.run_timeout_seconds},
            "RoleArn": role_arn(settings, Role.INGESTION),
            "Tags": [{"Key": key, "Value": value} for key, value in sorted(settings.resource_tags.items())] or None,
        }
    )
