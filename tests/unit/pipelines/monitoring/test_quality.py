"""Quality against scikit-learn's own figures, estimates against the truth, groups, cost."""

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics

from mlops_runtime.monitoring.baseline import Quality
from mlops_runtime.monitoring.cost import Price, cost_of
from mlops_runtime.monitoring.estimates import estimate, estimated
from mlops_runtime.monitoring.groups import group_qualities
from mlops_runtime.monitoring.quality import (
    Answers,
    calibration,
    classification_answers,
    measured,
    regression_answers,
)
from tests.unit.pipelines.monitoring.windows import column

CLASSES = ("no", "yes")


def calibrated(rows: int, *, sharper: float = 1.0) -> Answers:
    """Answers of a model whose probabilities are right, or too sure of themselves."""
    generator = np.random.default_rng(11)
    true = generator.uniform(0.02, 0.98, size=rows)
    actual = np.where(generator.uniform(size=rows) < true, "yes", "no")
    odds = (true / (1 - true)) ** sharper
    yes = odds / (1 + odds)
    probabilities = column([{"no": 1 - each, "yes": each} for each in yes])
    return classification_answers(None, probabilities, CLASSES, column(actual))


def test_errors_of_numbers_are_scikit_learns() -> None:
    generator = np.random.default_rng(1)
    actual, predicted = generator.normal(size=500), generator.normal(size=500)
    found = measured(regression_answers(column(predicted), column(actual), "minutes"))
    assert found["mae"].value == pytest.approx(metrics.mean_absolute_error(actual, predicted))
    assert found["rmse"].value == pytest.approx(metrics.root_mean_squared_error(actual, predicted))
    assert found["bias"].value == pytest.approx((predicted - actual).mean())
    assert found["mae"].unit == "minutes"


def test_errors_of_classes_are_scikit_learns() -> None:
    answers = calibrated(2000)
    assert answers.probabilities is not None
    found = measured(answers)
    is_yes = answers.actual == "yes"
    assert found["accuracy"].value == pytest.approx(metrics.accuracy_score(answers.actual, answers.predicted))
    assert found["log_loss"].value == pytest.approx(metrics.log_loss(is_yes, answers.probabilities[:, 1]))
    assert found["brier"].value == pytest.approx(metrics.brier_score_loss(is_yes, answers.probabilities[:, 1]))
    assert found["calibration_error"].value < 0.05


def test_a_label_that_is_no_number_and_an_answer_that_is_missing_are_not_measured() -> None:
    answers = regression_answers(column([1.0, None, 3.0, 4.0]), column([1.0, 2.0, "late", 5.0]))
    assert len(answers) == 2
    assert answers.unread == 2


def test_whole_number_classes_survive_labels_that_are_missing() -> None:
    labels = pd.Series([0, 1, None, 1])
    answers = classification_answers(column([0, 1, 1, 0]), None, ("0", "1"), labels)
    assert answers.actual.tolist() == ["0", "1", "1"]
    assert measured(answers)["accuracy"].value == pytest.approx(2 / 3)


def test_nothing_is_measured_of_no_rows() -> None:
    assert measured(regression_answers(column([]), column([]))) == {}
    assert calibration(regression_answers(column([]), column([]))) == []


def test_calibrated_probabilities_estimate_the_accuracy_to_within_a_percent() -> None:
    answers = calibrated(20_000)
    true, guess = measured(answers), estimated(answers)
    for name in ("accuracy", "log_loss", "brier"):
        assert guess[name] == pytest.approx(true[name].value, rel=0.02)


def test_an_estimate_is_held_against_the_truth_once_that_is_there() -> None:
    answers = calibrated(4000)
    found = estimate(answers, answers, {"calibration_error": Quality(value=0.02)})
    assert found.checks is not None
    assert found.checks["accuracy"].measured == pytest.approx(measured(answers)["accuracy"].value)
    assert found.checks["accuracy"].rows == 4000


@pytest.mark.parametrize(
    ("answers", "quality", "reason"),
    [
        (regression_answers(column([1.0]), column([1.0])), {}, "a number says nothing of its own error"),
        (classification_answers(column(["no"]), None, CLASSES, None), {}, "no probabilities"),
        (calibrated(100), {}, "nobody measured"),
        (calibrated(100), {"calibration_error": Quality(value=0.2)}, "not calibrated"),
    ],
)
def test_what_cannot_be_estimated_says_why(answers: Answers, quality: dict[str, Quality], reason: str) -> None:
    found = estimate(answers, answers, quality)
    assert found.values == {}
    assert reason in found.reason


def test_a_model_that_is_too_sure_of_itself_has_a_calibration_error() -> None:
    assert measured(calibrated(5000, sharper=3))["calibration_error"].value > 0.1


def test_a_group_is_held_against_the_rest_and_a_small_one_is_not_judged() -> None:
    generator = np.random.default_rng(2)
    actual = generator.normal(size=1000)
    error = np.where(np.arange(1000) < 300, 2.0, 1.0)
    answers = regression_answers(column(actual + error), column(actual))
    names = np.array(["far"] * 300 + ["near"] * 690 + ["tiny"] * 10, dtype=object)
    found = group_qualities("place", names, answers, rows_min=100)
    worst = found.qualities[0]
    assert (worst.value, worst.rows) == ("far", 300)
    assert worst.ratio == pytest.approx(2.0)
    assert worst.difference == pytest.approx(1.0)
    assert found.small == (("tiny", 10),)


def test_cost_counts_idle_replicas_and_the_predictions_that_were_not_kept() -> None:
    found = cost_of(Price(per_replica_hour=0.5, replicas=2), rows=1000, hours=24, sampled_ratio=0.1)
    assert found is not None
    assert found.predictions == 10_000
    assert found.per_1000 == pytest.approx(24 * 2 * 0.5 / 10)


@pytest.mark.parametrize(("price", "rows"), [(None, 5), (Price(per_replica_hour=1), 0)])
def test_a_cost_that_means_nothing_is_none(price: Price | None, rows: int) -> None:
    assert cost_of(price, rows, 24, 1.0) is None
