"""Each way in which a column can be strange has a state of its own: never a number that means nothing."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops_runtime.monitoring.drift.column import ColumnState, drift_of
from mlops_runtime.monitoring.drift.measures import Measure
from mlops_runtime.monitoring.findings import FindingState, drift_findings
from mlops_runtime.monitoring.summaries import output_baseline
from mlops_runtime.monitoring.thresholds import Thresholds
from mlops_runtime.serving.contract import Feature, ModelOutput
from tests.unit.pipelines.monitoring.windows import all_rows, column, drift

NORMAL = np.random.default_rng(1).normal(size=2000)
CATEGORIES = ["a"] * 1200 + ["b"] * 700 + ["c"] * 100


def test_a_column_that_has_not_moved() -> None:
    found = drift(NORMAL, np.random.default_rng(2).normal(size=1000), rows_min=500)
    assert found.state is ColumnState.MEASURED
    assert set(found.scores) == set(Measure)
    assert all(score.value <= score.chance for score in found.scores.values())


def test_a_column_that_has_moved() -> None:
    found = drift(NORMAL, np.random.default_rng(2).normal(1, size=1000), rows_min=500)
    assert found.scores[Measure.PSI].value > 0.2
    assert found.scores[Measure.KS].value > 0.3


@pytest.mark.parametrize(
    ("training", "now", "state"),
    [
        ([5.0] * 100, [5.0] * 100, ColumnState.CONSTANT),
        (["a"] * 100, ["a"] * 100, ColumnState.CONSTANT),
        (NORMAL, [None] * 100, ColumnState.ALL_MISSING),
        (NORMAL, [math.nan] * 100, ColumnState.ALL_MISSING),
        ([None] * 100, NORMAL, ColumnState.BASELINE_ALL_MISSING),
        (NORMAL, [1.0], ColumnState.TOO_FEW_ROWS),
        (NORMAL, [], ColumnState.TOO_FEW_ROWS),
        (NORMAL, [math.inf] * 100, ColumnState.TOO_FEW_ROWS),
        (NORMAL, ["<redacted>"] * 100, ColumnState.REDACTED),
        (NORMAL, ["12"] * 100, ColumnState.TOO_FEW_ROWS),
        (NORMAL, None, ColumnState.ABSENT),
    ],
    ids=lambda each: str(each)[:30],
)
def test_a_column_that_cannot_be_measured_has_a_state_and_no_score(training: Any, now: Any, state: ColumnState) -> None:
    found = drift(training, now, rows_min=50)
    assert found.state is state
    assert found.scores == {}
    assert not any(
        finding.measured.measure == "psi" for finding in drift_findings([found], "feature", Thresholds(), 99)
    )


@pytest.mark.parametrize("now", [[4.0] * 60, [6.0] * 60, [4.0] * 30 + [5.0] * 30])
def test_a_constant_that_is_none_any_more_is_drift_to_either_side(now: list[float]) -> None:
    found = drift([5.0] * 100, now, rows_min=50)
    assert found.state is ColumnState.MEASURED
    assert found.scores[Measure.PSI].value > 0.2


def test_infinite_values_are_out_of_range_and_do_not_hide_the_others() -> None:
    now = [*np.random.default_rng(2).normal(size=990), *[math.inf] * 5, *[-math.inf] * 5]
    found = drift(NORMAL, now, rows_min=500)
    assert found.ratios is not None
    assert found.ratios.infinite == pytest.approx(0.01)
    assert found.ratios.out_of_range is not None
    assert found.ratios.out_of_range >= 0.01
    assert found.scores[Measure.PSI].value < 0.1


def test_shares_of_missing_wrong_and_out_of_range_values() -> None:
    now = [None] * 10 + ["text"] * 20 + [True] * 5 + [1e9] * 15 + [0.0] * 50
    found = drift(NORMAL, now, rows_min=10)
    assert found.ratios is not None
    assert found.ratios.missing == pytest.approx(0.10)
    assert found.ratios.wrong_type == pytest.approx(0.25)
    assert found.ratios.out_of_range == pytest.approx(0.15)


def test_new_and_vanished_categories() -> None:
    found = drift(CATEGORIES, ["a"] * 600 + ["b"] * 370 + ["zz"] * 30, rows_min=500)
    assert found.new == (("zz", 30),)
    assert found.vanished == ("c",)
    assert found.ratios is not None
    assert found.ratios.unseen_category == pytest.approx(0.03)


def test_a_category_of_the_vocabulary_is_not_unseen_though_no_training_row_had_it() -> None:
    feature = Feature(name="x", dtype="category", vocabulary=("a", "b", "c", "d"))
    found = drift(CATEGORIES, ["a"] * 90 + ["d"] * 10, feature=feature)
    assert found.new == ()
    assert found.ratios is not None
    assert found.ratios.unseen_category == 0


def test_two_unicode_forms_of_one_category_are_one() -> None:
    found = drift(["Zürich"] * 50 + ["Bern"] * 50, ["Zu\u0308rich"] * 50 + ["Bern"] * 50)
    assert found.new == ()
    assert found.scores[Measure.PSI].value == pytest.approx(0, abs=1e-9)


def test_many_rare_categories_are_no_drift() -> None:
    generator = np.random.default_rng(3)
    names = [f"c{number}" for number in range(400)]
    training, now = (generator.choice(names, size=rows).tolist() for rows in (20_000, 600))
    found = drift(training, now, rows_min=500, feature=Feature(name="x", dtype="category", vocabulary=tuple(names)))
    assert found.scores[Measure.PSI].value < 0.1


def test_text_is_compared_by_its_length() -> None:
    generator = np.random.default_rng(4)
    training = ["x" * length for length in generator.integers(5, 50, size=1000)]
    longer = ["x" * length for length in generator.integers(60, 90, size=600)]
    found = drift(training, longer, rows_min=500, feature=Feature(name="x", dtype="text"))
    assert found.unit == "characters"
    assert found.scores[Measure.KS].value == pytest.approx(1.0)


def test_times_go_on_by_themselves() -> None:
    feature = Feature(name="x", dtype="datetime")
    found = drift(["2026-01-01T00:00:00Z"] * 100, ["2027-01-01", "no time", None], feature=feature)
    assert found.state is ColumnState.NOT_COMPARED
    assert found.ratios is not None
    assert found.ratios.wrong_type == pytest.approx(1 / 3)
    assert found.ratios.missing == pytest.approx(1 / 3)


def test_each_class_of_the_probabilities_is_compared() -> None:
    generator = np.random.default_rng(5)
    output = ModelOutput(name="p", kind="probabilities", classes=("no", "yes"))
    training = generator.uniform(0, 0.5, size=1000)
    baseline = output_baseline(column([[1 - each, each] for each in training]), output)
    now = [{"no": 1 - each, "yes": each} for each in generator.uniform(0.5, 1, size=600)]
    found = drift_of("p", baseline, column(now), all_rows(600), 500)
    assert [each.name for each in found] == ["p.no", "p.yes"]
    assert all(each.scores[Measure.KS].value == pytest.approx(1.0) for each in found)


def test_a_threshold_that_chance_alone_can_reach_is_no_alarm() -> None:
    # Sixty rows in ten bins: an index above 0.2 is nothing to wake anybody for.
    findings = []
    for seed in range(40):
        found = drift(NORMAL, np.random.default_rng(seed).normal(size=60), rows_min=50)
        bounds = Thresholds.model_validate({"measures": {"psi": {"rows_min": 50}}})
        findings += [each for each in drift_findings([found], "feature", bounds, 60) if each.measured.measure == "psi"]
    assert all(each.state not in (FindingState.BREACHED, FindingState.WARNING) for each in findings)
    assert any(each.state is FindingState.NOT_ENOUGH_ROWS for each in findings)


VALUES = st.one_of(
    st.none(), st.floats(), st.integers(-(10**6), 10**6), st.text(max_size=5), st.booleans(), st.just("<redacted>")
)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.one_of(st.none(), st.floats(width=32)), min_size=1, max_size=60),
    st.lists(VALUES, max_size=60),
    st.integers(1, 30),
)
def test_whatever_comes_there_is_a_state_and_never_a_number_that_is_none(
    training: list[Any], now: list[Any], rows_min: int
) -> None:
    found = drift(training, now, rows_min, Feature(name="x", dtype="float64", nullable=True))
    assert all(math.isfinite(score.value) and math.isfinite(score.chance) for score in found.scores.values())
    assert bool(found.scores) == (found.state is ColumnState.MEASURED)
    if found.ratios is not None and now:
        shares = (found.ratios.missing, found.ratios.wrong_type, found.ratios.out_of_range or 0.0)
        assert all(0 <= share <= 1 for share in shares)
