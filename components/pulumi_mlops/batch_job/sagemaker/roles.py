"""Who acts for a batch on AWS, each with the rights that it needs and no more.

The code that scores cannot start jobs, and SageMaker, which does, cannot read the tables.
"""

from collections.abc import Iterator

import pulumi

from pulumi_mlops._shared.aws import permissions, policies
from pulumi_mlops._shared.aws.account import AwsAccount
from pulumi_mlops._shared.aws.model_data import group_prefix
from pulumi_mlops._shared.aws.policies import statement
from pulumi_mlops._shared.aws.roles import RoleSettings
from pulumi_mlops._shared.documents import Document
from pulumi_mlops._shared.inputs import combine
from pulumi_mlops._shared.locations import S3
from pulumi_mlops.batch_job.sagemaker.names import Role, roles_of
from pulumi_mlops.batch_job.sagemaker.settings import SageMakerBatchSettings


def job_role(settings: SageMakerBatchSettings) -> RoleSettings:
    """Return what the code that scores runs as."""
    description = f"Role of the job of batch {settings.aws_name}"
    sources = [settings.account.arn("sagemaker", "processing-job/*")]
    return roles_of(settings).jobs(Role.JOB, description, sources, _job(settings), _network_and_keys_of_job(settings))


def execution_role(settings: SageMakerBatchSettings) -> RoleSettings:
    """Return what SageMaker starts the job as."""
    return roles_of(settings).execution("batch", _execution(settings), _keys_of_execution(settings))


def schedule_role(settings: SageMakerBatchSettings) -> RoleSettings:
    """Return what EventBridge Scheduler starts the batch as."""
    return roles_of(settings).schedule("batch")


def _job(settings: SageMakerBatchSettings) -> Iterator[Document]:
    account = settings.account
    models = combine(group_prefix, settings.model_package_group)
    yield from permissions.read_objects(account, settings.model_data_bucket, [models], sid="ReadModels")
    yield from _read(account, settings.input, "ReadInput")
    # What an earlier run made is read to go on from it, and removed where the input no longer has its rows.
    yield from _read(account, settings.output, "ReadOutput")
    actions = ["s3:PutObject", "s3:AbortMultipartUpload", "s3:DeleteObject"]
    yield statement(actions, _objects(account, settings.output), sid="WriteOutput")
    yield from permissions.pull_images(account, [settings.image])
    yield permissions.write_logs(account, ["/aws/sagemaker/ProcessingJobs"])
    yield permissions.put_metrics()


def _read(account: AwsAccount, location: str, sid: str) -> Iterator[Document]:
    """Allow to find and read a table: an object, or what is in a folder, and not in another whose name begins so."""
    bucket, key = _split(location)
    yield statement(["s3:GetObject"], _objects(account, location), sid=sid)
    prefixes: dict[str, list[pulumi.Input[str]]] = {"s3:prefix": [key, f"{key}/*"] if key else ["", "*"]}
    yield statement(
        ["s3:ListBucket"], [account.arn("s3", bucket)], sid=f"{sid}List", conditions={"StringLike": prefixes}
    )


def _objects(account: AwsAccount, location: str) -> list[str]:
    bucket, key = _split(location)
    keys = [key, f"{key}/*"] if key else ["*"]
    return [account.arn("s3", f"{bucket}/{each}") for each in keys]


def _split(location: str) -> tuple[str, str]:
    bucket, _, key = location.removeprefix(S3).partition("/")
    return bucket, key.rstrip("/")


def _network_and_keys_of_job(settings: SageMakerBatchSettings) -> Iterator[Document]:
    if settings.model_data_kms_key_arn is not None:
        actions = ["kms:Decrypt", "kms:DescribeKey"]
        yield statement(actions, [settings.model_data_kms_key_arn], sid="DecryptModels")
    if settings.data_kms_key_arns:
        actions = ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"]
        yield statement(actions, settings.data_kms_key_arns, sid="UseKeysOfTables")
    if settings.kms_key_arn is not None:
        yield from permissions.use_key(settings.kms_key_arn, volumes=True)
    if settings.subnet_ids:
        yield from permissions.use_network(settings.account, settings.subnet_ids, settings.security_group_ids)


def _execution(settings: SageMakerBatchSettings) -> Iterator[Document]:
    # SageMaker begins the names of a pipeline's jobs so, whatever the pipeline.
    jobs = [settings.account.arn("sagemaker", "processing-job/pipelines-*")]
    actions = ["CreateProcessingJob", "DescribeProcessingJob", "StopProcessingJob", "AddTags"]
    yield statement([f"sagemaker:{action}" for action in actions], jobs, sid="RunJobs")
    yield permissions.pass_role(roles_of(settings).arn(Role.JOB), policies.SAGEMAKER)


def _keys_of_execution(settings: SageMakerBatchSettings) -> Iterator[Document]:
    if settings.kms_key_arn is not None:
        yield from permissions.start_encrypted(settings.kms_key_arn)
