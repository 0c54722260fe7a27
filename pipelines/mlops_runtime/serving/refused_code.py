"""Looks whether a model's files run code when they are loaded, before one of them is."""

from collections.abc import Collection
from pathlib import Path

from mlops_runtime.code_formats import CODE_FORMATS, code_problems, unknown_formats

from .contract import ContractError

_PROBLEMS_TOLD = 8


def refuse_code(directory: Path, allowed: Collection[str]) -> None:
    """See that no file of a model runs code when it is loaded, unless the stack names its format.

    A version is looked at before it is registered. This is for one that came another way.

    Args:
        directory: The model's folder.
        allowed: The formats that may run code, by name.

    Raises:
        ContractError: A file would run code and its format is not allowed, or a name is no format.
    """
    if unknown := unknown_formats(allowed):
        raise ContractError(f"allowed code formats: got {unknown}, expected some of {', '.join(CODE_FORMATS)}")
    problems = code_problems(directory, allowed, "endpoint.allow_code_formats")
    if problems:
        more = f"; and {len(problems) - _PROBLEMS_TOLD} more" if len(problems) > _PROBLEMS_TOLD else ""
        raise ContractError("; ".join(problems[:_PROBLEMS_TOLD]) + more)
