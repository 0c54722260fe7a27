"""What an endpoint may do: read its models, pull its images, write its logs, metrics and data, and nothing else.

https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html, "CreateModel API: Execution Role Permissions".
"""

from collections.abc import Iterator, Sequence

from pulumi_mlops._shared import names
from pulumi_mlops._shared.aws import permissions, policies
from pulumi_mlops._shared.aws.model_data import group_prefix
from pulumi_mlops._shared.aws.roles import RoleSettings
from pulumi_mlops._shared.documents import Document
from pulumi_mlops._shared.inputs import combine
from pulumi_mlops.endpoint.sagemaker import render
from pulumi_mlops.endpoint.sagemaker.settings import HostingSettings


def role_name(settings: HostingSettings) -> str:
    """Name of the endpoint's role."""
    return f"{settings.endpoint_name}-endpoint"


def role(settings: HostingSettings, alarm_names: Sequence[str]) -> RoleSettings:
    """Return the role that SageMaker takes on for the endpoint.

    Args:
        settings: The endpoint.
        alarm_names: Names of the alarms that can turn a rollout back.
    """
    account = settings.account
    return RoleSettings(
        role_name=role_name(settings),
        description=f"Execution role of SageMaker endpoint {settings.endpoint_name}",
        trust=policies.trust_policy(policies.SAGEMAKER, account, [policies.endpoint_source(account)]),
        statements=list(_statements(settings, alarm_names)),
        network_and_key_statements=list(_network_and_key_statements(settings)),
        tags=render.tags(settings),
        permissions_boundary_arn=settings.permissions_boundary_arn,
    )


def _statements(settings: HostingSettings, alarm_names: Sequence[str]) -> Iterator[Document]:
    account = settings.account
    # Of every version and not of one: the version before goes on serving, and starting machines, beside the new one.
    models = combine(group_prefix, settings.model_package_group)
    yield from permissions.read_objects(account, settings.model_data_bucket, [models], sid="ReadModels")
    images = [settings.image] if settings.shadow is None else [settings.image, settings.shadow.image]
    yield from permissions.pull_images(account, images)
    yield permissions.write_logs(account, [f"/aws/sagemaker/Endpoints/{settings.endpoint_name}"])
    yield permissions.put_metrics()
    if alarm_names:
        # deployment-guardrails-configuration: "Ensure that your IAM execution role has permission to perform the
        # cloudwatch:DescribeAlarms action on the auto-rollback alarms you specify."
        alarms = [account.arn("cloudwatch", f"alarm:{name}") for name in alarm_names]
        yield policies.statement(["cloudwatch:DescribeAlarms"], alarms, sid="WatchAlarms")
    if settings.payloads is not None:
        yield permissions.write_objects(
            account, settings.bucket_name, [f"{names.data_capture_folder(settings.endpoint_name)}/"], sid="CaptureData"
        )
    if settings.asynchronous is not None:
        yield from _asynchronous(settings)


def _network_and_key_statements(settings: HostingSettings) -> Iterator[Document]:
    if settings.kms_key_arn is not None:
        yield from permissions.use_key(settings.kms_key_arn, volumes=render.has_volumes(settings))
    if settings.model_data_kms_key_arn is not None:
        yield policies.statement(["kms:Decrypt"], [settings.model_data_kms_key_arn], sid="DecryptModels")
    if settings.network is not None:
        network = settings.network
        yield from permissions.use_network(settings.account, network.subnet_ids, network.security_group_ids)


def _asynchronous(settings: HostingSettings) -> Iterator[Document]:
    """Allow to write the answers, and to read the requests, which whoever asks puts beside them."""
    prefixes = [f"{names.asynchronous_folder(settings.endpoint_name)}/"]
    yield from permissions.read_objects(settings.account, settings.bucket_name, prefixes, sid="ReadRequests")
    yield permissions.write_objects(settings.account, settings.bucket_name, prefixes, sid="WriteAnswers")
    if settings.asynchronous is None:
        return
    topics = [settings.asynchronous.success_topic_arn, settings.asynchronous.error_topic_arn]
    if given := [topic for topic in topics if topic is not None]:
        yield policies.statement(["sns:Publish"], given, sid="TellTopics")
