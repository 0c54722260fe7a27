"""From the cells of a request to the float32 matrix that the model reads."""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from types import NoneType
from typing import Any, Self

import numpy
import numpy.typing

from .categories import UNKNOWN, CategoryCodes
from .contract import Feature, ServingContract
from .input_error import InputProblem, ProblemList, shown
from .rows import FeatureRows, Place, listed

Matrix = numpy.typing.NDArray[numpy.float32]
CountUnknown = Callable[[str, int], None]
Unknown = Counter[int]

FLOAT32_MAXIMUM = float(numpy.finfo(numpy.float32).max)
NUMBER_TYPES = frozenset((float, int))
CELL_TYPES = NUMBER_TYPES | {NoneType}
CHUNK_ROWS = 4096


@dataclass
class _Reading:
    """How a request is read, and what was found on the way.

    Attributes:
        place: Names a cell in error messages.
        encoded: Whether categories are given as their places in the vocabulary.
        problems: What is wrong.
        unknown: Number of unknown categories by column.
    """

    place: Place
    encoded: bool = False
    problems: ProblemList = field(default_factory=ProblemList)
    unknown: Unknown = field(default_factory=Counter)


class MatrixBuilder:
    """Builds input matrices for one contract.

    Well-formed requests take a short way through C loops. Whatever does not fit there goes through `_carefully`, row
    by row and value by value, which either gives the same matrix or names the first problems and stops.
    """

    def __init__(self, contract: ServingContract, count_unknown: CountUnknown | None = None) -> None:
        """Sets up the columns.

        Args:
            contract: The features, in the order of the columns.
            count_unknown: Takes a feature's name and how many categories of a request were not in its vocabulary, and
                count as missing.
        """
        self._contract = contract
        self.names = contract.feature_names
        self.width = len(self.names)
        self._rows = FeatureRows(self.names)
        self._features = contract.features
        self._count_unknown = count_unknown
        self._codes = {
            column: CategoryCodes(feature)
            for column, feature in enumerate(self._features)
            if feature.dtype == "category"
        }
        self._required = [column for column, feature in enumerate(self._features) if not feature.nullable]
        self._bounds = _bounds(contract)

    def __reduce__(self) -> tuple[type[Self], tuple[ServingContract, CountUnknown | None]]:
        """What a copy in another process is made of."""
        return type(self), (self._contract, self._count_unknown)

    def from_rows(self, rows: Sequence[object], place: Place) -> Matrix:
        """Reads rows that are objects (feature to value; a missing feature counts as null) or lists in order.

        Args:
            rows: At least one row.
            place: Names a cell in error messages, from its row's number and feature.

        Returns:
            The matrix, shape (rows, features).

        Raises:
            InputError: With the first problems, in the order of the rows.
        """

        def quickly(start: int, stop: int, unknown: Unknown) -> Matrix | None:
            cells = self._rows.aligned(rows[start:stop])
            return None if cells is None else self._quickly(cells, stop - start, unknown)

        return self._assembled(len(rows), quickly, lambda start, stop: rows[start:stop], _Reading(place))

    def from_cells(self, cells: list[Any], rows: int, place: Place, *, encoded: bool = False) -> Matrix:
        """Reads `rows` times `width` cells in row-major order.

        Args:
            cells: Numbers, categories and nulls.
            rows: Number of rows, at least 1.
            place: Names a cell in error messages.
            encoded: Whether categories are given as their places in the vocabulary and not as text.

        Raises:
            InputError: With the first problems, in the order of the rows.
        """
        width = self.width

        def quickly(start: int, stop: int, unknown: Unknown) -> Matrix | None:
            part = cells[start * width : stop * width]
            if encoded:
                return self._quickly_encoded(part, stop - start)
            return self._quickly(part, stop - start, unknown)

        def slowly(start: int, stop: int) -> Iterator[Sequence[object]]:
            return (cells[row * width : (row + 1) * width] for row in range(start, stop))

        return self._assembled(rows, quickly, slowly, _Reading(place, encoded=encoded))

    def from_columns(self, columns: Mapping[str, list[Any]], rows: int, place: Place) -> Matrix:
        """Reads columns by their features' names; a feature without a column counts as null.

        Args:
            columns: Numbers, categories and nulls, as many as there are rows in each.
            rows: Number of rows, at least 1.
            place: Names a cell in error messages.

        Raises:
            InputError: With the first problems, in the order of the rows.
        """

        def slowly(start: int, stop: int) -> Iterator[tuple[Any, ...]]:
            nulls = [None] * (stop - start)
            parts = [columns[name][start:stop] if name in columns else nulls for name in self.names]
            return zip(*parts, strict=True)

        def quickly(start: int, stop: int, unknown: Unknown) -> Matrix | None:
            return self._quickly(list(chain.from_iterable(slowly(start, stop))), stop - start, unknown)

        return self._assembled(rows, quickly, slowly, _Reading(place))

    def expected_name(self, name: str) -> str:
        """What to say to somebody who named a feature that is not ours."""
        return self._rows.expected_name(name)

    def _assembled(
        self,
        rows: int,
        quickly: Callable[[int, int, Unknown], Matrix | None],
        slowly: Callable[[int, int], Iterable[object]],
        reading: "_Reading",
    ) -> Matrix:
        """The matrix of rows that are read some thousands at a time, so that what lies between is small."""
        if rows <= CHUNK_ROWS and (matrix := quickly(0, rows, reading.unknown)) is not None:
            self._tell(reading.unknown)
            return matrix
        matrix = numpy.empty((rows, self.width), dtype=numpy.float32)
        for start in range(0, rows, CHUNK_ROWS):
            stop = min(start + CHUNK_ROWS, rows)
            part = quickly(start, stop, reading.unknown)
            if part is not None:
                matrix[start:stop] = part
                continue
            self._carefully(slowly(start, stop), start, matrix, reading)
            if reading.problems.is_full:
                break
        reading.problems.raise_if_any()
        self._tell(reading.unknown)
        return matrix

    def _quickly(self, cells: list[Any], rows: int, unknown: Unknown) -> Matrix | None:
        width = self.width
        numbers = cells
        found: list[tuple[int, int]] = []
        if self._codes:
            numbers = cells.copy()
            try:
                for column, codes in self._codes.items():
                    numbers[column::width] = coded = [codes[category] for category in cells[column::width]]
                    if UNKNOWN in coded:
                        found.append((column, coded.count(UNKNOWN)))
            except (KeyError, TypeError):
                return None
        types = set(map(type, numbers))
        if not types <= CELL_TYPES:
            return None
        with numpy.errstate(over="ignore"):
            matrix = numpy.array(numbers, dtype=numpy.float32).reshape(rows, width)
        if NoneType in types and numpy.isnan(matrix[:, self._required]).any():
            return None
        if numpy.isinf(matrix).any() or self._is_out_of_bounds(matrix):
            return None
        for column, count in found:
            unknown[column] += count
        return matrix

    def _quickly_encoded(self, cells: list[Any], rows: int) -> Matrix | None:
        types = set(map(type, cells))
        if not types <= CELL_TYPES:
            return None
        exact = numpy.array(cells, dtype=numpy.float64).reshape(rows, self.width)
        for column, codes in self._codes.items():
            given = exact[:, column]
            is_place = (given >= 0) & (given < codes.categories) & (given == numpy.floor(given))
            if not (is_place | numpy.isnan(given)).all():
                return None
        if NoneType in types and numpy.isnan(exact[:, self._required]).any():
            return None
        with numpy.errstate(over="ignore"):
            matrix = exact.astype(numpy.float32)
        return None if numpy.isinf(matrix).any() or self._is_out_of_bounds(matrix) else matrix

    def _is_out_of_bounds(self, matrix: Matrix) -> bool:
        if self._bounds is None:
            return False
        minimum, maximum = self._bounds
        return bool((matrix < minimum).any() or (matrix > maximum).any())

    def _carefully(self, rows: Iterable[object], first: int, matrix: Matrix, reading: "_Reading") -> None:
        """Reads value by value into the matrix, from its row `first` on, until the list of problems is full."""
        problems = reading.problems
        read, expected = (self._code, self._expected_code) if reading.encoded else (self._cell, self._expected_cell)

        def word(number: int, column: int, value: object) -> InputProblem:
            return InputProblem(reading.place(number, self.names[column]), shown(value), expected(column))

        for number, row in enumerate(rows, first):
            if problems.is_full:
                return
            for column, value in enumerate(self._rows.cells_of(row, number, reading.place, problems)):
                cell = read(column, value)
                if cell is None:
                    problems.add(partial(word, number, column, value), number)
                elif not problems:
                    matrix[number, column] = cell
                    if cell is UNKNOWN:
                        reading.unknown[column] += 1

    def _cell(self, column: int, value: object) -> float | None:
        """The value's number; None where it has none."""
        codes = self._codes.get(column)
        if codes is not None:
            try:
                return codes[value]  # type: ignore[index]
            except (KeyError, TypeError):
                return None
        if value is None:
            return math.nan if self._features[column].nullable else None
        if not isinstance(value, float | int) or isinstance(value, bool):
            return None
        if abs(value) > FLOAT32_MAXIMUM or self._is_beyond(column, value):
            return None
        return float(value)

    def _is_beyond(self, column: int, value: float) -> bool:
        """Whether a number is outside its bounds, as float32 has them: so the quick way compares."""
        if self._bounds is None:
            return False
        number = numpy.float32(value)
        return bool(number < self._bounds[0][column] or number > self._bounds[1][column])

    def _code(self, column: int, value: object) -> float | None:
        """As `_cell`, for categories that come as their places in the vocabulary."""
        feature = self._features[column]
        if feature.vocabulary is None:
            return self._cell(column, value)
        if value is None:
            return math.nan if feature.nullable else None
        if not isinstance(value, float | int) or isinstance(value, bool):
            return None
        return float(value) if 0 <= value < len(feature.vocabulary) and value == int(value) else None

    def _expected_cell(self, column: int) -> str:
        feature = self._features[column]
        number = f"a finite number {expected_range(feature) or 'in the range of float32'}"
        what = f"one of {listed(feature.vocabulary)}" if feature.vocabulary else number
        return f"{what}{' or null' if feature.nullable else ''}"

    def _expected_code(self, column: int) -> str:
        feature = self._features[column]
        if feature.vocabulary is None:
            return self._expected_cell(column)
        last = len(feature.vocabulary) - 1
        return f"a place in the vocabulary, 0 to {last}{' or null' if feature.nullable else ''}"

    def _tell(self, unknown: Unknown) -> None:
        if self._count_unknown is None:
            return
        for column, count in unknown.items():
            self._count_unknown(self.names[column], count)


def expected_range(feature: Feature) -> str:
    """A number's bounds in words; nothing where it has none."""
    low, high = feature.minimum, feature.maximum
    if low is not None and high is not None:
        return f"from {low:g} to {high:g}"
    return f"of at least {low:g}" if low is not None else f"of at most {high:g}" if high is not None else ""


def _bounds(contract: ServingContract) -> tuple[Matrix, Matrix] | None:
    """The least and the greatest number by column; None where no column has any."""
    bounds = [(feature.minimum, feature.maximum) for feature in contract.features]
    if all(low is None and high is None for low, high in bounds):
        return None
    with numpy.errstate(over="ignore"):
        return (
            numpy.array([-math.inf if low is None else low for low, _ in bounds], dtype=numpy.float32),
            numpy.array([math.inf if high is None else high for _, high in bounds], dtype=numpy.float32),
        )
