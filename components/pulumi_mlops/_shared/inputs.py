"""Values that may not be known yet."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import pulumi

T = TypeVar("T")


def is_deferred(value: object) -> bool:
    """Tell whether a value, or anything inside it, is an Output."""
    if isinstance(value, pulumi.Output):
        return True
    if isinstance(value, Mapping):
        return any(is_deferred(item) for item in value.values())
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return any(is_deferred(item) for item in value)
    return False


def combine(function: Callable[..., T], *values: Any) -> pulumi.Input[T]:
    """Call a function now when all its values are plain, else as soon as they are known."""
    if any(is_deferred(value) for value in values):
        return pulumi.Output.all(*values).apply(lambda known: function(*known))
    return function(*values)
