"""Scores the rows of a table by the way that requests take, and finds those that the model cannot score."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy
import pyarrow

from mlops_runtime.batch.arrow_matrix import is_quick, matrix_of
from mlops_runtime.serving.contract import ServingContract
from mlops_runtime.serving.input_error import InputError
from mlops_runtime.serving.matrix import MatrixBuilder
from mlops_runtime.serving.scorer import UnansweredRowsError
from mlops_runtime.serving.served_model import ServedModel

Answers = dict[str, Any]
"""Values by output: an array with a row for each row."""
UNANSWERED = "the model has no finite number for these values"


@dataclass(frozen=True)
class Scored:
    """What became of a table's rows.

    Attributes:
        kept: Places of the rows that were scored, in their order.
        outputs: Their answers, by output.
        refused: Why a row was not scored, by its place.
        unknown: Number of unknown categories by feature.
    """

    kept: Sequence[int]
    outputs: Answers
    refused: Mapping[int, str] = field(default_factory=dict)
    unknown: Counter[str] = field(default_factory=Counter)


class TableScorer:
    """Scores tables with one model."""

    def __init__(self, served: ServedModel) -> None:
        self._served = served
        self._contract: ServingContract = served.contract
        self._unknown: Counter[str] = Counter()
        self._builder = MatrixBuilder(self._contract, self._count)
        self._is_quick = is_quick(self._contract)

    @property
    def output_names(self) -> tuple[str, ...]:
        """The columns of the answers."""
        return (self._contract.output.name,)

    def score(self, table: pyarrow.Table) -> Scored:
        """Scores every row that the model can score."""
        self._unknown.clear()
        built = matrix_of(self._contract, table)
        matrix, refused = built.matrix, dict[int, str]()
        for row in numpy.flatnonzero(built.unsure).tolist():
            try:
                matrix[row] = self._one(table, row)
            except InputError as error:
                refused[row] = str(error)
        kept = numpy.array([row for row in range(table.num_rows) if row not in refused], dtype=numpy.int64)
        wanted = matrix if not refused else matrix[kept]
        answers = numpy.empty(0, dtype=numpy.float32)
        if len(kept):
            try:
                answers = self._served.scorer.score(wanted)
            except UnansweredRowsError as error:
                unanswered = numpy.array(error.rows, dtype=numpy.int64)
                refused |= dict.fromkeys(kept[unanswered].tolist(), UNANSWERED)
                kept, wanted = numpy.delete(kept, unanswered), numpy.delete(wanted, unanswered, axis=0)
                answers = self._served.scorer.score(wanted) if len(kept) else answers
        outputs = {self._contract.output.name: answers}
        return Scored(kept.tolist(), outputs, refused, built.unknown + self._unknown)

    def _one(self, table: pyarrow.Table, row: int) -> Any:
        columns = {
            name: table[name].slice(row, 1).to_pylist()
            for name in self._contract.feature_names
            if name in table.column_names
        }
        return self._builder.from_columns(columns, 1, lambda _row, feature: feature)[0]

    def _count(self, feature: str, count: int) -> None:
        self._unknown[feature] += count
