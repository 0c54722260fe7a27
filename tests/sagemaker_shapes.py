"""Checks of requests against the shapes that botocore has of AWS's APIs, as AWS itself would make them."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import botocore.session
from botocore.validate import ParamValidator


class Later:
    """Mixed into a value that stands for one that AWS fills in: its type is right, what it says is not known."""


class LaterText(Later, str):  # noqa: SLOT000 - as its sisters
    """Text that AWS fills in."""


class LaterWhole(Later, int):
    """A whole number that AWS fills in."""


class LaterNumber(Later, float):
    """A number that AWS fills in."""


@cache
def service(name: str = "sagemaker") -> Any:
    return botocore.session.get_session().get_service_model(name)


def request_shape(operation: str) -> Any:
    return service().operation_model(operation).input_shape


def answer_shape(operation: str) -> Any:
    return service().operation_model(operation).output_shape


def sample(shape: Any) -> Any:
    """A value of the shape's type that AWS fills in."""
    match shape.type_name if shape is not None else "string":
        case "integer" | "long":
            return LaterWhole(shape.metadata.get("min", 1))
        case "float" | "double":
            return LaterNumber(shape.metadata.get("min", 1.0))
        case "boolean":
            return True
        case _:
            return LaterText("x" * 64)


def problems(shape: Any, request: Mapping[str, Any], path: str) -> list[str]:
    """Everything that AWS would refuse of a request's form: unknown and missing keys, wrong types, values out of range.

    Args:
        shape: The request's shape.
        request: The request, nothing of it left to be filled in.
        path: Where it stands, for the problems.
    """
    report = ParamValidator().validate(request, shape).generate_report()
    return [f"{path}: {line}" for line in report.splitlines() if line] + list(_limits(shape, request, path))


def _limits(shape: Any, value: Any, path: str) -> Iterator[str]:
    """What botocore leaves to the service: enumerations, patterns, and the most that something may have."""
    match shape.type_name, value:
        case "structure", Mapping():
            for key, item in value.items():
                if key in shape.members:
                    yield from _limits(shape.members[key], item, f"{path}.{key}")
        case "map", Mapping():
            yield from _length(shape, value, "entries", path)
            for key, item in value.items():
                yield from _limits(shape.key, key, f"{path}.{key}")
                yield from _limits(shape.value, item, f"{path}.{key}")
        case "list", list() | tuple():
            yield from _length(shape, value, "items", path)
            for index, item in enumerate(value):
                yield from _limits(shape.member, item, f"{path}[{index}]")
        case "string", str() if not isinstance(value, Later):
            yield from _text(shape, value, path)
        case (("integer" | "long" | "float" | "double"), int() | float()) if value > shape.metadata.get("max", value):
            yield f"{path}: {value} is more than {shape.metadata['max']}"


def _text(shape: Any, value: str, path: str) -> Iterator[str]:
    yield from _length(shape, value, "characters", path)
    if shape.enum and value not in shape.enum:
        yield f"{path}: {value!r} is none of the values of {shape.name}"
    pattern = shape.metadata.get("pattern")
    if pattern and not _compiled(pattern).fullmatch(value):
        yield f"{path}: {value!r} is not of the form {pattern}"


def _length(shape: Any, value: Any, unit: str, path: str) -> Iterator[str]:
    most = shape.metadata.get("max")
    if most is not None and len(value) > most:
        yield f"{path}: {len(value)} {unit} are more than {most}"


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """Java's expression in Python's: without its classes of Unicode, and without its slips such as `${1,256}`."""
    for name, characters in (
        (r"\p{L}", r"a-zA-Z\u00c0-\uffff"),
        (r"\p{M}", ""),
        (r"\p{N}", "0-9"),
        (r"\p{P}", r"""!-#%-*,-/:;?@\[-\]_{}"""),
        (r"\p{S}", r"$+<=>^`|~"),
        (r"\p{Z}", r" \u00a0"),
    ):
        pattern = pattern.replace(name, characters)
    return re.compile(re.sub(r"\$\{\d+,\d+\}$", "", pattern))
