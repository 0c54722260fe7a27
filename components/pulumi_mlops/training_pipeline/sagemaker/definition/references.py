"""Values that SageMaker fills in when a pipeline runs."""

from typing import Any

from pulumi_mlops._shared.documents import Document

EXECUTION_ID = {"Get": "Execution.PipelineExecutionId"}
EXECUTION_ARN = {"Get": "Execution.PipelineExecutionArn"}


def parameter(name: str) -> Document:
    """Return the value that an execution was started with."""
    return {"Get": f"Parameters.{name}"}


def property_of(step: str, path: str) -> Document:
    """Return what SageMaker's description of a step's job says at a path."""
    return {"Get": f"Steps.{step}.{path}"}


def join(separator: str, *values: Any) -> Document:
    """Return the values as one text."""
    return {"Std:Join": {"On": separator, "Values": list(values)}}


def text(value: Document) -> Document:
    """Return a value of another type as text."""
    return join("", value)


def from_file(step: str, property_file: str, path: str) -> Document:
    """Return what a JSON file that a step left says at a path."""
    return {"Std:JsonGet": {"PropertyFile": property_of(step, f"PropertyFiles.{property_file}"), "Path": path}}
