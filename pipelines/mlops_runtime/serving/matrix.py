"""From the cells of a request to the float32 matrix that the model reads."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from operator import itemgetter
from types import NoneType
from typing import Any

import numpy
import numpy.typing

from .contract import Feature, ServingContract
from .input_error import InputError, InputProblem, shown

Matrix = numpy.typing.NDArray[numpy.float32]
Place = Callable[[int, str], str]

FLOAT32_MAXIMUM = float(numpy.finfo(numpy.float32).max)
NUMBER_TYPES = frozenset((float, int))
CELL_TYPES = NUMBER_TYPES | {NoneType}


class _Codes(dict[str | None, float]):
    """Category to its place in the vocabulary; a missing or unknown one to NaN where the feature allows that."""

    def __init__(self, feature: Feature) -> None:
        super().__init__({category: float(code) for code, category in enumerate(feature.vocabulary or ())})
        if feature.nullable:
            self[None] = math.nan
        self._unknown_is_missing = feature.unknown_category == "missing"

    def __missing__(self, category: object) -> float:
        if self._unknown_is_missing and isinstance(category, str):
            return math.nan
        raise KeyError(category)


class MatrixBuilder:
    """Builds input matrices for one contract.

    Well-formed requests take a short way through C loops. Whatever does not fit there goes through `_cell`, value by
    value, which either gives the same matrix or names every problem.
    """

    def __init__(self, contract: ServingContract) -> None:
        self.names = contract.feature_names
        self.width = len(self.names)
        self._features = contract.features
        self._name_set = frozenset(self.names)
        self._codes = {
            column: _Codes(feature) for column, feature in enumerate(self._features) if feature.dtype == "category"
        }
        self._required = [column for column, feature in enumerate(self._features) if not feature.nullable]
        pick = itemgetter(*self.names)
        self._pick: Callable[[Mapping[str, object]], tuple[object, ...]] = (
            pick if self.width > 1 else lambda row: (pick(row),)
        )

    def from_rows(self, rows: Sequence[object], place: Place) -> Matrix:
        """Reads rows that are objects (feature to value; a missing feature counts as null) or lists in order.

        Args:
            rows: At least one row.
            place: Names a cell in error messages, from its row's number and feature.

        Returns:
            The matrix, shape (rows, features).

        Raises:
            InputError: With every problem of every row.
        """
        cells: list[object] = []
        for row in rows:
            if type(row) is dict:
                if len(row) != self.width:
                    break
                try:
                    cells.extend(self._pick(row))
                except KeyError:
                    break
            elif type(row) is list and len(row) == self.width:
                cells.extend(row)
            else:
                break
        else:
            return self.from_cells(cells, len(rows), place)
        problems: list[InputProblem] = []
        aligned = [self._aligned(row, number, place, problems) for number, row in enumerate(rows)]
        if problems:
            return self._carefully(aligned, place, problems, encoded=False)
        return self.from_cells([cell for row in aligned for cell in row], len(rows), place)

    def from_cells(self, cells: list[Any], rows: int, place: Place, *, encoded: bool = False) -> Matrix:
        """Reads `rows` times `width` cells in row-major order.

        Args:
            cells: Numbers, categories and nulls.
            rows: Number of rows, at least 1.
            place: Names a cell in error messages.
            encoded: Whether categories are given as their places in the vocabulary and not as text.

        Raises:
            InputError: With every problem of every cell.
        """
        matrix = None if encoded and self._codes else self._quickly(cells, rows)
        if matrix is not None:
            return matrix
        split = [cells[row * self.width : (row + 1) * self.width] for row in range(rows)]
        return self._carefully(split, place, [], encoded=encoded)

    def _quickly(self, cells: list[Any], rows: int) -> Matrix | None:
        width = self.width
        numbers = cells
        if self._codes:
            numbers = cells.copy()
            try:
                for column, codes in self._codes.items():
                    numbers[column::width] = [codes[category] for category in cells[column::width]]
            except (KeyError, TypeError):
                return None
        types = set(map(type, numbers))
        if not types <= CELL_TYPES:
            return None
        with numpy.errstate(over="ignore"):
            matrix = numpy.array(numbers, dtype=numpy.float32).reshape(rows, width)
        if NoneType in types and numpy.isnan(matrix[:, self._required]).any():
            return None
        if numpy.isinf(matrix).any():
            return None
        return matrix

    def _carefully(
        self, rows: Sequence[Sequence[object]], place: Place, problems: list[InputProblem], *, encoded: bool
    ) -> Matrix:
        """Reads value by value; a row without cells is one whose problem is known already."""
        matrix = numpy.empty((len(rows), self.width), dtype=numpy.float32)
        read = self._code if encoded else self._cell
        for number, row in enumerate(rows):
            for column, value in enumerate(row):
                cell = read(column, value)
                if isinstance(cell, str):
                    problems.append(InputProblem(place(number, self.names[column]), shown(value), cell))
                else:
                    matrix[number, column] = cell
        if problems:
            raise InputError(problems)
        return matrix

    def _cell(self, column: int, value: object) -> float | str:
        """The value's number, or what was expected in its place."""
        feature = self._features[column]
        codes = self._codes.get(column)
        or_null = " or null" if feature.nullable else ""
        if codes is not None:
            try:
                return codes[value]  # type: ignore[index]
            except (KeyError, TypeError):
                return f"one of {_listed(feature.vocabulary or ())}{or_null}"
        if value is None and feature.nullable:
            return math.nan
        if isinstance(value, float | int) and not isinstance(value, bool) and abs(value) <= FLOAT32_MAXIMUM:
            return float(value)
        return f"a finite number in the range of float32{or_null}"

    def _code(self, column: int, value: object) -> float | str:
        """As `_cell`, for categories that come as their places in the vocabulary."""
        feature = self._features[column]
        if column not in self._codes:
            return self._cell(column, value)
        if value is None and feature.nullable:
            return math.nan
        places = range(len(feature.vocabulary or ()))
        if isinstance(value, float | int) and not isinstance(value, bool) and value in places:
            return float(value)
        return f"a place in the vocabulary, 0 to {places[-1]}{' or null' if feature.nullable else ''}"

    def _aligned(self, row: object, number: int, place: Place, problems: list[InputProblem]) -> Sequence[object]:
        """The row's cells in order, omitted features as null; nothing for a row that has no order."""
        if isinstance(row, dict):
            problems.extend(self._strangers(row, number, place))
            return [row.get(name) for name in self.names]
        if isinstance(row, list) and len(row) == self.width:
            return row
        in_order = f"a list of {self.width} values ({', '.join(self.names)})"
        problems.append(InputProblem(place(number, ""), shown(row), f"an object of features or {in_order}"))
        return ()

    def _strangers(self, row: Mapping[str, object], number: int, place: Place) -> Iterable[InputProblem]:
        for name in row:
            if name not in self._name_set:
                yield InputProblem(
                    place(number, name), "a feature that the model does not have", self.expected_name(name)
                )

    def expected_name(self, name: str) -> str:
        """What to say to somebody who named a feature that is not ours."""
        similar = get_close_matches(name, self.names, n=1)
        return f"{similar[0]!r}" if similar else f"one of {_listed(self.names)}"


def _listed(names: Sequence[str], shown_names: int = 24) -> str:
    more = f" and {len(names) - shown_names} more" if len(names) > shown_names else ""
    return ", ".join(map(repr, names[:shown_names])) + more
