"""Holds declared resources of AWS against what the sandbox's provider, and so botocore's description of AWS, takes."""

from collections.abc import Iterable
from typing import Any

from sandbox.plugins.aws.check import check
from sandbox.plugins.aws.configuration import Configuration
from sandbox.plugins.protocol.naming import NamingRequest
from tests.recording import Declared


def refusals(resources: Iterable[Declared]) -> list[str]:
    """What the provider would refuse, with the resource that it is said of."""
    return [
        f"{one.type}::{one.name}: {failure}"
        for one in resources
        if one.type.startswith("aws:")
        for failure in check(one.type, whole(one.inputs), {}, NamingRequest(one.name), Configuration())[1]
    ]


def whole(value: Any) -> Any:
    """Give whole numbers back what Pulumi's protocol takes from them: 1.0 is 1."""
    if isinstance(value, dict):
        return {key: whole(item) for key, item in value.items()}
    if isinstance(value, list):
        return [whole(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
