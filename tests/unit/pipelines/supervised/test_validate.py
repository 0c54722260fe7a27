from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mlops_runtime.supervised.learning import Learning
from mlops_runtime.supervised.validate import problems_of
from tests.unit.pipelines.supervised.test_graph import LEARNING
from tests.unit.pipelines.supervised.test_split import table

REGRESSION = replace(LEARNING, task="regression", metric="mae")
GOOD = table(40)


def broken(column: str, row: int) -> pd.DataFrame:
    """The good table without the value of a row."""
    values = [None if place == row else value for place, value in enumerate(GOOD[column].tolist())]
    return GOOD.assign(**{column: pd.Series(values, dtype=object)})


def test_a_good_table_has_no_problem() -> None:
    assert list(problems_of(GOOD, LEARNING)) == []
    assert list(problems_of(GOOD.assign(left=GOOD["age"]), REGRESSION)) == []


@pytest.mark.parametrize(
    ("rows", "learning", "problem"),
    [
        (GOOD.drop(columns="left"), LEARNING, "got no column left"),
        (GOOD.head(19), LEARNING, "got 19 rows, expected at least 20"),
        (GOOD[["left"]], LEARNING, "expected at least one feature"),
        (broken("left", 3), LEARNING, "column left: got no value in row 3"),
        (GOOD.assign(left=True), LEARNING, "column left: got the class True alone"),
        (GOOD.assign(left=GOOD["age"]), LEARNING, "column left: got float64, expected classes"),
        (GOOD.assign(left=[f"{row // 2}" for row in range(39)] + ["z"]), LEARNING, "a single row of 2 classes"),
        (GOOD, REGRESSION, "column left: got bool, expected numbers"),
        (GOOD.assign(left=3.0), REGRESSION, "column left: got 3.0 in every row"),
        (GOOD.assign(left=[*range(39), np.inf]), REGRESSION, "column left: got infinite numbers in row 39"),
        (GOOD.assign(age=[*range(38), np.inf, -np.inf]), LEARNING, "column age: got infinite numbers in rows 38, 39"),
        (GOOD.assign(city=None), LEARNING, "column city: got no value at all"),
        (GOOD, replace(LEARNING, time_column="age"), "column age: got float64, expected times"),
        (broken("customer", 2), replace(LEARNING, key_columns=("customer",)), "column customer: got no value"),
    ],
)
def test_what_nothing_can_be_learned_from_is_told(rows: pd.DataFrame, learning: Learning, problem: str) -> None:
    assert any(problem in found for found in problems_of(rows, learning)), list(problems_of(rows, learning))


def test_every_problem_is_told_at_once() -> None:
    rows = GOOD.assign(left=True, city=None, age=np.inf)
    assert len(list(problems_of(rows, LEARNING))) == 3
