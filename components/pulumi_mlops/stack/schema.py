"""The JSON Schema of a stack file, for editors."""

import ast
import inspect
import itertools
import textwrap
from collections.abc import Iterator
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from pulumi_mlops._shared.config_model import Model
from pulumi_mlops.stack.document import SECRET_KEYS
from pulumi_mlops.stack.model import StackConfig


class _Described(GenerateJsonSchema):
    """Takes the description of each field from its docstring."""

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        written = super().model_schema(schema)
        bases = [base for base in reversed(schema["cls"].__mro__) if issubclass(base, Model)]
        for field, description in itertools.chain.from_iterable(map(_docstrings, bases)):
            written["properties"][field]["description"] = description
        return written


def _docstrings(model: type) -> Iterator[tuple[str, str]]:
    """Yield the name and the docstring of each field that has one."""
    for definition in ast.parse(textwrap.dedent(inspect.getsource(model))).body:
        for pair in itertools.pairwise(definition.body if isinstance(definition, ast.ClassDef) else ()):
            match pair:
                case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                    yield name, inspect.cleandoc(text)


def stack_file_schema(project: str = "mlops") -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of `Pulumi.<stack>.yaml`.

    Args:
        project: The Pulumi project, whose name stands before each key.
    """
    stack = StackConfig.model_json_schema(schema_generator=_Described)
    secret = {
        "type": "object",
        "properties": {"secure": {"type": "string"}},
        "required": ["secure"],
        "additionalProperties": False,
        "description": "Written by pulumi config set --secret.",
    }
    settings = {f"{project}:{name}": value for name, value in stack["properties"].items()}
    secrets = {f"{project}:{name}": secret for name in SECRET_KEYS}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"A stack of {project}",
        "type": "object",
        "properties": {
            "config": {
                "type": "object",
                "properties": settings | secrets,
                "patternProperties": {f"^(?!{project}:)[^:]+:.": True},
                "required": [f"{project}:{name}" for name in stack["required"]],
                "additionalProperties": False,
            },
            "encryptedkey": {"type": "string"},
            "encryptionsalt": {"type": "string"},
            "environment": True,
            "mainEnvironment": {"type": "string"},
            "secretsprovider": {"type": "string"},
        },
        "required": ["config"],
        "additionalProperties": False,
        "$defs": stack["$defs"],
    }
