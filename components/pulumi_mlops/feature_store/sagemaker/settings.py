"""A feature store's arguments on SageMaker, checked and complete."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

from mlops_runtime.features.definition import FeatureStoreDefinition, FeatureView
from mlops_runtime.features.sagemaker_records import KEY_COLUMN, columns_of
from mlops_runtime.features.sagemaker_views import PARTS_MAX, in_parts
from pulumi_mlops._shared import names, values
from pulumi_mlops._shared.arguments import Arguments, ArgumentsError
from pulumi_mlops._shared.aws import schedules
from pulumi_mlops._shared.aws import values as aws_values
from pulumi_mlops._shared.aws.account import AwsAccount
from pulumi_mlops._shared.aws.instance_disks import disk_gb
from pulumi_mlops._shared.aws.instance_types import InstanceUse
from pulumi_mlops._shared.aws.roles import LONGEST_ROLE_NAME
from pulumi_mlops._shared.aws.settings import read_common, read_network, resource_name
from pulumi_mlops._shared.aws.tags import component_tags
from pulumi_mlops._shared.problems import Requirement
from pulumi_mlops._shared.rules import all_of
from pulumi_mlops.feature_store import settings as neutral
from pulumi_mlops.feature_store.args import SageMakerFeatureStoreArgs

COMPONENT = "SageMakerFeatureStore"
S3 = "s3://"
# The longest name that is made of the store's: of the role that the rows are brought in as.
LONGEST_NAME = LONGEST_ROLE_NAME - len("-ingestion")
LONGEST_GROUP_NAME = 64
MOST_FEATURES = 2500
"""Of a feature group, its key and its event time among them: dg/feature-store-quotas."""
MOST_GROUP_ARGUMENTS = 40
"""Views of one job: a container takes a hundred arguments, and each view is two of them."""
AWS_COLUMNS = frozenset(("is_deleted", "write_time", "api_invocation_time"))


@dataclass(frozen=True, kw_only=True)
class SageMakerFeatureStoreSettings(neutral.NeutralFeatureStoreSettings):
    """Everything that the store's documents are made of."""

    aws_name: str
    """The beginning of what belongs to the store on AWS."""
    namespace: str
    account: AwsAccount
    image: pulumi.Input[str]
    bucket_name: pulumi.Input[str]
    instance_type: str
    volume_gib: int
    subnet_ids: Sequence[pulumi.Input[str]]
    security_group_ids: Sequence[pulumi.Input[str]]
    kms_key_arn: pulumi.Input[str] | None
    data_kms_key_arns: Sequence[pulumi.Input[str]]
    permissions_boundary_arn: pulumi.Input[str] | None
    resource_tags: Mapping[str, pulumi.Input[str]]
    """Tags of every resource, ours among them."""


def resolve(name: str, args: SageMakerFeatureStoreArgs) -> SageMakerFeatureStoreSettings:
    """Check the arguments and fill in the defaults.

    Raises:
        ArgumentsError: With every problem of the plain values. Outputs are checked where they are used.
    """
    arguments = Arguments(COMPONENT, name, args, SageMakerFeatureStoreArgs)
    read = arguments.read
    common, network = read_common(arguments), read_network(arguments)
    everywhere = neutral.read_neutral(arguments, name, location=_location)
    here = {
        "aws_name": resource_name(arguments, common, name, longest=LONGEST_NAME),
        "namespace": common.namespace,
        "account": common.account,
        "image": read("sagemaker.image", common.ecr_image),
        "bucket_name": read("sagemaker.bucket_name", aws_values.bucket_name),
        "instance_type": read(
            "sagemaker.instance_type", common.instance_type(InstanceUse.PROCESSING), neutral.DEFAULT_INSTANCE_TYPE
        ),
        "volume_gib": arguments.number("sagemaker.volume_gib", neutral.JOB_VOLUME_GIB),
        "subnet_ids": network.subnet_ids if network else [],
        "security_group_ids": network.security_group_ids if network else [],
        "kms_key_arn": common.kms_key_arn,
        "data_kms_key_arns": arguments.items("sagemaker.data_kms_key_arns", common.kms_key),
        "permissions_boundary_arn": common.permissions_boundary_arn,
        "resource_tags": component_tags(common.tags, names.FEATURE_STORE),
    }
    if everywhere is None:
        raise ArgumentsError(COMPONENT, name, arguments.problems)
    if everywhere.schedule is not None and arguments.sound("schedule"):
        arguments.check("schedule", everywhere.schedule, schedules.has_expression)
    _check_definition(arguments, everywhere.definition)
    if arguments.sound("name", "sagemaker.namespace"):
        _check_names(arguments, everywhere.definition, common.namespace, name)
    settings = SageMakerFeatureStoreSettings(**vars(everywhere), **here)
    _check_disk(arguments, settings)
    arguments.finish()
    return settings


def _is_s3(value: str) -> Requirement | None:
    if value.startswith(S3):
        return None
    return Requirement("a location on S3: SageMaker has no volumes", "write it like s3://bucket/prefix")


_location = all_of(values.table_location, _is_s3)


def _check_definition(arguments: Arguments, definition: FeatureStoreDefinition) -> None:
    """Refuse what a feature group cannot be: what SageMaker lacks, with the reason."""
    for view in definition.views:
        _check_view(arguments, view)
    if len(definition.views) > MOST_GROUP_ARGUMENTS:
        expected = f"at most {MOST_GROUP_ARGUMENTS}, which one job brings in"
        arguments.add("definition", f"{len(definition.views)} views", expected, "divide the store")
    if (parts := len(in_parts(definition.views))) > PARTS_MAX:
        got = f"a definition of {parts} parts"
        arguments.add("definition", got, f"at most {PARTS_MAX}, which a job's environment takes", "divide the store")


def _check_view(arguments: Arguments, view: FeatureView) -> None:
    place = f"view {view.versioned_name}"
    columns = [*view.entity_names, view.event_time, *view.feature_names]
    if len(view.entities) > 1 and KEY_COLUMN in columns:
        expected = "another name: the keys of several entities are put there together, as the record identifier"
        arguments.add("definition", f"{place} with a column {KEY_COLUMN}", expected, "rename the column")
    if len(columns_of(view)) > MOST_FEATURES:
        expected = f"at most {MOST_FEATURES}, the keys and the event time among them"
        arguments.add("definition", f"{place} of {len(view.features)} features", expected, "divide the view")
    if view.event_time in AWS_COLUMNS:
        expected = "a column that SageMaker does not write itself"
        arguments.add("definition", f"{place} with event time {view.event_time}", expected, "rename the column")


def _check_names(arguments: Arguments, definition: FeatureStoreDefinition, namespace: str, store: str) -> None:
    for view in definition.views:
        group = names.feature_group(namespace, store, view.versioned_name)
        if len(group) > LONGEST_GROUP_NAME:
            got = f"feature group {group} ({len(group)} characters)"
            fix = "shorten the view's name, the store's or the namespace"
            arguments.add("definition", got, f"at most {LONGEST_GROUP_NAME} characters", fix)


def _check_disk(arguments: Arguments, settings: SageMakerFeatureStoreSettings) -> None:
    """Refuse a volume that is larger than the disks of an instance which has no other.

    botocore, ProcessingClusterConfig.VolumeSizeInGB: "You can't request a VolumeSizeInGB greater than the total size of
    the local instance storage."
    """
    size = disk_gb(settings.instance_type)
    if size is not None and settings.volume_gib > size:
        expected = f"at most {size}, as {settings.instance_type} has the disks of its instance alone"
        fix = "lower it, or choose an instance type without disks of its own"
        arguments.add("sagemaker.volume_gib", settings.volume_gib, expected, fix)
