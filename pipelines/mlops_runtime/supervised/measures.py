"""How good answers are, by the usual metrics. Classes are compared as texts, as a server gives them."""

import warnings
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn import metrics

from mlops_runtime.supervised.learning import HIGHER_IS_BETTER, Learning

_LEAST_PROBABILITY = 1e-15


@dataclass(frozen=True)
class Predictions:
    """A model's answers for some rows.

    Attributes:
        values: A number or a class for each row.
        probabilities: A number for each row and class, where the model has them.
        classes: The classes in the order of the probabilities.
    """

    values: npt.NDArray[np.generic]
    probabilities: npt.NDArray[np.float64] | None = None
    classes: tuple[str, ...] = ()


def measure(learning: Learning, actual: pd.Series, predicted: Predictions) -> dict[str, float]:
    """Return the metrics of some answers by their names. Without probabilities there is no log_loss."""
    if learning.task == "regression":
        return _of_numbers(actual.to_numpy(dtype=np.float64), predicted.values.astype(np.float64))
    return _of_classes(texts_of(actual), predicted)


def constant_answer(learning: Learning, training: pd.Series, rows: int) -> Predictions:
    """Return what takes no model: the commonest class, with the classes' shares, or the median."""
    if learning.task == "regression":
        return Predictions(np.full(rows, training.median(), dtype=np.float64))
    shares = pd.Series(texts_of(training)).value_counts(normalize=True).sort_index()
    return Predictions(
        values=np.full(rows, shares.idxmax(), dtype=object),
        probabilities=np.tile(shares.to_numpy(dtype=np.float64), (rows, 1)),
        classes=tuple(shares.index),
    )


def is_better(metric: str, value: float, than: float) -> bool:
    """Tell whether a value of a metric is better than another."""
    return value > than if metric in HIGHER_IS_BETTER else value < than


def loosened(metric: str, value: float, margin: float) -> float:
    """Return a metric's value that is worse by a margin."""
    return value - margin if metric in HIGHER_IS_BETTER else value + margin


def texts_of(classes: pd.Series) -> npt.NDArray[np.object_]:
    """Return classes as texts."""
    return classes.astype(str).to_numpy(dtype=object)


def _of_numbers(actual: npt.NDArray[np.float64], predicted: npt.NDArray[np.float64]) -> dict[str, float]:
    errors = predicted - actual
    return {
        "mae": float(np.abs(errors).mean()),
        "rmse": float(np.sqrt(np.square(errors).mean())),
        "r2": float(metrics.r2_score(actual, predicted)) if len(actual) > 1 else float("nan"),
    }


def _of_classes(actual: npt.NDArray[np.object_], predicted: Predictions) -> dict[str, float]:
    answers = predicted.values.astype(str).astype(object)
    with warnings.catch_warnings():
        # It warns of a class that is answered and never right, which the metric takes as it should.
        warnings.simplefilter("ignore", UserWarning)
        found = {
            "accuracy": float(metrics.accuracy_score(actual, answers)),
            "balanced_accuracy": float(metrics.balanced_accuracy_score(actual, answers)),
            "f1_macro": float(metrics.f1_score(actual, answers, average="macro", zero_division=0)),
        }
    if predicted.probabilities is not None:
        places = {name: place for place, name in enumerate(predicted.classes)}
        # A class that the model does not know has no probability.
        of_actual = [
            row[places[name]] if name in places else 0.0
            for row, name in zip(predicted.probabilities, actual, strict=True)
        ]
        found["log_loss"] = float(-np.log(np.clip(of_actual, _LEAST_PROBABILITY, 1)).mean())
    return found
