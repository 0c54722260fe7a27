"""Values that may not be known yet."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import pulumi

T = TypeVar("T")


def is_deferred(value: object) -> bool:
    """Tell whether a value, or anything inside it, is an Output."""
    return next(_outputs_in(value), None) is not None


def combine(function: Callable[..., T], *values: Any) -> pulumi.Input[T]:
    """Call a function now when all its values are plain, else as soon as they are known.

    Only the outputs within the values are waited for: Pulumi would make an output of each part of a document that
    holds one.
    """
    waited = {id(output): output for output in _outputs_in(values)}
    if not waited:
        return function(*values)
    return pulumi.Output.all(*waited.values()).apply(
        lambda known: function(*_filled(values, dict(zip(waited, known, strict=True))))
    )


def _outputs_in(value: object) -> Iterator[pulumi.Output[Any]]:
    if isinstance(value, pulumi.Output):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _outputs_in(item)
    elif isinstance(value, Sequence) and not isinstance(value, str | bytes):
        for item in value:
            yield from _outputs_in(item)


def _filled(value: Any, known: Mapping[int, Any]) -> Any:
    """Return a value with what is known, by the identity of each output, in place of its outputs."""
    if isinstance(value, pulumi.Output):
        return known[id(value)]
    if isinstance(value, Mapping):
        return {key: _filled(item, known) for key, item in value.items()}
    if isinstance(value, tuple):
        return tuple(_filled(item, known) for item in value)
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_filled(item, known) for item in value]
    return value
