"""Executions of a pipeline: started, found, looked at."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from pulumi_mlops._shared.aws import client as aws
from pulumi_mlops.cli.sagemaker.names import Names

_ACTIVE = ("Executing", "Stopping")
_MOST_LOOKED_AT = 100
Document = dict[str, Any]


def start(names: Names, parameters: Mapping[str, str] | None = None) -> str:
    """Start an execution and return its ARN.

    Raises:
        AwsError: When AWS refuses.
    """
    answer = aws.ask(
        aws.client("sagemaker", names.region),
        "start_pipeline_execution",
        PipelineName=names.pipeline,
        ClientRequestToken=secrets.token_hex(16),
        PipelineParameters=[{"Name": name, "Value": value} for name, value in (parameters or {}).items()],
    )
    return str(answer["PipelineExecutionArn"])


def active(names: Names) -> list[str]:
    """Return the ARNs of the executions that have not ended, the oldest first.

    Raises:
        AwsError: When AWS refuses, or there is no such pipeline.
    """
    found = [each for each in newest(names, _MOST_LOOKED_AT) if each["PipelineExecutionStatus"] in _ACTIVE]
    return [str(each["PipelineExecutionArn"]) for each in reversed(found)]


def newest(names: Names, most: int) -> list[Document]:
    """Return what ListPipelineExecutions says of the newest executions, the newest first.

    Raises:
        AwsError: When AWS refuses, or there is no such pipeline.
    """
    answer = aws.ask(
        aws.client("sagemaker", names.region),
        "list_pipeline_executions",
        PipelineName=names.pipeline,
        SortBy="CreationTime",
        SortOrder="Descending",
        MaxResults=min(most, _MOST_LOOKED_AT),
    )
    return list(answer["PipelineExecutionSummaries"])[:most]


def look(service: Any, arn: str) -> tuple[Document, Sequence[Document]]:
    """Return what AWS says now of an execution and of its steps.

    Args:
        service: A client of SageMaker.
        arn: The execution's.

    Raises:
        AwsError: When AWS refuses.
    """
    described = aws.ask(service, "describe_pipeline_execution", PipelineExecutionArn=arn)
    steps = aws.pages(service, "list_pipeline_execution_steps", "PipelineExecutionSteps", PipelineExecutionArn=arn)
    return described, list(steps)
