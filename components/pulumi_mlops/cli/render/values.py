"""Reads the values that a Pulumi program sends, without losing what is secret or not yet known."""

import hashlib
from collections.abc import Mapping
from typing import Any

from google.protobuf import json_format, struct_pb2
from pulumi.runtime import rpc

SECRET = "[secret]"  # noqa: S105 - what stands in a secret's place
_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - Pulumi's mark of a secret
_RESOURCE_SIGNATURE = "5cf8f73096256a8f31e491e813e4eb8e"
_ASSET_SIGNATURES = ("c44067f5952c0a294b673a41bacd8c17", "0def7320c3a5731c473e5ecbe6d01bc7")


def read_values(message: struct_pb2.Struct, sources: Mapping[str, list[str]]) -> dict[str, Any]:
    """Return a resource's values as plain data.

    Args:
        message: The values as sent.
        sources: For each value, the names of the resources that it is computed from.

    Returns:
        The values. Unknown ones are placeholders that name their source, secret ones are `[secret]`.
    """
    document = json_format.MessageToDict(message)
    return {key: _plain(value, _placeholder(sources.get(key, []))) for key, value in document.items()}


def _placeholder(names: list[str]) -> str:
    return f"<known after {', '.join(sorted(set(names)))}>" if names else "<known later>"


def _plain(value: Any, unknown: str) -> Any:
    if isinstance(value, list):
        return [_plain(item, unknown) for item in value]
    if isinstance(value, dict):
        if _SIGNATURE in value:
            return _special(value, unknown)
        return {key: _plain(item, unknown) for key, item in value.items()}
    if value == rpc.UNKNOWN:
        return unknown
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _special(value: dict[str, Any], unknown: str) -> Any:
    signature = value[_SIGNATURE]
    if signature == _SECRET_SIGNATURE:
        return SECRET
    if signature == _RESOURCE_SIGNATURE:
        return f"<resource {str(value['urn']).rpartition('::')[2]}>"
    if signature in _ASSET_SIGNATURES:
        content = repr(sorted((key, str(item)) for key, item in value.items() if key != _SIGNATURE))
        return f"<file sha256:{hashlib.sha256(content.encode()).hexdigest()}>"
    return {key: _plain(item, unknown) for key, item in value.items() if key != _SIGNATURE}
