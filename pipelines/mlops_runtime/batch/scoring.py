"""Scores the rows of a table by the way that requests take, and finds those that the model cannot score."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, Protocol

import numpy
import numpy.typing
import pyarrow
from pyarrow import types

from mlops_runtime.batch.arrow_matrix import is_quick, matrix_of
from mlops_runtime.serving.contract import ServingContract
from mlops_runtime.serving.identity import Identity
from mlops_runtime.serving.input_error import InputError
from mlops_runtime.serving.matrix import MatrixBuilder
from mlops_runtime.serving.scorer import Answers, Batch, ModelAnswerError, Scorer, UnansweredRowsError

Places = numpy.typing.NDArray[numpy.int64]
UNANSWERED: Final = "the model has no finite number for these values"
FAILURES_MAX: Final = 1000
"""Rows of a table that may fail the model itself. A model that fails for more is not asked row by row."""


class ProvedModel(Protocol):
    """A model that repeats its golden rows or prompts: of a table of features, or of prompts."""

    @property
    def identity(self) -> Identity:
        """Who it is."""

    @property
    def contract(self) -> ServingContract:
        """What it takes and gives."""

    @property
    def scorer(self) -> Scorer:
        """What scores with it."""

    def score(self, batch: Batch, row_place: Callable[[int], str]) -> Answers:
        """Every output for each row.

        Raises:
            InputError: The model has no answer for some rows.
            ModelAnswerError: It failed, or its answers are not what the contract says.
        """
        ...


@dataclass(frozen=True)
class Scored:
    """What became of a table's rows.

    Attributes:
        kept: Places of the rows that were scored, in their order.
        outputs: Their answers, by column of the output.
        refused: Why a row was not scored, by its place.
        unknown: Number of unknown categories by feature.
    """

    kept: Sequence[int]
    outputs: Mapping[str, Any]
    refused: Mapping[int, str] = field(default_factory=dict)
    unknown: Counter[str] = field(default_factory=Counter)


class TableScorer:
    """Scores tables with one model, in any runtime."""

    def __init__(self, served: ProvedModel) -> None:
        self._served = served
        self._contract: ServingContract = served.contract
        self._unknown: Counter[str] = Counter()
        self._reader = served.scorer.reader(self._count)
        self._is_quick = isinstance(self._reader, MatrixBuilder) and is_quick(self._contract)

    @property
    def output_names(self) -> tuple[str, ...]:
        """The columns of the answers: one for each output, and one for each class of probabilities."""
        return tuple(name for output in self._contract.outputs for name in _columns(output))

    def score(self, table: pyarrow.Table) -> Scored:
        """Scores every row that the model can score.

        Raises:
            ModelAnswerError: The model fails, and not for single rows alone.
        """
        if self._is_quick:
            return self._quickly(table)
        refused: dict[int, str] = {}
        unknown: Counter[str] = Counter()
        parts: list[tuple[Places, Answers]] = []
        waiting = [numpy.arange(table.num_rows, dtype=numpy.int64)]
        failures = 0
        while waiting:
            places = waiting.pop()
            if not len(places):
                continue
            self._unknown.clear()
            try:
                answers = self._answers(table, places)
            except InputError as error:
                bad = numpy.array(sorted(error.rows), dtype=numpy.int64) if error.rows else numpy.arange(len(places))
                refused |= {int(place): self._reason(table, int(place)) for place in places[bad]}
                waiting.append(numpy.delete(places, bad))
            except ModelAnswerError as error:
                if len(places) > 1:
                    waiting += [places[len(places) // 2 :], places[: len(places) // 2]]
                    continue
                failures += 1
                if failures > FAILURES_MAX:
                    raise
                refused[int(places[0])] = str(error)
            else:
                parts.append((places, answers))
                unknown += self._unknown
        return self._scored(parts, refused, unknown)

    def _quickly(self, table: pyarrow.Table) -> Scored:
        """Scores a model of one matrix; what is not sure of a row is left to the way that requests take."""
        self._unknown.clear()
        built = matrix_of(self._contract, table)
        refused: dict[int, str] = {}
        for row in numpy.flatnonzero(built.unsure).tolist():
            try:
                built.matrix[row] = numpy.asarray(self._read(table, numpy.array([row])))
            except InputError as error:
                refused[row] = str(error)
        kept: Places = numpy.delete(numpy.arange(table.num_rows), list(refused))
        wanted = built.matrix[kept] if refused else built.matrix
        parts = []
        while len(kept):
            try:
                parts = [(kept, self._served.scorer.score(wanted))]
                break
            except UnansweredRowsError as error:
                refused |= dict.fromkeys(kept[list(error.rows)].tolist(), UNANSWERED)
                kept = numpy.delete(kept, list(error.rows))
                wanted = numpy.delete(wanted, list(error.rows), axis=0)
        return self._scored(parts, refused, built.unknown + self._unknown)

    def _scored(
        self, parts: Sequence[tuple[Places, Answers]], refused: dict[int, str], unknown: Counter[str]
    ) -> Scored:
        ordered = sorted(parts, key=lambda part: int(part[0][0]))
        kept = numpy.concatenate([places for places, _ in ordered]) if ordered else numpy.empty(0, dtype=numpy.int64)
        order = numpy.argsort(kept, kind="stable")
        outputs: dict[str, Any] = {}
        for output in self._contract.outputs if ordered else ():
            values = numpy.concatenate([answers[output.name] for _, answers in ordered])[order]
            names = _columns(output)
            if output.kind == "probabilities":
                outputs |= {name: values[:, index] for index, name in enumerate(names)}
            else:
                outputs[names[0]] = values
        return Scored(kept[order].tolist(), outputs, refused, unknown)

    def _answers(self, table: pyarrow.Table, places: Places) -> Answers:
        return self._served.score(self._read(table, places), lambda _row: "the row")

    def _read(self, table: pyarrow.Table, places: Places) -> Batch:
        rows = table if len(places) == table.num_rows else table.take(places)
        known = [name for name in self._contract.feature_names if name in table.column_names]
        columns = {name: _values(rows[name]) for name in known}
        return self._reader.from_columns(columns, len(places), lambda _row, feature: feature)

    def _reason(self, table: pyarrow.Table, place: int) -> str:
        try:
            self._answers(table, numpy.array([place]))
        except InputError as error:
            return str(error)
        except ModelAnswerError as error:
            return str(error)
        return "it was refused among other rows, and not by itself"

    def _count(self, feature: str, count: int) -> None:
        self._unknown[feature] += count


def _columns(output: Any) -> tuple[str, ...]:
    """Return the columns that an output has in a table: flat ones, which every format can hold."""
    if output.kind == "probabilities":
        return tuple(f"{output.name}.{name}" for name in output.class_names)
    return (output.name,)


def _values(column: pyarrow.ChunkedArray) -> list[Any]:
    """Return a column as Python's own values, as JSON would have them: NaN is a missing value, a moment is text."""
    if types.is_decimal(column.type):
        column = column.cast(pyarrow.float64(), safe=False)
    values: list[Any] = column.to_pylist()
    if types.is_floating(column.type):
        return [None if value != value else value for value in values]  # noqa: PLR0124 - only NaN differs from itself
    if types.is_timestamp(column.type) or types.is_date(column.type):
        return [value.isoformat() if isinstance(value, date) else value for value in values]
    return values
