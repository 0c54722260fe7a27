import math

import pytest

from mlops_runtime.errors import SettingsError, StepError
from mlops_runtime.gate import Gate, parse_gate


@pytest.mark.parametrize(("value", "passes"), [(12.9, True), (13.0, True), (13.01, False), (math.nan, False)])
def test_a_maximum_lets_what_is_at_most_that_pass(value: float, *, passes: bool) -> None:
    rejection = Gate(metric="mae_minutes", max=13.0).rejection({"mae_minutes": value})

    assert (rejection is None) is passes
    assert passes or "the gate asks for mae_minutes <= 13.0" in str(rejection)


@pytest.mark.parametrize(("value", "passes"), [(0.0, True), (0.1, True), (-0.1, False)])
def test_a_minimum_lets_what_is_at_least_that_pass(value: float, *, passes: bool) -> None:
    assert (Gate(metric="gain", min=0.0).rejection({"gain": value}) is None) is passes


def test_fails_when_the_metric_was_not_measured() -> None:
    with pytest.raises(StepError, match="got rmse, expected a value of mae_minutes"):
        Gate(metric="mae_minutes", max=13.0).rejection({"rmse": 1.0})


def test_a_gate_is_read_from_json_where_null_is_absent() -> None:
    assert parse_gate('{"metric": "mae_minutes", "max": 13, "min": null}', "MLOPS_GATE") == Gate(
        metric="mae_minutes", max=13.0
    )


@pytest.mark.parametrize(
    "text",
    ["{", '{"metric": "a"}', '{"metric": "a", "max": 1, "min": 1}', '{"metric": "a", "max": "1"}', '{"max": 1}', "3"],
)
def test_fails_when_it_is_no_gate(text: str) -> None:
    with pytest.raises(SettingsError, match=r"MLOPS_GATE: got .* expected a gate such as"):
        parse_gate(text, "MLOPS_GATE")
