from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mlops_runtime.supervised.learning import SupervisedParameters
from mlops_runtime.supervised.split import SplitRule, split_of
from tests.unit.pipelines.supervised.test_graph import LEARNING

PARAMETERS = SupervisedParameters()


def table(rows: int) -> pd.DataFrame:
    numbers = np.arange(rows)
    return pd.DataFrame(
        {
            "age": numbers * 0.5,
            "city": [f"city {number % 7}" for number in numbers],
            "customer": numbers // 4,
            "at": pd.Timestamp("2026-01-01") + pd.to_timedelta(numbers, unit="h"),
            "left": numbers % 2 == 0,
        }
    )


def test_about_the_share_is_held_out() -> None:
    held_out = split_of(table(4000), LEARNING, PARAMETERS).is_held_out
    assert 0.18 < held_out.mean() < 0.22


def test_a_row_stays_on_its_side_whatever_rows_come_to_it_and_in_whatever_order() -> None:
    few, many = table(500), table(1000).sample(frac=1, random_state=1)
    of_few = split_of(few, LEARNING, PARAMETERS).is_held_out
    of_many = split_of(many, LEARNING, PARAMETERS).is_held_out
    assert of_few.any()
    assert of_many.loc[of_few.index].tolist() == of_few.tolist()


def test_the_answer_has_no_say_in_the_side() -> None:
    rows = table(500)
    other = rows.assign(left=~rows["left"])
    assert (
        split_of(rows, LEARNING, PARAMETERS).is_held_out.tolist()
        == split_of(other, LEARNING, PARAMETERS).is_held_out.tolist()
    )


def test_all_rows_of_a_key_are_on_one_side() -> None:
    rows = table(400)
    held_out = split_of(rows, replace(LEARNING, key_columns=("customer",)), PARAMETERS).is_held_out
    assert set(held_out.groupby(rows["customer"]).nunique()) == {1}
    assert held_out.any()


def test_the_newest_rows_are_held_out_where_there_is_a_time() -> None:
    rows = table(100).sample(frac=1, random_state=1)
    split = split_of(rows, replace(LEARNING, time_column="at"), PARAMETERS)
    assert rows.loc[split.is_held_out, "at"].min() > rows.loc[~split.is_held_out, "at"].max()
    assert split.is_held_out.sum() == 20
    assert split.rule.holdout_from == "2026-01-04T08:00:00"


def test_a_seed_holds_out_others() -> None:
    rows = table(500)
    held_out = [split_of(rows, LEARNING, SupervisedParameters(random_seed=seed)).is_held_out for seed in (0, 1)]
    assert held_out[0].tolist() != held_out[1].tolist()


BY_FEATURES = SplitRule("features", 20, 0)
BY_TIME = SplitRule("time", 20, 0, "2026-01-04T08:00:00")


@pytest.mark.parametrize(
    ("champion", "challenger", "has_seen"),
    [
        (BY_FEATURES, BY_FEATURES, False),
        (replace(BY_FEATURES, holdout_percent=30), BY_FEATURES, False),
        (replace(BY_FEATURES, holdout_percent=10), BY_FEATURES, True),
        (replace(BY_FEATURES, random_seed=1), BY_FEATURES, True),
        (replace(BY_FEATURES, by="key"), BY_FEATURES, True),
        (BY_TIME, BY_TIME, False),
        (replace(BY_TIME, holdout_from="2026-01-04T07:00:00"), BY_TIME, False),
        (replace(BY_TIME, holdout_from="2026-01-04T09:00:00"), BY_TIME, True),
        (BY_TIME, BY_FEATURES, True),
    ],
)
def test_a_champion_that_may_have_learned_from_the_rows_is_known(
    champion: SplitRule, challenger: SplitRule, has_seen: bool
) -> None:
    assert champion.has_seen_holdout_of(challenger) is has_seen


@pytest.mark.parametrize("more", [10, 30])
def test_a_larger_share_holds_out_the_rows_of_a_smaller_one_too(more: int) -> None:
    rows = table(1000)
    small = split_of(rows, LEARNING, SupervisedParameters(holdout_percent=5)).is_held_out
    large = split_of(rows, LEARNING, SupervisedParameters(holdout_percent=5 + more)).is_held_out
    assert (large | ~small).all()
