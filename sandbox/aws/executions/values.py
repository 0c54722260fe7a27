"""Fills in what a pipeline's definition leaves to the run: parameters, properties of steps, values from files."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


class UnknownReferenceError(Exception):
    """A definition refers to what there is not."""


@dataclass
class Known:
    """What an execution knows so far.

    Attributes:
        parameters: Parameter to value.
        execution: `PipelineExecutionId` and the like.
        steps: Step to the description of its job, as the API gives it.
        property_files: (step, property file) to the file's address on S3.
        read: Returns the text of an object on S3.
    """

    parameters: Mapping[str, Any]
    execution: Mapping[str, str]
    read: Callable[[str], str]
    steps: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    property_files: dict[tuple[str, str], str] = field(default_factory=dict)


def resolve(value: Any, known: Known) -> Any:
    """Return a value with everything filled in.

    Raises:
        UnknownReferenceError: It refers to what there is not.
    """
    if isinstance(value, dict):
        if len(value) == 1:
            ((key, inner),) = value.items()
            if key == "Get":
                return _get(inner, known)
            if key == "Std:Join":
                return str(inner["On"]).join(_text(resolve(part, known)) for part in inner["Values"])
            if key == "Std:JsonGet":
                return _json_get(inner, known)
        return {key: resolve(inner, known) for key, inner in value.items()}
    if isinstance(value, list):
        return [resolve(item, known) for item in value]
    return value


def holds(condition: Mapping[str, Any], known: Known) -> bool:
    """Tell whether a condition is met.

    Raises:
        UnknownReferenceError: It refers to what there is not, or is of a kind that is not known here.
    """
    left, right = (resolve(condition.get(side), known) for side in ("LeftValue", "RightValue"))
    kind = condition["Type"]
    if kind == "Equals":
        return bool(left == right)
    if left is None or right is None:
        return False
    if kind == "LessThanOrEqualTo":
        return float(left) <= float(right)
    if kind == "GreaterThanOrEqualTo":
        return float(left) >= float(right)
    raise UnknownReferenceError(f"condition {kind}: got a kind that the offline AWS does not know")


def _get(path: str, known: Known) -> Any:
    root, _, rest = path.partition(".")
    if root == "Parameters" and rest in known.parameters:
        return known.parameters[rest]
    if root == "Execution" and rest in known.execution:
        return known.execution[rest]
    step, _, inside = rest.partition(".")
    if root == "Steps" and step in known.steps:
        return _inside(known.steps[step], inside, path)
    raise UnknownReferenceError(f"{path}: got a reference to nothing that this execution has")


def _inside(document: Any, path: str, whole: str) -> Any:
    """Follow a path like `ProcessingOutputConfig.Outputs['step'].S3Output.S3Uri`."""
    for part in path.split("."):
        name, _, selected = part.partition("[")
        document = document.get(name) if isinstance(document, Mapping) else None
        if selected:
            wanted = selected.rstrip("]").strip("'\"")
            document = next((item for item in document or [] if wanted in item.values()), None)
        if document is None:
            raise UnknownReferenceError(f"{whole}: got nothing at {part}")
    return document


def _json_get(arguments: Mapping[str, Any], known: Known) -> Any:
    step, _, name = arguments["PropertyFile"]["Get"].removeprefix("Steps.").partition(".PropertyFiles.")
    address = known.property_files.get((step, name))
    if address is None:
        raise UnknownReferenceError(f"property file {name} of step {step}: got none")
    document: Any = json.loads(known.read(address))
    for part in arguments["Path"].split("."):
        if not isinstance(document, Mapping) or part not in document:
            raise UnknownReferenceError(f"property file {name} of step {step}: got nothing at {arguments['Path']}")
        document = document[part]
    return document


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
