"""From the cells of a request to the columns that a model of any types reads."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Self

from .cells import REFUSED, CellReader, reader_of
from .contract import NUMBER_TYPES, ServingContract
from .input_error import InputError, InputProblem, ProblemList, shown
from .rows import FeatureRows, Place, listed

CHUNK_ROWS = 1024
CountUnknown = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class Columns:
    """Rows as columns of Python's own values, in the order of the contract's features; None where one is missing."""

    values: Mapping[str, list[Any]]
    rows: int

    def __len__(self) -> int:
        return self.rows


@dataclass
class _Reading:
    """What was found on the way: the columns so far, what is wrong, and the unknown categories by feature."""

    place: Place
    columns: list[list[Any]]
    problems: ProblemList = field(default_factory=ProblemList)
    unknown: Counter[str] = field(default_factory=Counter)


class ColumnReader:
    """Reads columns for one contract, some rows at a time.

    A column that is as it should be takes a short way; where one is not, its rows are read value by value, and the
    first problems named in the order of the rows.
    """

    def __init__(self, contract: ServingContract, count_unknown: CountUnknown | None = None) -> None:
        """Sets up the columns.

        Args:
            contract: The features, in their order.
            count_unknown: Takes a feature's name and how many categories of a request were not in its vocabulary, and
                count as missing.
        """
        self._contract = contract
        self.names = contract.feature_names
        self.width = len(self.names)
        self._rows = FeatureRows(self.names)
        self._readers: list[CellReader] = [reader_of(feature) for feature in contract.features]
        self._not_numbers = [feature.name for feature in contract.features if feature.dtype not in NUMBER_TYPES]
        self._count_unknown = count_unknown

    def __reduce__(self) -> tuple[type[Self], tuple[ServingContract, CountUnknown | None]]:
        """Return what a copy in another process is made of."""
        return type(self), (self._contract, self._count_unknown)

    def from_rows(self, rows: Sequence[object], place: Place) -> Columns:
        """Reads rows that are objects (feature to value; a missing feature counts as null) or lists in order.

        Raises:
            InputError: With the first problems, in the order of the rows.
        """

        def quickly(start: int, stop: int) -> list[list[Any]] | None:
            cells = self._rows.aligned(rows[start:stop])
            return None if cells is None else [cells[column :: self.width] for column in range(self.width)]

        return self._assembled(len(rows), quickly, lambda start, stop: rows[start:stop], place)

    def from_cells(self, cells: list[Any], rows: int, place: Place, *, encoded: bool = False) -> Columns:
        """Reads `rows` times `width` cells in row-major order, of features that are all numbers.

        Raises:
            InputError: With the first problems, in the order of the rows; or the features are not all numbers.
        """
        if encoded and self._not_numbers:
            expected = f"one tensor for each feature: {listed(self._not_numbers)} hold no numbers"
            raise InputError((InputProblem("inputs", "one tensor of all features", expected),))
        width = self.width
        columns = {name: cells[column::width] for column, name in enumerate(self.names)}
        return self.from_columns(columns, rows, place)

    def from_columns(self, columns: Mapping[str, list[Any]], rows: int, place: Place) -> Columns:
        """Reads columns by their features' names; a feature without a column counts as null.

        Raises:
            InputError: With the first problems, in the order of the rows.
        """

        def quickly(start: int, stop: int) -> list[list[Any]]:
            nulls = [None] * (stop - start)
            return [columns[name][start:stop] if name in columns else nulls for name in self.names]

        def slowly(start: int, stop: int) -> Iterator[tuple[Any, ...]]:
            return zip(*quickly(start, stop), strict=True)

        return self._assembled(rows, quickly, slowly, place)

    def expected_name(self, name: str) -> str:
        """What to say to somebody who named a feature that is not ours."""
        return self._rows.expected_name(name)

    def _assembled(
        self,
        rows: int,
        quickly: Callable[[int, int], list[list[Any]] | None],
        slowly: Callable[[int, int], Iterable[object]],
        place: Place,
    ) -> Columns:
        reading = _Reading(place, [[] for _ in self.names])
        for start in range(0, rows, CHUNK_ROWS):
            stop = min(start + CHUNK_ROWS, rows)
            if not self._quickly(quickly(start, stop), reading):
                self._carefully(slowly(start, stop), start, reading)
            if reading.problems.is_full:
                break
        reading.problems.raise_if_any()
        if self._count_unknown is not None:
            for name, count in reading.unknown.items():
                self._count_unknown(name, count)
        return Columns(dict(zip(self.names, reading.columns, strict=True)), rows)

    def _quickly(self, given: list[list[Any]] | None, reading: _Reading) -> bool:
        """Whether all of these columns are as they should be; they are taken then."""
        if given is None:
            return False
        read = []
        unknown: Counter[str] = Counter()
        for name, reader, values in zip(self.names, self._readers, given, strict=True):
            column = reader.column(values)
            if column is None:
                return False
            read.append(column)
            if count := reader.unknown(values, column):
                unknown[name] = count
        for column, part in zip(reading.columns, read, strict=True):
            column.extend(part)
        reading.unknown += unknown
        return True

    def _carefully(self, rows: Iterable[object], first: int, reading: _Reading) -> None:
        problems = reading.problems
        for number, row in enumerate(rows, first):
            if problems.is_full:
                return
            for column, value in enumerate(self._rows.cells_of(row, number, reading.place, problems)):
                reader = self._readers[column]
                cell = reader.cell(value)
                if cell is REFUSED:
                    problems.add(partial(self._problem, reading.place, number, column, value), number)
                elif not problems:
                    reading.columns[column].append(cell)
                    reading.unknown[self.names[column]] += reader.unknown([value], [cell])

    def _problem(self, place: Place, number: int, column: int, value: object) -> InputProblem:
        reader = self._readers[column]
        return InputProblem(place(number, self.names[column]), reader.got(value) or shown(value), reader.expected)
