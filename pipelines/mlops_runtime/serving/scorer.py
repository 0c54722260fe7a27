"""What a runtime is to the server: something that scores the rows of a request."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy
import numpy.typing

from .columns import ColumnReader, Columns, CountUnknown
from .matrix import Matrix, MatrixBuilder

Batch = Matrix | Columns
"""The rows of a request, as the model's runtime reads them."""
Answers = Mapping[str, numpy.typing.NDArray[Any]]
"""Output to its values: float32 [rows] or [rows, columns]; int64 or objects that are text [rows]."""

BatchReader = MatrixBuilder | ColumnReader

SHOWN_ROWS = 8


class ModelAnswerError(RuntimeError):
    """The model failed, or gave something other than its contract says."""


class UnansweredRowsError(Exception):
    """The model has no finite number for some rows.

    Attributes:
        rows: Their numbers, from 0.
    """

    def __init__(self, rows: Sequence[int]) -> None:
        self.rows = rows
        more = f" and {len(rows) - SHOWN_ROWS} more" if len(rows) > SHOWN_ROWS else ""
        super().__init__(f"no finite number from the model for row {', '.join(map(str, rows[:SHOWN_ROWS]))}{more}")


class Scorer(Protocol):
    """A loaded model in its runtime.

    Attributes:
        platform: The runtime's name, as the Open Inference Protocol's metadata has it.
    """

    platform: str

    def reader(self, count_unknown: CountUnknown | None = None) -> BatchReader:
        """What reads requests for it; `count_unknown` is told of unknown categories."""
        ...

    def score(self, batch: Any, /) -> Answers:
        """Every output of the contract for each row.

        Raises:
            UnansweredRowsError: It has no finite number for some of them.
            ModelAnswerError: It failed, or gave something other than the contract says.
        """
        ...


def has_answers(scorer: Scorer, batch: Batch) -> bool:
    """Whether the model has an answer for every row."""
    try:
        scorer.score(batch)
    except (UnansweredRowsError, ModelAnswerError):
        return False
    return True
