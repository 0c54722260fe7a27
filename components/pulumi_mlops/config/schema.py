"""The JSON Schema of a stack file, for editors."""

from typing import Any

from pulumi_mlops.config.stack import StackConfig
from pulumi_mlops.config.stack_file import SECRET_KEYS


def stack_file_schema(project: str = "mlops") -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of `Pulumi.<stack>.yaml`.

    Args:
        project: The Pulumi project, whose name stands before each key.
    """
    stack = StackConfig.model_json_schema()
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
            "secretsprovider": {"type": "string"},
        },
        "required": ["config"],
        "additionalProperties": False,
        "$defs": stack["$defs"],
    }
