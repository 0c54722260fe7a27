"""Rows as SageMaker has them, and back: the same values both ways."""

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlops_runtime.features.definition import Entity, Feature, FeatureView, ValueType
from mlops_runtime.features.sagemaker_records import (
    RowError,
    columns_of,
    event_time_of,
    key_column,
    key_of,
    record_of,
    values_of,
)
from sandbox.aws.feature_store import rules

# A machine that is busy is no fault of the strategy.
LEISURELY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
VIEW = FeatureView(
    name="weather",
    entities=(Entity(name="airport", description="IATA code"),),
    features=tuple(
        Feature(name=f"of_{kind.value}", value_type=kind, description="One of each type") for kind in ValueType
    ),
    event_time="observed_at",
    source="s3://bucket/weather",
)
AT = datetime(2013, 1, 1, 10, tzinfo=UTC)
ROW: dict[str, Any] = {
    "airport": "JFK",
    "observed_at": AT,
    "of_float32": 1.5,
    "of_float64": 0.1 + 0.2,
    "of_int64": 2**62,
    "of_bool": True,
    "of_text": "a, b\n",
    "of_datetime": AT,
}


def features(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row.get(name) for name in VIEW.feature_names}


def test_a_row_comes_back_as_it_was() -> None:
    assert values_of(VIEW, record_of(VIEW, ROW)) == features(ROW)


@LEISURELY
@given(
    st.fixed_dictionaries(
        {
            "of_float64": st.none() | st.floats(allow_nan=False, allow_infinity=False),
            "of_int64": st.none() | st.integers(-(2**63), 2**63 - 1),
            "of_bool": st.none() | st.booleans(),
            "of_text": st.none() | st.text(),
            "of_datetime": st.none()
            | st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1)).map(  # noqa: DTZ001 - UTC, as it is read
                lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000, tzinfo=UTC)
            ),
        }
    )
)
def test_any_row_comes_back_as_it_was_and_is_none_that_aws_refuses(values: dict[str, Any]) -> None:
    row = {"airport": "JFK", "observed_at": AT, **values}
    record = record_of(VIEW, row)
    assert values_of(VIEW, record) == features(row)
    values = {one["FeatureName"]: one["ValueAsString"] for one in record}
    rules.record(values, columns_of(VIEW), key_column(VIEW), VIEW.event_time)


@pytest.mark.parametrize("missing", [None, float("nan"), np.nan, pd.NaT])
def test_what_is_missing_is_left_out_and_comes_back_as_none(missing: Any) -> None:
    record = record_of(VIEW, {**ROW, "of_float64": missing, "of_datetime": missing})
    assert {"of_float64", "of_datetime"}.isdisjoint(one["FeatureName"] for one in record)
    assert values_of(VIEW, record)["of_float64"] is None
    assert values_of(VIEW, None) == dict.fromkeys(VIEW.feature_names)


@pytest.mark.parametrize(
    ("given_time", "written"),
    [
        (AT, "2013-01-01T10:00:00.000Z"),
        (AT.replace(tzinfo=None), "2013-01-01T10:00:00.000Z"),
        (AT.astimezone(timezone(timedelta(hours=-5))), "2013-01-01T10:00:00.000Z"),
        (AT.replace(microsecond=123999), "2013-01-01T10:00:00.123Z"),
        (pd.Timestamp("2013-01-01T10:00:00.123456789"), "2013-01-01T10:00:00.123Z"),
        ("2013-01-01T10:00:00+01:00", "2013-01-01T09:00:00.000Z"),
    ],
)
def test_a_time_is_written_in_utc_as_aws_reads_it(given_time: Any, written: str) -> None:
    assert event_time_of(given_time, "observed_at") == written
    assert rules.EVENT_TIME.fullmatch(written)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"airport": None}, "airport: got no value, expected the key"),
        ({"observed_at": None}, "observed_at: got no value, expected the time"),
        ({"observed_at": "yesterday"}, "observed_at: got 'yesterday', expected a time"),
        ({"observed_at": 5}, "observed_at: got 5, expected a time"),
        ({"of_float64": math.inf}, "of_float64: got inf, expected a finite number"),
        ({"of_float64": "strong"}, "of_float64: got 'strong', expected a number"),
        ({"of_int64": 3.5}, "of_int64: got 3.5, expected a whole number"),
        ({"of_int64": 2**63}, "expected a whole number of 64 bits"),
        ({"of_int64": "3"}, "of_int64: got '3', expected a whole number"),
        ({"of_bool": 2}, "of_bool: got 2, expected true or false"),
        ({"of_text": 5}, "of_text: got 5, expected a text"),
    ],
)
def test_a_value_that_is_not_of_its_type_is_named(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(RowError, match=told):
        record_of(VIEW, {**ROW, **changes})


BOTH = replace(VIEW, entities=(*VIEW.entities, Entity(name="carrier", description="IATA code")))
KEYS = st.text(min_size=1, max_size=4) | st.text("|\\", min_size=1, max_size=4)


@LEISURELY
@given(st.tuples(KEYS, KEYS), st.tuples(KEYS, KEYS))
def test_keys_of_several_entities_are_one_identifier_and_never_anothers(
    one: tuple[str, str], other: tuple[str, str]
) -> None:
    first, second = (key_of(BOTH, {"airport": pair[0], "carrier": pair[1]}) for pair in (one, other))
    assert (first == second) == (one == other)


def test_an_identifier_of_several_entities_is_a_column_of_its_own() -> None:
    assert list(columns_of(BOTH))[:4] == ["record_identifier", "airport", "carrier", "observed_at"]
    record = record_of(BOTH, {**ROW, "carrier": "U|A"})
    assert {one["FeatureName"]: one["ValueAsString"] for one in record}["record_identifier"] == "JFK|U\\|A"
    with pytest.raises(RowError, match="carrier: got no value, expected the key"):
        record_of(BOTH, {**ROW, "carrier": ""})
