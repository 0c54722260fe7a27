"""Who acts for a feature store on AWS, each with the rights that it needs and no more.

SageMaker, which writes the offline store, reads no source; the code that brings rows in writes no offline store.
"""

from collections.abc import Callable, Iterator

import pulumi

from pulumi_mlops._shared import names
from pulumi_mlops._shared.aws import permissions, policies
from pulumi_mlops._shared.aws.account import AwsAccount
from pulumi_mlops._shared.aws.policies import statement
from pulumi_mlops._shared.aws.roles import RoleSettings
from pulumi_mlops._shared.documents import Document
from pulumi_mlops.feature_store.sagemaker.names import (
    Role,
    feature_group_arn,
    offline_folder,
    pipeline_arn,
    pipeline_name,
    progress_folder,
    role_arn,
    role_name,
)
from pulumi_mlops.feature_store.sagemaker.settings import S3, SageMakerFeatureStoreSettings

Statements = Callable[[SageMakerFeatureStoreSettings], Iterator[Document]]


def store_role(settings: SageMakerFeatureStoreSettings) -> RoleSettings:
    """Return what SageMaker writes the offline store as.

    No page says what it takes the role on for, so it is anything of SageMaker's in this account and region.
    """
    account = settings.account
    trust = policies.trust_policy(policies.SAGEMAKER, account, [policies.endpoint_source(account)])
    return _role(settings, Role.STORE, "Writes the offline store of {}", trust, _store, _keys_of_store)


def ingestion_role(settings: SageMakerFeatureStoreSettings) -> RoleSettings:
    """Return what the code that brings rows in runs as."""
    account = settings.account
    trust = policies.trust_policy(policies.SAGEMAKER, account, [account.arn("sagemaker", "processing-job/*")])
    description = "Role of the job that brings rows into {}"
    return _role(settings, Role.INGESTION, description, trust, _ingestion, _network_and_keys_of_ingestion)


def execution_role(settings: SageMakerFeatureStoreSettings) -> RoleSettings:
    """Return what SageMaker starts that job as."""
    source = policies.pipeline_source(settings.account, pipeline_name(settings))
    trust = policies.trust_policy(policies.SAGEMAKER, settings.account, [source])
    return _role(settings, Role.EXECUTION, "Execution role of the ingestion of {}", trust, _execution, _keys_of_start)


def schedule_role(settings: SageMakerFeatureStoreSettings) -> RoleSettings:
    """Return what EventBridge Scheduler starts the pipeline as."""
    source = policies.schedule_source(settings.account)
    trust = policies.trust_policy(policies.SCHEDULER, settings.account, [source])
    return _role(settings, Role.SCHEDULE, "Starts the ingestion of {}", trust, _schedule)


def _role(
    settings: SageMakerFeatureStoreSettings,
    role: Role,
    description: str,
    trust: Document,
    statements: Statements,
    network_and_key_statements: Statements | None = None,
) -> RoleSettings:
    return RoleSettings(
        role_name=role_name(settings, role),
        description=description.format(settings.aws_name),
        trust=trust,
        statements=list(statements(settings)),
        network_and_key_statements=list(network_and_key_statements(settings) if network_and_key_statements else ()),
        tags=settings.resource_tags,
        permissions_boundary_arn=settings.permissions_boundary_arn,
    )


def _store(settings: SageMakerFeatureStoreSettings) -> Iterator[Document]:
    """Allow what the managed policy AmazonSageMakerFeatureStoreAccess does, on the store's own folder and tables.

    https://docs.aws.amazon.com/sagemaker/latest/dg/security-iam-awsmanpol-feature-store.html, and
    https://docs.aws.amazon.com/sagemaker/latest/dg/feature-store-cross-account-access-offline-store.html.
    """
    account = settings.account
    objects = permissions.objects_arn(account, settings.bucket_name, f"{offline_folder(settings)}/")
    yield statement(["s3:PutObject", "s3:PutObjectAcl"], [objects], sid="WriteOffline")
    yield statement(
        ["s3:GetBucketAcl"], [permissions.bucket_arn(account, settings.bucket_name)], sid="WriteOfflineBucket"
    )
    prefix = settings.aws_name.replace("-", "_").lower()
    tables = [
        account.arn("glue", "catalog"),
        account.arn("glue", f"database/{names.FEATURE_TABLES}"),
        account.arn("glue", f"table/{names.FEATURE_TABLES}/{prefix}_*"),
    ]
    yield statement(["glue:GetTable", "glue:UpdateTable"], tables, sid="GrowTables")


def _keys_of_store(settings: SageMakerFeatureStoreSettings) -> Iterator[Document]:
    if settings.kms_key_arn is not None:
        # S3StorageConfig, KmsKeyId: the role "must have below permissions to the KmsKeyId: kms:GenerateDataKey".
        yield statement(["kms:GenerateDataKey"], [settings.kms_key_arn], sid="EncryptOffline")


def _ingestion(settings: SageMakerFeatureStoreSettings) -> Iterator[Document]:
    account = settings.account
    views = settings.definition.views
    groups = [feature_group_arn(settings, view.versioned_name) for view in views]
    yield statement(["sagemaker:PutRecord"], groups, sid="PutRecords")
    for number, source in enumerate(sorted({view.source for view in views})):
        yield from _read(account, source, f"ReadSource{number}")
    progress = f"{progress_folder(settings)}/"
    yield from permissions.read_objects(account, settings.bucket_name, [progress], sid="ReadProgress")
    yield permissions.write_objects(account, settings.bucket_name, [progress], sid="WriteProgress")
    yield from permissions.pull_images(account, [settings.image])
    yield permissions.write_logs(account, ["/aws/sagemaker/ProcessingJobs"])
    yield permissions.put_metrics()


def _read(account: AwsAccount, location: str, sid: str) -> Iterator[Document]:
    """Allow to find and read a source: an object, or what is in a folder, and not in another whose name begins so."""
    bucket, _, key = location.removeprefix(S3).partition("/")
    key = key.rstrip("/")
    objects = [account.arn("s3", f"{bucket}/{each}") for each in (key, f"{key}/*")]
    yield statement(["s3:GetObject"], objects, sid=sid)
    prefixes: dict[str, list[pulumi.Input[str]]] = {"s3:prefix": [key, f"{key}/*"]}
    yield statement(
        ["s3:ListBucket"], [account.arn("s3", bucket)], sid=f"{sid}List", conditions={"StringLike": prefixes}
    )


def _network_and_keys_of_ingestion(settings: SageMakerFeatureStoreSettings) -> Iterator[Document]:
    if settings.data_kms_key_arns:
        yield statement(["kms:Decrypt", "kms:DescribeKey"], settings.data_kms_key_arns, sid="DecryptSources")
    if settings.kms_key_arn is not None:
        # It writes the online store, whose key needs kms:Decrypt of who does (dg/feature-store-security), and the
        # progress.
        yield from permissions.use_key(settings.kms_key_arn, volumes=True)
    if settings.subnet_ids:
        yield from permissions.use_network(settings.account, settings.subnet_ids, settings.security_group_ids)


def _execution(settings: SageMakerFeatureStoreSettings) -> Iterator[Document]:
    # SageMaker begins the names of a pipeline's jobs so, whatever the pipeline.
    jobs = [settings.account.arn("sagemaker", "processing-job/pipelines-*")]
    actions = ["CreateProcessingJob", "DescribeProcessingJob", "StopProcessingJob", "AddTags"]
    yield statement([f"sagemaker:{action}" for action in actions], jobs, sid="RunJobs")
    yield permissions.pass_role(role_arn(settings, Role.INGESTION), policies.SAGEMAKER)


def _keys_of_start(settings: SageMakerFeatureStoreSettings) -> Iterator[Document]:
    if settings.kms_key_arn is not None:
        yield from permissions.start_encrypted(settings.kms_key_arn)


def _schedule(settings: SageMakerFeatureStoreSettings) -> Iterator[Document]:
    yield statement(["sagemaker:StartPipelineExecution"], [pipeline_arn(settings)], sid="StartPipeline")
