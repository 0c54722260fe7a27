"""Kubernetes objects as plain data, in the API's own names."""

import hashlib
import json
from typing import Any

import pulumi

from pulumi_mlops._shared.inputs import combine

Document = dict[str, Any]
"""A Kubernetes object or a part of one. Leaves may be `pulumi.Output`; everything computed is plain."""

HASH_LENGTH = 8


def to_json(value: object) -> str:
    """Write a value as JSON that is the same text for the same value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def content_hash(value: object) -> pulumi.Input[str]:
    """Return the first hexadecimal digits of a value's SHA-256, known as soon as the value is."""
    return combine(lambda known: hashlib.sha256(to_json(known).encode()).hexdigest()[:HASH_LENGTH], value)


def without_none(document: Document) -> Document:
    """Drop the top-level keys whose value is None."""
    return {key: value for key, value in document.items() if value is not None}
