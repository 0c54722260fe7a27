"""A pipeline's parameters: typed, with defaults and ranges, and known without running anything."""

from collections.abc import Mapping
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from mlops_runtime.errors import SettingsError

SCALAR_TYPES = frozenset({"integer", "number", "string", "boolean"})
DOCUMENTED_KEYS = (
    "type",
    "default",
    "description",
    "enum",
    "pattern",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "minLength",
    "maxLength",
)


class PipelineParameters(BaseModel):
    """Base of every graph's parameters: scalar fields, each with a default.

    Values are taken strictly: no text for a number, no number for a text.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


Parameters = TypeVar("Parameters", bound=PipelineParameters)


def parse_parameters(model: type[Parameters], values: Mapping[str, object], place: str) -> Parameters:
    """Check values and fill in the defaults.

    Args:
        model: The graph's parameters.
        values: Parameter name to value.
        place: Where the values stand, for the error.

    Raises:
        SettingsError: With every problem.
    """
    try:
        return model.model_validate(dict(values))
    except ValidationError as error:
        known = ", ".join(model.model_fields) or "none"
        problems = [
            f"{place}.{'.'.join(map(str, problem['loc'])) or 'all'}: got {str(problem['input'])[:80]!r}, "
            + (f"expected one of {known}" if problem["type"] == "extra_forbidden" else problem["msg"])
            for problem in error.errors()
        ]
        raise SettingsError("; ".join(problems)) from error


def describe_parameters(model: type[PipelineParameters]) -> dict[str, dict[str, object]]:
    """Parameter name to its JSON Schema: type, default, description and range."""
    properties = model.model_json_schema().get("properties", {})
    return {name: {key: schema[key] for key in DOCUMENTED_KEYS if key in schema} for name, schema in properties.items()}


def problems_of_parameters(model: type[PipelineParameters]) -> list[str]:
    """Return what a parameter model has that not every target can pass on: fields without default, or not scalar."""
    problems = []
    for name, schema in describe_parameters(model).items():
        if schema.get("type") not in SCALAR_TYPES:
            problems.append(
                f"parameter {name}: got {schema.get('type', 'a union')}, expected an int, float, str or bool"
            )
        if "default" not in schema:
            problems.append(f"parameter {name}: got no default, expected one")
    return problems
