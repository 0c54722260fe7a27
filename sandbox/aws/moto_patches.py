"""Puts operations into moto's classes, and notices when moto is no longer what they were written for."""

from collections.abc import Callable
from typing import Any


class PatchError(RuntimeError):
    """moto is not as a patch expects it."""


def replace(owner: type, **operations: Callable[..., Any]) -> None:
    """Put operations in the place of moto's own.

    Args:
        owner: The class of moto.
        operations: What takes the place of which method.

    Raises:
        PatchError: If the class has no such method: moto has renamed it, and would never call ours.
    """
    for name, operation in operations.items():
        if not hasattr(owner, name):
            raise PatchError(f"{_path(owner, name)}: got nothing, expected moto's own, fix: find its name now")
        setattr(owner, name, operation)


def add(owner: type, *operations: Callable[..., Any]) -> None:
    """Put operations beside moto's, each under its own name.

    Args:
        owner: The class of moto.
        operations: What it lacks.

    Raises:
        PatchError: If the class has such a method by now: moto's may do, or do more.
    """
    for operation in operations:
        name = operation.__name__
        if getattr(owner, name, operation) is not operation:
            raise PatchError(f"{_path(owner, name)}: got moto's own, expected none, fix: use or `replace` it")
        setattr(owner, name, operation)


def _path(owner: type, name: str) -> str:
    return f"{owner.__module__}.{owner.__qualname__}.{name}"
