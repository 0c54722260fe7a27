"""What keeps a model from becoming an artifact."""

from collections.abc import Sequence

from mlops_runtime.errors import StepError


class PackagingError(StepError):
    """The model or its examples cannot become an artifact; the message names every problem and its fix."""


def raise_if_any(problems: Sequence[str]) -> None:
    """Raise what was found, all of it at once."""
    if problems:
        raise PackagingError("; ".join(problems))
