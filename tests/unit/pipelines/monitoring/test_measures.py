"""The measures against scipy's own on the raw rows, and their chance levels against many windows of nothing new."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy.spatial.distance import jensenshannon
from scipy.stats import entropy, ks_2samp

from mlops_runtime.monitoring.columns import number_column
from mlops_runtime.monitoring.drift.measures import (
    Measure,
    chance_level,
    jensen_shannon_distance,
    kolmogorov_smirnov,
    population_stability_index,
)
from mlops_runtime.monitoring.summaries import QUANTILES, bin_edges, number_baseline
from tests.unit.pipelines.monitoring.windows import column

NUMBERS = arrays.arrays(
    np.float64, st.integers(1, 400), elements=st.floats(-1e6, 1e6, allow_nan=False, allow_infinity=False, width=32)
)
TIED = arrays.arrays(np.float64, st.integers(1, 400), elements=st.integers(-5, 5).map(float))


def raw_difference(training: np.ndarray, now: np.ndarray) -> float:
    with warnings.catch_warnings():
        # Its probability, which nobody asks for here, is not to be had of a few rows.
        warnings.simplefilter("ignore", RuntimeWarning)
        return float(ks_2samp(training, now, method="asymp").statistic)


COUNTS = st.lists(st.integers(0, 10_000), min_size=2, max_size=30).map(np.array)


@settings(max_examples=60, deadline=None)
@given(st.one_of(NUMBERS, TIED), st.one_of(NUMBERS, TIED))
def test_kolmogorov_smirnov_is_that_of_the_raw_rows_to_within_a_step_of_the_quantiles(
    training: np.ndarray, now: np.ndarray
) -> None:
    quantiles = number_baseline(number_column(column(training))).quantiles
    assert quantiles is not None
    found = kolmogorov_smirnov(quantiles, np.sort(now))
    exact = raw_difference(training, now)
    assert found <= exact + 1e-12
    assert found >= exact - 1 / QUANTILES - 1 / len(training)


@settings(max_examples=40, deadline=None)
@given(TIED, TIED)
def test_kolmogorov_smirnov_of_few_values_is_exact(training: np.ndarray, now: np.ndarray) -> None:
    quantiles = number_baseline(number_column(column(training))).quantiles
    assert quantiles is not None
    assert kolmogorov_smirnov(quantiles, np.sort(now)) == pytest.approx(raw_difference(training, now))


@settings(max_examples=60, deadline=None)
@given(st.data(), COUNTS)
def test_the_index_is_the_divergence_both_ways_of_smoothed_shares(data: st.DataObject, expected: np.ndarray) -> None:
    actual = np.array(data.draw(st.lists(st.integers(0, 10_000), min_size=len(expected), max_size=len(expected))))
    shares = [(counts + 0.5) / (counts + 0.5).sum() for counts in (expected, actual)]
    found = population_stability_index(expected, actual)
    assert found == pytest.approx(entropy(*shares) + entropy(*reversed(shares)), abs=1e-9)
    assert found >= 0
    assert population_stability_index(actual, expected) == pytest.approx(found)


@settings(max_examples=60, deadline=None)
@given(st.data(), COUNTS.filter(lambda counts: counts.sum() > 0))
def test_jensen_shannon_is_scipys_and_lies_between_none_and_one(data: st.DataObject, expected: np.ndarray) -> None:
    drawn = st.lists(st.integers(0, 10_000), min_size=len(expected), max_size=len(expected)).filter(sum)
    actual = np.array(data.draw(drawn))
    found = jensen_shannon_distance(expected, actual)
    assert 0 <= found <= 1 + 1e-12
    assert jensen_shannon_distance(expected, expected) == pytest.approx(0, abs=1e-7)
    shares = (expected / expected.sum(), actual / actual.sum())
    assert found == pytest.approx(np.nan_to_num(jensenshannon(*shares, base=2)), abs=1e-7)


@settings(max_examples=60, deadline=None)
@given(st.one_of(NUMBERS, TIED))
def test_every_row_falls_into_one_bin_and_no_bin_of_training_is_lost(training: np.ndarray) -> None:
    baseline = number_baseline(number_column(column(training)))
    assert sum(baseline.counts) == len(training)
    assert list(baseline.edges) == sorted(set(baseline.edges))
    if not baseline.is_constant:
        assert len([count for count in baseline.counts if count]) >= 2


def test_a_heap_at_the_top_has_a_bin_of_its_own() -> None:
    # Visibility: ten miles on most days. A window of fog alone must not fall into the same bin.
    training = np.array([10.0] * 950 + list(np.linspace(0, 9.9, 50)))
    edges = bin_edges(np.sort(training))
    assert len(np.unique(np.searchsorted(edges, [10.0, 5.0]))) == 2


@pytest.mark.parametrize("rows", [500, 2000])
@pytest.mark.parametrize("measure", list(Measure))
def test_chance_alone_seldom_passes_the_chance_level(measure: Measure, rows: int) -> None:
    generator = np.random.default_rng(7)
    training = generator.normal(size=20_000)
    baseline = number_baseline(number_column(column(training)))
    assert baseline.quantiles is not None
    expected = np.array(baseline.counts)
    passed, windows = 0, 200
    for _ in range(windows):
        now = np.sort(generator.normal(size=rows))
        actual = np.bincount(np.searchsorted(baseline.edges, now), minlength=len(expected))
        if measure is Measure.KS:
            found = kolmogorov_smirnov(baseline.quantiles, now)
        else:
            score = population_stability_index if measure is Measure.PSI else jensen_shannon_distance
            found = score(expected, actual)
        passed += found > chance_level(measure, len(expected), len(training), rows)
    assert passed <= 3


def test_a_move_of_half_a_deviation_passes_the_chance_level_in_every_window() -> None:
    generator = np.random.default_rng(8)
    baseline = number_baseline(number_column(column(generator.normal(size=20_000))))
    assert baseline.quantiles is not None
    for _ in range(50):
        now = np.sort(generator.normal(0.5, size=500))
        found = kolmogorov_smirnov(baseline.quantiles, now)
        assert found > chance_level(Measure.KS, 10, 20_000, 500)
