"""The operations on executions, put into moto."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from moto.core.responses import ActionResult
from moto.sagemaker.exceptions import AWSValidationException
from moto.sagemaker.models import SageMakerModelBackend
from moto.sagemaker.responses import SageMakerResponse

from sandbox.aws.executions.execution import Execution
from sandbox.aws.executions.store import Store, client
from sandbox.aws.executions.values import Known
from sandbox.aws.moto_patches import add, replace
from sandbox.aws.place import place

FAKED = (
    "SageMaker StartPipelineExecution: steps are run as processes of this machine's Python, in SageMaker's folders",
    "CloudWatch Logs: what a step's job has written is there once the job has ended",
    "SageMaker DescribePipelineExecution, ListPipelineExecutions, -Steps and StopPipelineExecution: of those runs",
)
_RUNNING: dict[str, Execution] = {}
_TYPES: Mapping[str, Callable[[str], Any]] = {
    "Integer": int,
    "Float": float,
    "String": str,
    "Boolean": lambda text: text.lower() == "true",
}


def end() -> None:
    """End every execution that runs."""
    for execution in _RUNNING.values():
        execution.stop()


def apply() -> None:
    """Put the operations into moto."""
    start, describe = SageMakerModelBackend.start_pipeline_execution, SageMakerModelBackend.describe_pipeline_execution
    listing = SageMakerModelBackend.list_pipeline_executions

    def started(self: Any, *args: Any, **kwargs: Any) -> dict[str, str]:
        answer: dict[str, str] = start(self, *args, **kwargs)
        _begin(self, answer["PipelineExecutionArn"])
        return answer

    def described(self: Any, pipeline_execution_arn: str) -> dict[str, Any]:
        execution = _execution(pipeline_execution_arn)
        answer = describe(self, pipeline_execution_arn)
        return {**answer, "PipelineExecutionStatus": execution.status, "FailureReason": execution.reason}

    def listed(self: Any, pipeline_name: str) -> dict[str, Any]:
        answer: dict[str, Any] = listing(self, pipeline_name)
        for summary in answer["PipelineExecutionSummaries"]:
            execution = _execution(summary["PipelineExecutionArn"])
            summary["PipelineExecutionStatus"] = execution.status
            summary["PipelineExecutionFailureReason"] = execution.reason
        # AWS lists the newest first.
        answer["PipelineExecutionSummaries"].sort(key=lambda summary: summary["StartTime"], reverse=True)
        return answer

    replace(
        SageMakerModelBackend,
        start_pipeline_execution=started,
        describe_pipeline_execution=described,
        list_pipeline_executions=listed,
    )
    add(SageMakerResponse, list_pipeline_execution_steps, stop_pipeline_execution)


def list_pipeline_execution_steps(self: SageMakerResponse) -> ActionResult:
    """Answer ListPipelineExecutionSteps."""
    steps = [state.to_document() for state in _execution(self._get_param("PipelineExecutionArn")).steps]
    newest_first = self._get_param("SortOrder") != "Ascending"
    return ActionResult({"PipelineExecutionSteps": steps[::-1] if newest_first else steps})


def stop_pipeline_execution(self: SageMakerResponse) -> ActionResult:
    """Answer StopPipelineExecution."""
    arn = self._get_param("PipelineExecutionArn")
    _execution(arn).stop()
    return ActionResult({"PipelineExecutionArn": arn})


def _execution(arn: str) -> Execution:
    if arn not in _RUNNING:
        raise AWSValidationException(f"Pipeline execution with ARN {arn} does not exist.")
    return _RUNNING[arn]


def _begin(backend: Any, arn: str) -> None:
    name, identity = arn.partition(":pipeline/")[2].split("/execution/")
    pipeline = next(each for each in backend.pipelines.values() if each.pipeline_name == name)
    given = pipeline.pipeline_executions[arn].pipeline_parameters or []
    definition = json.loads(pipeline.pipeline_definition)
    region = backend.region_name
    store = Store(place().url, region)
    known = Known(
        parameters=parameters_of(definition, {each["Name"]: each["Value"] for each in given}),
        execution={"PipelineExecutionId": identity, "PipelineExecutionArn": arn, "PipelineName": name},
        read=store.text,
    )

    def register(arguments: Mapping[str, Any]) -> str:
        answer = client("sagemaker", place().url, region).create_model_package(**arguments)
        return str(answer["ModelPackageArn"])

    folder = place().folder / "executions" / identity
    execution = Execution(arn, definition, known, folder, store, register)
    _RUNNING[arn] = execution
    execution.start()


def parameters_of(definition: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, Any]:
    """Return the values of a definition's parameters: those given, which come as texts, or their defaults.

    Raises:
        AWSValidationException: One is given that there is not, or that has another type.
    """
    declared = {each["Name"]: each for each in definition.get("Parameters", [])}
    unknown = sorted(set(given) - set(declared))
    if unknown:
        raise AWSValidationException(f"Unknown parameters: {', '.join(unknown)}")
    values: dict[str, Any] = {}
    for name, parameter in declared.items():
        try:
            values[name] = _TYPES[parameter["Type"]](given[name]) if name in given else parameter["DefaultValue"]
        except ValueError as error:
            raise AWSValidationException(f"Parameter {name} must be of type {parameter['Type']}") from error
    return values
