from dataclasses import replace
from math import log

import numpy as np
import pandas as pd
import pytest

from mlops_runtime.supervised.evaluate import rejection, summary
from mlops_runtime.supervised.measures import Predictions, constant_answer, measure
from tests.unit.pipelines.supervised.test_graph import LEARNING

REGRESSION = replace(LEARNING, task="regression", metric="mae")


def test_numbers_are_measured() -> None:
    found = measure(REGRESSION, pd.Series([1.0, 2.0, 3.0, 4.0]), Predictions(np.array([1.0, 2.0, 3.0, 8.0])))
    assert found == pytest.approx({"mae": 1.0, "rmse": 2.0, "r2": 1 - 16 / 5})


@pytest.mark.parametrize("actual", [pd.Series([0, 1, 1, 1]), pd.Series(["0", "1", "1", "1"])])
def test_classes_are_compared_as_texts(actual: pd.Series) -> None:
    predicted = Predictions(np.array([0, 0, 1, 1]), np.array([[0.5, 0.5], [0.5, 0.5], [0, 1], [0, 1]]), ("0", "1"))
    found = measure(LEARNING, actual, predicted)
    assert found["accuracy"] == 0.75
    assert found["balanced_accuracy"] == pytest.approx((1 + 2 / 3) / 2)
    assert found["f1_macro"] == pytest.approx((2 / 3 + 4 / 5) / 2)
    assert found["log_loss"] == pytest.approx(log(2) / 2)


def test_a_class_that_the_model_does_not_know_is_a_wrong_answer_and_no_error() -> None:
    predicted = Predictions(np.array(["a", "a"]), np.array([[1.0], [1.0]]), ("a",))
    found = measure(LEARNING, pd.Series(["a", "b"]), predicted)
    assert found["accuracy"] == 0.5
    assert found["log_loss"] > 10


def test_without_probabilities_there_is_no_log_loss() -> None:
    assert "log_loss" not in measure(LEARNING, pd.Series(["a", "b"]), Predictions(np.array(["a", "a"])))


def test_the_constant_answer_is_the_commonest_class_or_the_median() -> None:
    classes = constant_answer(LEARNING, pd.Series([True, False, True]), 2)
    assert classes.values.tolist() == ["True", "True"]
    assert classes.probabilities is not None
    assert classes.probabilities.tolist() == [[pytest.approx(1 / 3), pytest.approx(2 / 3)]] * 2
    assert classes.classes == ("False", "True")
    assert constant_answer(REGRESSION, pd.Series([1.0, 2.0, 30.0]), 2).values.tolist() == [2.0, 2.0]


@pytest.mark.parametrize(
    ("metric", "metrics", "reason"),
    [
        ("accuracy", {"accuracy": 0.8, "baseline_accuracy": 0.6}, None),
        ("accuracy", {"accuracy": 0.6, "baseline_accuracy": 0.6}, "no better than the baseline's 0.6"),
        ("mae", {"mae": 40.0, "baseline_mae": 50.0}, None),
        ("mae", {"mae": 60.0, "baseline_mae": 50.0}, "no better than the baseline's 50"),
        ("mae", {"mae": float("nan"), "baseline_mae": 50.0}, "no better"),
        (
            "accuracy",
            {"accuracy": 0.8, "baseline_accuracy": 0.6, "champion_accuracy": 0.9, "champion_has_seen_holdout": 0.0},
            "but the serving version has 0.9",
        ),
        (
            "accuracy",
            {"accuracy": 0.88, "baseline_accuracy": 0.6, "champion_accuracy": 0.9, "champion_has_seen_holdout": 0.0},
            None,
        ),
        (
            "mae",
            {"mae": 41.0, "baseline_mae": 50.0, "champion_mae": 40.0, "champion_has_seen_holdout": 0.0},
            "but the serving version has 40",
        ),
        (
            "mae",
            {"mae": 41.0, "baseline_mae": 50.0, "champion_mae": 40.0, "champion_has_seen_holdout": 1.0},
            None,
        ),
        ("accuracy", {"accuracy": 0.8, "baseline_accuracy": 0.6, "champion_was_compared": 0.0}, None),
    ],
)
def test_a_model_is_turned_down_for_a_reason(metric: str, metrics: dict[str, float], reason: str | None) -> None:
    found = rejection(metric, metrics, 0.05)
    assert found is None if reason is None else found is not None and reason in found


def test_the_message_says_what_was_compared() -> None:
    metrics = {"mae": 40.0, "baseline_mae": 50.0, "rows_holdout": 20.0}
    assert summary("mae", metrics) == "mae 40 on 20 rows, baseline 50"
    assert "could not be compared" in summary("mae", metrics | {"champion_was_compared": 0.0})
    compared = metrics | {"champion_was_compared": 1.0, "champion_mae": 41.0, "champion_has_seen_holdout": 1.0}
    assert summary("mae", compared).endswith("serving version 41 (has learned from these rows: no bar)")
