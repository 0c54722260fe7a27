"""Whether one group's rows are answered worse than the rest's."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from mlops_runtime.monitoring.columns import Numbers
from mlops_runtime.monitoring.quality import Answers, losses

GROUPS_MAX: Final = 50
CHANCE_STANDARD_ERRORS: Final = 3.29
"""So far from zero a difference of means gets by chance in one of a thousand cases, to either side."""


@dataclass(frozen=True)
class GroupQuality:
    """One group beside the rest.

    Attributes:
        group: What the rows are grouped by.
        value: Which of them.
        rows: How many rows with a label the group has.
        metric: `mae`, or `error_rate`: the share of wrong classes.
        error: The group's.
        error_of_rest: That of all other rows.
        chance: How far from each other two errors get by chance once in a thousand windows.
        answer: The mean answered number, or the share of the second of two classes; None for more classes.
        answer_of_rest: That of all other rows.
    """

    group: str
    value: str
    rows: int
    metric: str
    error: float
    error_of_rest: float
    chance: float
    answer: float | None = None
    answer_of_rest: float | None = None

    @property
    def difference(self) -> float:
        """How much larger the group's error is."""
        return self.error - self.error_of_rest

    @property
    def ratio(self) -> float | None:
        """How many times as large the group's error is; None where the rest has none."""
        return self.error / self.error_of_rest if self.error_of_rest else None

    @property
    def ratio_by_chance(self) -> float:
        """What the ratio gets to by chance."""
        return 1 + self.chance / self.error_of_rest if self.error_of_rest else 1.0


@dataclass(frozen=True)
class Groups:
    """The groups of one column.

    Attributes:
        group: The column.
        qualities: Each with enough rows, the worst first.
        small: Groups with fewer rows than are needed, with their rows.
    """

    group: str
    qualities: tuple[GroupQuality, ...]
    small: tuple[tuple[str, int], ...] = ()


def group_qualities(group: str, values: npt.NDArray[Any], answers: Answers, rows_min: int) -> Groups:
    """Return each group's error beside the rest's.

    Args:
        group: What the rows are grouped by.
        values: Each answered row's group, as text.
        answers: Answers whose truth is known.
        rows_min: How many rows a group takes, and the rest.
    """
    names, places = np.unique(values.astype(str), return_inverse=True)
    loss, answered = losses(answers), _answered(answers)
    found, small = [], []
    for place, name in enumerate(names):
        inside = places == place
        rows = int(inside.sum())
        if min(rows, len(answers) - rows) < max(rows_min, 2):
            small.append((str(name), rows))
            continue
        found.append(_quality(group, str(name), answers, loss, answered, inside))
    found.sort(key=lambda each: -each.difference)
    return Groups(group, tuple(found[:GROUPS_MAX]), tuple(sorted(small, key=lambda each: -each[1])[:GROUPS_MAX]))


def groups_of(answers: Answers, columns: Sequence[tuple[str, npt.NDArray[Any]]], rows_min: int) -> list[Groups]:
    """Return the groups of each column; its values are of all the rows that the answers are taken from."""
    return [group_qualities(name, values[answers.index], answers, rows_min) for name, values in columns]


def _quality(
    group: str, value: str, answers: Answers, loss: Numbers, answered: Numbers | None, inside: npt.NDArray[np.bool_]
) -> GroupQuality:
    error = np.sqrt(sum(loss[part].var(ddof=1) / part.sum() for part in (inside, ~inside)))
    return GroupQuality(
        group=group,
        value=value,
        rows=int(inside.sum()),
        metric="mae" if answers.task == "regression" else "error_rate",
        error=float(loss[inside].mean()),
        error_of_rest=float(loss[~inside].mean()),
        chance=float(CHANCE_STANDARD_ERRORS * error),
        answer=None if answered is None else float(answered[inside].mean()),
        answer_of_rest=None if answered is None else float(answered[~inside].mean()),
    )


def _answered(answers: Answers) -> Numbers | None:
    if answers.task == "regression":
        numbers: Numbers = answers.predicted.astype(np.float64)
        return numbers
    if len(answers.classes) != 2:
        return None
    is_second: Numbers = (answers.predicted == answers.classes[1]).astype(np.float64)
    return is_second
