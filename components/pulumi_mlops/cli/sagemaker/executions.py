"""Executions of a pipeline: started, found, followed.

They are followed with the typed resources of SageMaker's SDK. They are started without: `PipelineExecution.start` does
not return what it started.
"""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from pulumi_mlops._shared.aws import client as aws
from pulumi_mlops.cli.sagemaker import resources
from pulumi_mlops.cli.sagemaker.names import Names

_ACTIVE = ("Executing", "Stopping")
_MOST_LOOKED_AT = 100


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
    answer = aws.ask(
        aws.client("sagemaker", names.region),
        "list_pipeline_executions",
        PipelineName=names.pipeline,
        SortBy="CreationTime",
        SortOrder="Descending",
        MaxResults=_MOST_LOOKED_AT,
    )
    found = [each for each in answer["PipelineExecutionSummaries"] if each["PipelineExecutionStatus"] in _ACTIVE]
    return [str(each["PipelineExecutionArn"]) for each in reversed(found)]


class Execution:
    """One execution, looked at again and again."""

    def __init__(self, arn: str, region: str) -> None:
        """Find it.

        Raises:
            AwsError: When AWS refuses.
        """
        self.arn = arn
        with resources.told(f"execution {arn}"):
            self._typed = resources.module().PipelineExecution.get(
                pipeline_execution_arn=arn, session=resources.session(region), region=region
            )
        self._region = region

    def look(self) -> tuple[dict[str, Any], Sequence[dict[str, Any]]]:
        """Return what AWS says now of the execution and of its steps, by the API's own names.

        Raises:
            AwsError: When AWS refuses.
        """
        with resources.told(f"execution {self.arn}"):
            self._typed.refresh()
            steps = self._typed.get_all_steps(session=resources.session(self._region), region=self._region)
            return resources.document(self._typed), [resources.document(step) for step in steps]
