"""Who acts for a training pipeline on AWS, each with the rights that it needs and no more.

The code of the steps cannot start jobs or register models, and SageMaker, which does, cannot write where the code does.

https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html, "CreateProcessingJob API" and "CreateTrainingJob
API: Execution Role Permissions".
"""

from collections.abc import Iterator
from functools import partial

import pulumi

from pulumi_mlops._shared import names
from pulumi_mlops._shared.aws import permissions, policies
from pulumi_mlops._shared.aws.model_data import group_prefix
from pulumi_mlops._shared.aws.model_packages import package_arn
from pulumi_mlops._shared.aws.policies import statement
from pulumi_mlops._shared.aws.roles import RoleSettings
from pulumi_mlops._shared.documents import Document
from pulumi_mlops._shared.inputs import combine
from pulumi_mlops.training_pipeline.sagemaker.names import Role, roles_of
from pulumi_mlops.training_pipeline.sagemaker.resolved import SageMakerPipelineSettings

# SageMaker begins the names of a pipeline's jobs so, whatever the pipeline.
_JOBS = {"Processing": "processing-job/pipelines-*", "Training": "training-job/pipelines-*"}


def jobs_role(settings: SageMakerPipelineSettings) -> RoleSettings:
    """Return what the steps' code runs as."""
    description = f"Role of the jobs of SageMaker pipeline {settings.aws_name}"
    sources = policies.job_sources(settings.account)
    return roles_of(settings).jobs(
        Role.JOBS, description, sources, _jobs(settings), _network_and_keys_of_jobs(settings)
    )


def execution_role(settings: SageMakerPipelineSettings) -> RoleSettings:
    """Return what SageMaker starts the jobs and registers the model as."""
    return roles_of(settings).execution("SageMaker pipeline", _execution(settings), _keys_of_execution(settings))


def schedule_role(settings: SageMakerPipelineSettings) -> RoleSettings:
    """Return what EventBridge Scheduler starts the pipeline as."""
    return roles_of(settings).schedule("pipeline")


def _jobs(settings: SageMakerPipelineSettings) -> Iterator[Document]:
    account, later = settings.account, settings.later
    runs = [f"{names.runs_folder(settings.aws_name)}/"]
    yield from permissions.read_objects(account, later["bucket"], runs, sid="ReadResults")
    yield permissions.write_objects(account, later["bucket"], runs, sid="WriteResults")
    if settings.registers or later["champion"] is not None:
        yield from permissions.read_objects(account, later["model_data_bucket"], _models(settings), sid="ReadModels")
    if settings.registers:
        yield permissions.write_objects(account, later["model_data_bucket"], _models(settings), sid="WriteModels")
    for index, uri in enumerate(settings.data_s3_uris):
        yield from permissions.read_location(account, uri, f"ReadData{index}")
    if settings.data_kms_key_arns:
        yield statement(["kms:Decrypt"], settings.data_kms_key_arns, sid="DecryptData")
    yield from permissions.pull_images(account, [later["image"]])
    kinds = ["ProcessingJobs", "TrainingJobs"] if settings.trains else ["ProcessingJobs"]
    yield permissions.write_logs(account, [f"/aws/sagemaker/{kind}" for kind in kinds])
    yield permissions.put_metrics()


def _network_and_keys_of_jobs(settings: SageMakerPipelineSettings) -> Iterator[Document]:
    account, later = settings.account, settings.later
    if later["model_data_kms_key_arn"] is not None:
        # Whose key it may be cannot be told by an ARN that is not known yet: both get statements of their own.
        key_actions = ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"]
        yield statement(key_actions, [later["model_data_kms_key_arn"]], sid="UseModelsKey")
    if later["kms_key_arn"] is not None:
        yield from permissions.use_key(later["kms_key_arn"], volumes=True)
    if settings.subnet_ids:
        yield from permissions.use_network(account, settings.subnet_ids, settings.security_group_ids)


def _models(settings: SageMakerPipelineSettings) -> list[pulumi.Input[str]]:
    """Return the prefix of the group's models: the champion is one, and what is registered becomes one."""
    return [combine(group_prefix, settings.later["model_package_group"])]


def _execution(settings: SageMakerPipelineSettings) -> Iterator[Document]:
    account, later = settings.account, settings.later
    jobs = [account.arn("sagemaker", _JOBS["Processing"])]
    actions = ["CreateProcessingJob", "DescribeProcessingJob", "StopProcessingJob"]
    if settings.trains:
        jobs.append(account.arn("sagemaker", _JOBS["Training"]))
        actions += ["CreateTrainingJob", "DescribeTrainingJob", "StopTrainingJob"]
    yield statement([f"sagemaker:{action}" for action in [*actions, "AddTags"]], jobs, sid="RunJobs")
    yield permissions.pass_role(roles_of(settings).arn(Role.JOBS), policies.SAGEMAKER)
    if settings.result_step is not None:
        folder = f"{names.runs_folder(settings.aws_name)}/"
        yield from permissions.read_objects(account, later["bucket"], [folder], sid="ReadResults")
    if settings.registers:
        yield from _registration(settings)


def _keys_of_execution(settings: SageMakerPipelineSettings) -> Iterator[Document]:
    later = settings.later
    if settings.registers and later["model_data_kms_key_arn"] is not None:
        actions = ["kms:Decrypt", "kms:DescribeKey"]
        yield statement(actions, [later["model_data_kms_key_arn"]], sid="ReadEncryptedModels")
    if later["kms_key_arn"] is not None:
        yield from permissions.start_encrypted(later["kms_key_arn"])


def _registration(settings: SageMakerPipelineSettings) -> Iterator[Document]:
    """Allow to register a version: SageMaker sees to it that its model and its image are there."""
    account, later = settings.account, settings.later
    group = combine(partial(names.model_package_group_arn, account), later["model_package_group"])
    packages = combine(lambda arn: package_arn(arn, "*"), group)
    actions = ["sagemaker:CreateModelPackage", "sagemaker:DescribeModelPackage"]
    yield statement(actions, [group, packages], sid="RegisterModel")
    yield from permissions.read_objects(account, later["model_data_bucket"], _models(settings), sid="ReadModels")
    yield from permissions.pull_images(account, [later["serving_image"]])
