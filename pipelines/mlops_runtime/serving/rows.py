"""The rows of a request: which features they name, and what is said to a caller who names others."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from functools import partial
from operator import itemgetter
from typing import Any

from .input_error import SHOWN_CHARACTERS, InputProblem, ProblemList, shortened, shown

Place = Callable[[int, str], str]

SHOWN_NAMES = 24
# Looking for a similar name takes microseconds for each of the model's.
NAMES_COMPARED_MAX = 500


class FeatureRows:
    """Reads rows that are objects (feature to value; a missing feature counts as null) or lists in order."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)
        self.width = len(self.names)
        self._name_set = frozenset(self.names)
        pick = itemgetter(*self.names)
        self._pick: Callable[[Mapping[str, object]], tuple[object, ...]] = (
            pick if self.width > 1 else lambda row: (pick(row),)
        )

    def aligned(self, rows: Sequence[object]) -> list[Any] | None:
        """Return the cells of rows that are all known by their order or by their names; None where one is not."""
        cells: list[Any] = []
        for row in rows:
            if type(row) is dict:
                if len(row) == self.width:
                    try:
                        cells.extend(self._pick(row))
                    except KeyError:
                        return None
                elif len(row) < self.width and row.keys() <= self._name_set:
                    cells.extend(map(row.get, self.names))
                else:
                    return None
            elif type(row) is list and len(row) == self.width:
                cells.extend(row)
            else:
                return None
        return cells

    def cells_of(self, row: object, number: int, place: Place, problems: ProblemList) -> Iterable[object]:
        """Return the row's cells in order, omitted features as null; nothing for a row that has no order."""
        if isinstance(row, dict):
            if not row.keys() <= self._name_set:
                for name in row:
                    if problems.is_full:
                        return ()
                    if name not in self._name_set:
                        problems.add(partial(self._stranger, place, number, name), number)
            return map(row.get, self.names)
        if isinstance(row, list | tuple) and len(row) == self.width:
            return row
        problems.add(lambda: InputProblem(place(number, ""), shown(row), self._expected_row()), number)
        return ()

    def expected_name(self, name: str) -> str:
        """Return what to say to somebody who named a feature that is not ours."""
        comparable = len(name) <= SHOWN_CHARACTERS and self.width <= NAMES_COMPARED_MAX
        similar = get_close_matches(name, self.names, n=1) if comparable else ()
        return f"{similar[0]!r}" if similar else f"one of {listed(self.names)}"

    def _expected_row(self) -> str:
        more = f" and {self.width - SHOWN_NAMES} more" if self.width > SHOWN_NAMES else ""
        return f"an object of features or a list of {self.width} values ({', '.join(self.names[:SHOWN_NAMES])}{more})"

    def _stranger(self, place: Place, number: int, name: str) -> InputProblem:
        where = place(number, shortened(name))
        return InputProblem(where, "a feature that the model does not have", self.expected_name(name))


def listed(names: Sequence[str]) -> str:
    """Return the first names, and how many more there are."""
    more = f" and {len(names) - SHOWN_NAMES} more" if len(names) > SHOWN_NAMES else ""
    return ", ".join(map(repr, names[:SHOWN_NAMES])) + more
