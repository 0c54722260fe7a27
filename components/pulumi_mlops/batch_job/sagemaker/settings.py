"""A batch's arguments on SageMaker, checked and complete."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

from pulumi_mlops._shared import names, values
from pulumi_mlops._shared.arguments import Arguments
from pulumi_mlops._shared.aws import schedules
from pulumi_mlops._shared.aws import values as aws_values
from pulumi_mlops._shared.aws.account import AwsAccount
from pulumi_mlops._shared.aws.instance_disks import disk_gb
from pulumi_mlops._shared.aws.instance_types import InstanceUse
from pulumi_mlops._shared.aws.roles import LONGEST_ROLE_NAME
from pulumi_mlops._shared.aws.settings import read_common, read_network, resource_name
from pulumi_mlops._shared.aws.tags import component_tags
from pulumi_mlops._shared.locations import CLAIM
from pulumi_mlops._shared.problems import Requirement
from pulumi_mlops._shared.rules import all_of
from pulumi_mlops.batch_job import settings as neutral
from pulumi_mlops.batch_job.args import SageMakerBatchJobArgs

COMPONENT = names.BATCH_JOB
# The longest name that is made of the batch's: of the role that SageMaker takes on for it.
LONGEST_NAME = LONGEST_ROLE_NAME - len("-execution")
LONGEST_ARGUMENT = 256
"""What AWS takes as an argument of a job's container, of which there may be a hundred.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_AppSpecification.html
"""
MOST_KEY_COLUMNS = 40


@dataclass(frozen=True, kw_only=True)
class SageMakerBatchSettings(neutral.NeutralBatchSettings):
    """Everything that the batch's documents are made of."""

    aws_name: str
    """The pipeline's name on AWS, and the beginning of what belongs to it."""
    account: AwsAccount
    model_package_group: pulumi.Input[str]
    model_data_bucket: pulumi.Input[str]
    instance_type: str
    volume_gib: int
    subnet_ids: Sequence[pulumi.Input[str]]
    security_group_ids: Sequence[pulumi.Input[str]]
    kms_key_arn: pulumi.Input[str] | None
    model_data_kms_key_arn: pulumi.Input[str] | None
    data_kms_key_arns: Sequence[pulumi.Input[str]]
    permissions_boundary_arn: pulumi.Input[str] | None
    job_tags: Mapping[str, pulumi.Input[str]]
    """Of everything that is created, and of each run's job."""


def resolve(name: str, args: SageMakerBatchJobArgs) -> SageMakerBatchSettings:
    """Check the arguments and fill in the defaults.

    Raises:
        ArgumentsError: With every problem of the plain values. Outputs are checked where they are used.
    """
    arguments = Arguments("SageMakerBatchJob", name, args, SageMakerBatchJobArgs)
    arguments.check("name", name, values.name_of_at_most(LONGEST_NAME))
    read = arguments.read
    common, network = read_common(arguments), read_network(arguments)
    everywhere = neutral.read_neutral(arguments, name, image=common.ecr_image, location=_location)
    if everywhere.schedule is not None and arguments.sound("schedule"):
        arguments.check("schedule", everywhere.schedule, schedules.has_expression)
    if len(everywhere.key_columns) > MOST_KEY_COLUMNS:
        got, expected = f"{len(everywhere.key_columns)} columns", f"at most {MOST_KEY_COLUMNS}"
        arguments.add("key_columns", got, f"{expected}: a job's container takes no more", "leave some out")
    instance_type = read(
        "sagemaker.instance_type", common.instance_type(InstanceUse.PROCESSING), neutral.DEFAULT_INSTANCE_TYPE
    )
    bucket_name = read("sagemaker.bucket_name", aws_values.bucket_name)
    settings = SageMakerBatchSettings(
        **vars(everywhere),
        aws_name=resource_name(arguments, common, name, longest=LONGEST_NAME),
        account=common.account,
        model_package_group=read("sagemaker.model_package_group", aws_values.model_package_group),
        model_data_bucket=read("sagemaker.model_data_bucket", aws_values.bucket_name, bucket_name),
        instance_type=instance_type,
        volume_gib=arguments.number("sagemaker.volume_gib", neutral.VOLUME_GIB),
        subnet_ids=network.subnet_ids if network else [],
        security_group_ids=network.security_group_ids if network else [],
        kms_key_arn=common.kms_key_arn,
        model_data_kms_key_arn=read("sagemaker.model_data_kms_key_arn", common.kms_key),
        data_kms_key_arns=arguments.items("sagemaker.data_kms_key_arns", common.kms_key),
        permissions_boundary_arn=common.permissions_boundary_arn,
        job_tags=component_tags(common.tags, COMPONENT, workload=everywhere.workload),
    )
    _check_disk(arguments, settings)
    arguments.finish()
    return settings


def _is_s3(value: str) -> Requirement | None:
    if value.startswith(CLAIM):
        return Requirement("a location on S3: SageMaker has no volumes", "write it like s3://bucket/prefix")
    if len(value) > LONGEST_ARGUMENT:
        return Requirement(f"at most {LONGEST_ARGUMENT} characters: a job's container takes no more", "shorten it")
    return None


_location = all_of(values.table_location, _is_s3)


def _check_disk(arguments: Arguments, settings: SageMakerBatchSettings) -> None:
    """Refuse a volume that is larger than the disks of an instance which has no other.

    botocore, ProcessingClusterConfig.VolumeSizeInGB: "You can't request a VolumeSizeInGB greater than the total size of
    the local instance storage."
    """
    size = disk_gb(settings.instance_type)
    if size is not None and settings.volume_gib > size:
        expected = f"at most {size}, as {settings.instance_type} has the disks of its instance alone"
        fix = "lower it, or choose an instance type without disks of its own"
        arguments.add("sagemaker.volume_gib", settings.volume_gib, expected, fix)
