"""A workload's arguments on SageMaker, and what its parts are made of there."""

from collections.abc import Mapping
from typing import Any, NotRequired, TypedDict

import pulumi

from pulumi_mlops._shared.documents import without_none
from pulumi_mlops.endpoint.args import AlarmsArgs, AsynchronousArgs, DataCaptureArgs, ServerlessArgs, ShadowArgs
from pulumi_mlops.training_pipeline.args import ModelApproval

_EVERYWHERE = ("account_id", "region", "namespace", "permissions_boundary_arn")
_MODEL_DATA = ("model_data_bucket", "model_data_kms_key_arn")
_OTHER_ACCOUNTS = ("consumer_account_ids", "producer_account_ids")
_IN_NETWORK = ("bucket_name", "kms_key_arn", "subnet_ids", "security_group_ids")


class SageMakerWorkloadPipelineArgs(TypedDict):
    """What a workload's pipeline has on SageMaker only."""

    processing_instance_type: NotRequired[str]
    """Machine of every step but the one that trains. Defaults to ml.m5.large."""
    training_instance_type: NotRequired[str]
    """Machine of the step that trains. Defaults to ml.m5.xlarge."""
    instance_types: NotRequired[dict[str, str]]
    """Machines by step, over the two above. Defaults to none."""
    cache_days: NotRequired[int]
    """Days for which a step with unchanged inputs is not run again. Defaults to 0: every step runs."""
    retry_attempts: NotRequired[int]
    """How often a step is tried again when AWS fails it, as for a lack of machines. Defaults to 3."""
    approval: NotRequired[ModelApproval]
    """What a version is when a run has registered it. Defaults to PendingManualApproval."""
    data_s3_uris: NotRequired[list[pulumi.Input[str]]]
    """S3 locations that steps may read besides their inputs. With any, jobs have a network. Defaults to none."""
    data_kms_key_arns: NotRequired[list[pulumi.Input[str]]]
    """Keys that the objects at `data_s3_uris` are encrypted with, which jobs may decrypt with. Defaults to none."""


class SageMakerWorkloadEndpointArgs(TypedDict):
    """What a workload's endpoint has on SageMaker only."""

    instance_type: NotRequired[str]
    """The machine. Defaults to ml.m5.large."""
    invocations_per_instance_target: NotRequired[int]
    """Requests a minute that a machine should get before another is started. Defaults to 500."""
    scale_in_cooldown_seconds: NotRequired[int]
    """How long no machine is taken away after the number of machines has changed. Defaults to 300."""
    scale_out_cooldown_seconds: NotRequired[int]
    """How long no machine is added after one was. Defaults to 60."""
    alarms: NotRequired[AlarmsArgs]
    """When the endpoint is in trouble. Defaults to one alarm, when every request fails; none if serverless."""
    shadow: NotRequired[ShadowArgs]
    """A version that runs in the shadow. Defaults to none."""
    serverless: NotRequired[ServerlessArgs]
    """Serve without machines of one's own. Defaults to machines."""
    asynchronous: NotRequired[AsynchronousArgs]
    """Answer into the bucket. Defaults to answering at once."""
    data_capture: NotRequired[DataCaptureArgs]
    """Keep requests and answers. Defaults to keeping none."""
    superseded_configurations_kept: NotRequired[int]
    """Configurations before the one in use that stay, to go back to by hand. Defaults to 2."""


class SageMakerWorkloadArgs(TypedDict):
    """Where a workload runs on SageMaker."""

    account_id: str
    """The AWS account that everything is created in."""
    region: str
    """The AWS region, such as eu-west-1."""
    namespace: str
    """Beginning of every name, such as flights-dev."""
    bucket_name: pulumi.Input[str]
    """Bucket for runs' results, models and what the endpoint keeps."""
    model_package_group: NotRequired[pulumi.Input[str]]
    """ARN of another stack's model package group to register in and serve from. Defaults to a group of its own."""
    model_data_bucket: NotRequired[pulumi.Input[str]]
    """Bucket that models are put into and served from. Defaults to `bucket_name`."""
    model_data_kms_key_arn: NotRequired[pulumi.Input[str]]
    """Key that registered models are encrypted with. Defaults to `kms_key_arn`."""
    consumer_account_ids: NotRequired[list[str]]
    """Other accounts that may read the group of its own. Defaults to none."""
    producer_account_ids: NotRequired[list[str]]
    """Other accounts that may register versions in the group of its own. Defaults to none."""
    protect_data: NotRequired[bool]
    """Whether Pulumi refuses to delete the registered models. Defaults to true."""
    permissions_boundary_arn: NotRequired[pulumi.Input[str]]
    """Policy that bounds what roles can be given. Defaults to none."""
    kms_key_arn: NotRequired[pulumi.Input[str]]
    """Key that data is encrypted with. Defaults to keys that AWS manages."""
    subnet_ids: NotRequired[list[pulumi.Input[str]]]
    """Subnets that jobs and the endpoint run in. Given with `security_group_ids`. Defaults to none."""
    security_group_ids: NotRequired[list[pulumi.Input[str]]]
    """Security groups of jobs and of the endpoint. Given with `subnet_ids`."""


def registry_args(name: str, args: Mapping[str, Any]) -> Any:
    """Return the arguments of the registry that a workload has of its own."""
    place = args["sagemaker"]
    own = without_none({key: place.get(key) for key in (*_OTHER_ACCOUNTS, "protect_data")})
    return without_none(
        {
            "model_name": name,
            "tags": args.get("tags"),
            "sagemaker": {**_taken(place, ("account_id", "region", "namespace")), **own},
        }
    )


def pipeline_args(name: str, args: Mapping[str, Any], group: pulumi.Input[str]) -> Any:
    """Return the arguments of a workload's pipeline.

    Args:
        name: The workload's name.
        args: Its arguments.
        group: The model package group.
    """
    pipeline = dict(args["pipeline"])
    own = pipeline.pop("sagemaker", {})
    for key in ("resources", "allowed_egress_cidrs"):
        pipeline.pop(key, None)
    place = args["sagemaker"]
    return without_none(
        {
            **pipeline,
            "model_name": name,
            "image": args["pipeline_image"],
            "environment": args["environment"],
            "champion": args.get("model"),
            "tags": args.get("tags"),
            "sagemaker": without_none(
                {
                    **_taken(place, (*_EVERYWHERE, *_IN_NETWORK, *_MODEL_DATA)),
                    "model_package_group": group,
                    "serving_image": args["serving_image"],
                    **own,
                }
            ),
        }
    )


def endpoint_args(name: str, args: Mapping[str, Any], group: pulumi.Input[str]) -> Any:
    """Return the arguments of a workload's endpoint; see `pipeline_args`."""
    endpoint = dict(args.get("endpoint") or {})
    own = endpoint.pop("sagemaker", {})
    place = args["sagemaker"]
    return without_none(
        {
            **endpoint,
            "model_name": name,
            "image": args["serving_image"],
            "model": args.get("model"),
            "tags": args.get("tags"),
            "sagemaker": {
                **_taken(place, (*_EVERYWHERE, *_IN_NETWORK, *_MODEL_DATA)),
                "model_package_group": group,
                **own,
            },
        }
    )


def _taken(place: Mapping[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    return {key: place[key] for key in keys if place.get(key) is not None}
