"""What the server and the process that reads its largest requests say to each other, by pickle."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from .input_error import InputError

Result = TypeVar("Result")

PICKLE_PROTOCOL = 5
COUNTING = "unknown categories"
"""Stands in a request for what counts unknown categories."""


@dataclass(frozen=True, slots=True)
class Answer(Generic[Result]):
    """What became of one request's body.

    Attributes:
        result: What the function returned.
        refusal: What is wrong with the request.
        failure: What went wrong in the process, as a traceback.
        unknown: How many categories were in no vocabulary, by feature.
    """

    result: Result | None = None
    refusal: InputError | None = None
    failure: str | None = None
    unknown: Counter[str] = field(default_factory=Counter)
