"""How good the answers are, once the truth is known: errors of numbers, of classes and of probabilities."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from mlops_runtime.monitoring.columns import Mask, Numbers, category_column, class_columns, number_column

CALIBRATION_BINS: Final = 10
LEAST_PROBABILITY: Final = 1e-15

Task = Literal["regression", "classification"]
HIGHER_IS_BETTER: Final = frozenset({"accuracy"})
DECIDING: Final[Mapping[Task, tuple[str, ...]]] = {
    "regression": ("mae",),
    "classification": ("log_loss", "accuracy"),
}
"""What a model is judged by, the first that there is: the measures that are not moved by a threshold of its own."""


@dataclass(frozen=True)
class Metric:
    """A metric's value, and how far chance moves it.

    Attributes:
        value: The value.
        standard_error: Of the mean over so many rows; None for a metric that is no mean.
        unit: Of both.
    """

    value: float
    standard_error: float | None
    unit: str = ""


@dataclass(frozen=True)
class Answers:
    """Answers whose truth is known, row by row.

    Attributes:
        task: What the model does.
        unit: Of its number.
        index: Each row's place in the frame that it was taken from.
        actual: The truth: numbers, or classes as texts.
        predicted: The answers: numbers, or classes as texts.
        probabilities: A number for each row and class; None where the model has none.
        classes: The classes in their order.
        unread: Rows with a label that is none of the task's, or without an answer.
    """

    task: Task
    unit: str
    index: npt.NDArray[np.int64]
    actual: npt.NDArray[Any]
    predicted: npt.NDArray[Any]
    probabilities: Numbers | None = None
    classes: tuple[str, ...] = ()
    unread: int = 0

    def __len__(self) -> int:
        return len(self.index)

    def where(self, mask: Mask) -> "Answers":
        """Return some of the rows."""
        probabilities = None if self.probabilities is None else self.probabilities[mask]
        return Answers(
            self.task, self.unit, self.index[mask], self.actual[mask], self.predicted[mask], probabilities, self.classes
        )


@dataclass(frozen=True)
class CalibrationBin:
    """Rows with like answers: what was answered on the mean, and what was true."""

    predicted: float
    actual: float
    rows: int


def regression_answers(predicted: "pd.Series[Any]", actual: "pd.Series[Any]", unit: str = "") -> Answers:
    """Return the rows that have a number and a true number."""
    answers, truth = number_column(predicted), number_column(_as_numbers(actual))
    both = answers.is_known & truth.is_known
    index = np.flatnonzero(both)
    unread = int((~both).sum())
    return Answers("regression", unit, index, truth.values[both], answers.values[both], unread=unread)


def classification_answers(
    labels: "pd.Series[Any] | None",
    probabilities: "pd.Series[Any] | None",
    classes: tuple[str, ...],
    actual: "pd.Series[Any] | None",
) -> Answers:
    """Return the rows that have an answer, and a true class where `actual` is given.

    Args:
        labels: The answered classes; None for the most probable.
        probabilities: The answered probabilities, each an object by class or a list in order.
        classes: The classes in their order.
        actual: The true classes; None for rows whose truth is not known yet.
    """
    given = labels if labels is not None else probabilities
    if given is None:
        raise ValueError("got neither labels nor probabilities, expected one of them at least")
    known = np.ones(len(given), dtype=bool)
    table = None
    if probabilities is not None:
        table = np.column_stack([each.to_numpy() for each in class_columns(probabilities, classes).values()])
        known &= np.isfinite(table).all(axis=1)
    if labels is not None:
        answered = category_column(labels)
        known &= answered.is_known
        predicted = answered.values
    else:
        assert table is not None  # noqa: S101 - one of the two is given
        predicted = np.asarray(classes, dtype=object)[np.argmax(np.nan_to_num(table, nan=-1.0), axis=1)]
    truth: npt.NDArray[Any] = np.full(len(given), "", dtype=object)
    if actual is not None:
        true = category_column(_whole_numbers(actual))
        known &= true.is_known
        truth = true.values
    index = np.flatnonzero(known)
    shares = None if table is None else table[known].astype(np.float64)
    unread = int((~known).sum())
    return Answers("classification", "", index, truth[known], predicted[known], shares, classes, unread)


def measured(answers: Answers) -> dict[str, Metric]:
    """Return the metrics of answers whose truth is known; none of no rows."""
    if not len(answers):
        return {}
    return _of_numbers(answers) if answers.task == "regression" else _of_classes(answers)


def calibration(answers: Answers) -> list[CalibrationBin]:
    """Return what was answered beside what was true, for ten groups of like answers.

    Of numbers: tenths of the rows, from the least answer to the greatest. Of probabilities: tenths of the scale; of two
    classes the second's probability, of more the answered class's.
    """
    if answers.task == "regression":
        return _bins_by_rank(answers.predicted, answers.actual)
    found = _confidence(answers)
    if found is None:
        return []
    probability, is_right = found
    places = np.minimum((probability * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    return [
        CalibrationBin(float(probability[rows].mean()), float(is_right[rows].mean()), int(rows.sum()))
        for place in range(CALIBRATION_BINS)
        if (rows := places == place).any()
    ]


def calibration_error(bins: list[CalibrationBin]) -> float | None:
    """Return the mean difference between answered and true share, weighted by rows; None of no bins."""
    rows = sum(each.rows for each in bins)
    return sum(abs(each.predicted - each.actual) * each.rows for each in bins) / rows if rows else None


def losses(answers: Answers) -> Numbers:
    """Return each row's loss: the absolute error of a number, 1 for a wrong class."""
    if answers.task == "regression":
        errors: Numbers = np.abs(answers.predicted.astype(np.float64) - answers.actual.astype(np.float64))
        return errors
    is_wrong: Numbers = (answers.predicted != answers.actual).astype(np.float64)
    return is_wrong


def is_better(metric: str, value: float, than: float) -> bool:
    """Return whether a metric's value is better than another."""
    return value > than if metric in HIGHER_IS_BETTER else value < than


def _of_numbers(answers: Answers) -> dict[str, Metric]:
    errors = answers.predicted.astype(np.float64) - answers.actual.astype(np.float64)
    squares = np.square(errors)
    root = float(np.sqrt(squares.mean()))
    # By the delta method: a root's error is its square's, over twice the root.
    error_of_root = _mean(squares).standard_error
    return {
        "mae": _mean(np.abs(errors), answers.unit),
        "rmse": Metric(root, error_of_root / (2 * root) if error_of_root and root else None, answers.unit),
        "bias": _mean(errors, answers.unit),
    }


def _of_classes(answers: Answers) -> dict[str, Metric]:
    found = {"accuracy": _mean((answers.predicted == answers.actual).astype(np.float64))}
    if answers.probabilities is None:
        return found
    of_actual = answers.actual[:, None] == np.asarray(answers.classes, dtype=object)[None, :]
    # A class that the model does not know has no probability.
    given = np.where(of_actual, answers.probabilities, 0.0).sum(axis=1)
    found["log_loss"] = _mean(-np.log(np.clip(given, LEAST_PROBABILITY, 1)))
    # Of two classes, half of the sum is the square that Brier's score of an event has.
    halves = 0.5 if len(answers.classes) == 2 else 1.0
    unknown = (~of_actual.any(axis=1)).astype(np.float64)
    found["brier"] = _mean(halves * (np.square(answers.probabilities - of_actual).sum(axis=1) + unknown))
    error = calibration_error(calibration(answers))
    if error is not None:
        found["calibration_error"] = Metric(error, None)
    return found


def _confidence(answers: Answers) -> tuple[Numbers, Numbers] | None:
    if answers.probabilities is None or not len(answers):
        return None
    if len(answers.classes) == 2:
        return answers.probabilities[:, 1], (answers.actual == answers.classes[1]).astype(np.float64)
    best = answers.probabilities.argmax(axis=1)
    of_best = np.asarray(answers.classes, dtype=object)[best]
    return answers.probabilities[np.arange(len(best)), best], (answers.actual == of_best).astype(np.float64)


def _bins_by_rank(predicted: npt.NDArray[Any], actual: npt.NDArray[Any]) -> list[CalibrationBin]:
    order = np.argsort(predicted, kind="stable")
    parts = [part for part in np.array_split(order, CALIBRATION_BINS) if len(part)]
    return [CalibrationBin(float(predicted[part].mean()), float(actual[part].mean()), len(part)) for part in parts]


def _mean(values: Numbers, unit: str = "") -> Metric:
    error = float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else None
    return Metric(float(values.mean()), error, unit)


def _as_numbers(labels: "pd.Series[Any]") -> "pd.Series[Any]":
    """Return labels that may have come as texts or booleans, from a file that holds only these, as numbers."""
    if pd.api.types.is_bool_dtype(labels):
        return labels.astype(np.float64)
    if pd.api.types.is_numeric_dtype(labels):
        return labels
    return pd.to_numeric(labels, errors="coerce")


def _whole_numbers(labels: "pd.Series[Any]") -> "pd.Series[Any]":
    """Return labels whose whole numbers a missing one among them has turned into fractions, as whole ones again."""
    if not pd.api.types.is_float_dtype(labels):
        return labels
    is_whole = np.isfinite(labels) & (labels % 1 == 0)
    return labels.astype(object).where(~is_whole, labels[is_whole].astype(np.int64).astype(object))
