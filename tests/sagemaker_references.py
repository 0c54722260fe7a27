"""What the values in a pipeline definition that SageMaker fills in refer to, and of which type they are."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tests import sagemaker_shapes

FUNCTIONS = ("Get", "Std:Join", "Std:JsonGet")
TYPES = {"String": "text", "Integer": "a whole number", "Float": "a number", "Boolean": "true or false"}
EXECUTION_VARIABLES = frozenset(
    {
        *("CurrentDateTime", "PipelineArn", "PipelineExecutionArn", "PipelineExecutionId", "PipelineName"),
        "StartDateTime",
    }
)
DESCRIBED_BY = {
    "Processing": "DescribeProcessingJob",
    "Training": "DescribeTrainingJob",
    "RegisterModel": "DescribeModelPackage",
}
_SHAPE_TYPES = {
    "string": "text",
    "integer": "a whole number",
    "long": "a whole number",
    "float": "a number",
    "double": "a number",
    "boolean": "true or false",
}
_PART = re.compile(r"(?P<name>\w+)(\['(?P<key>[^']+)'\]|\[(?P<index>\d+)\])?")


class DanglingError(ValueError):
    """A value refers to what is not there."""


def is_function(value: object) -> bool:
    return isinstance(value, Mapping) and len(value) == 1 and next(iter(value)) in FUNCTIONS


def references(value: object) -> Iterator[str]:
    """Every `Get` in a value, at any depth."""
    if is_function(value) and isinstance(value, Mapping) and "Get" in value:
        yield str(value["Get"])
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from references(item)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)


def steps_referred_to(value: object) -> set[str]:
    return {path.split(".")[1] for path in references(value) if path.startswith("Steps.") and path.count(".") > 1}


class Names:
    """What a definition declares that values may refer to."""

    def __init__(self, parameters: Mapping[str, str], steps: Mapping[str, Mapping[str, Any]]) -> None:
        self._parameters = parameters
        self._steps = steps

    def type_of(self, function: Mapping[str, Any]) -> str | None:
        """The type of what a function gives; None where only the run tells.

        Raises:
            DanglingError: It refers to what is not there, or is of no form that SageMaker knows.
        """
        name, body = next(iter(function.items()))
        if name == "Get":
            return self._type_of_reference(str(body))
        if name == "Std:Join":
            return self._type_of_join(body)
        self._check_file(body)
        return None

    def _type_of_reference(self, path: str) -> str:
        kind, _, rest = path.partition(".")
        if kind == "Parameters" and rest in self._parameters:
            return TYPES[self._parameters[rest]]
        if kind == "Execution" and rest in EXECUTION_VARIABLES:
            return "text"
        if kind == "Steps":
            name, _, rest = rest.partition(".")
            if name not in self._steps:
                raise DanglingError(f"{path}: there is no step {name}")
            return self._type_of_property(self._steps[name], path, rest)
        raise DanglingError(f"{path}: there is no such parameter or variable")

    def _type_of_property(self, step: Mapping[str, Any], path: str, rest: str) -> str:
        if step["Type"] not in DESCRIBED_BY:
            raise DanglingError(f"{path}: a step of type {step['Type']} has no properties")
        shape = sagemaker_shapes.answer_shape(DESCRIBED_BY[step["Type"]])
        for part in rest.split("."):
            found = _PART.fullmatch(part)
            if found is None or shape.type_name != "structure" or found["name"] not in shape.members:
                raise DanglingError(f"{path}: {shape.name} has no {part}")
            shape = shape.members[found["name"]]
            if found["key"] is not None and found["name"] == "Outputs" and found["key"] not in outputs_of(step):
                raise DanglingError(f"{path}: step {step['Name']} has no output {found['key']}")
            if found["key"] is not None or found["index"] is not None:
                if shape.type_name != "list":
                    raise DanglingError(f"{path}: {part} is no list")
                shape = shape.member
        if shape.type_name not in _SHAPE_TYPES:
            raise DanglingError(f"{path}: {shape.name} is not a single value")
        return _SHAPE_TYPES[shape.type_name]

    def _type_of_join(self, body: Any) -> str:
        if not isinstance(body, Mapping) or set(body) != {"On", "Values"} or not isinstance(body["Values"], list):
            raise DanglingError(f"Std:Join {body}: expected On and Values")
        for value in body["Values"]:
            if is_function(value):
                self.type_of(value)
            elif not isinstance(value, str | int | float):
                raise DanglingError(f"Std:Join: {value} is not a single value")
        return "text"

    def _check_file(self, body: Any) -> None:
        if not isinstance(body, Mapping) or set(body) != {"PropertyFile", "Path"} or not body["Path"]:
            raise DanglingError(f"Std:JsonGet {body}: expected PropertyFile and Path")
        path = str(dict(body["PropertyFile"]).get("Get"))
        found = re.fullmatch(r"Steps\.([^.]+)\.PropertyFiles\.([^.]+)", path)
        step = self._steps.get(found[1]) if found else None
        if found is None or step is None:
            raise DanglingError(f"{path}: there is no such step")
        if found[2] not in [file.get("PropertyFileName") for file in step.get("PropertyFiles", [])]:
            raise DanglingError(f"{path}: step {found[1]} has no property file {found[2]}")


def outputs_of(step: Mapping[str, Any]) -> list[str]:
    """Names of a processing step's outputs."""
    outputs = step.get("Arguments", {}).get("ProcessingOutputConfig", {}).get("Outputs", [])
    return [output.get("OutputName", "") for output in outputs]
