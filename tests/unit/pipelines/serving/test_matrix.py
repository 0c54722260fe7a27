import math
from collections import Counter
from typing import Any

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_runtime.serving.contract import Feature, ModelOutput, ServingContract
from mlops_runtime.serving.input_error import InputError
from mlops_runtime.serving.matrix import Matrix, MatrixBuilder, _Reading
from tests.unit.pipelines.serving.artifacts import CARRIERS, CONTRACT, ROW

BUILDER = MatrixBuilder(CONTRACT)
ANYTHING = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 5), st.floats(), st.sampled_from([*CARRIERS, "JFK", "?"]), st.just([])
)
FITTING_ROWS = st.fixed_dictionaries(
    {"departure_delay_minutes": st.floats(-1e6, 1e6), "origin": st.sampled_from(("EWR", "JFK"))},
    optional={
        "carrier": st.one_of(st.none(), st.sampled_from(CARRIERS), st.just("unheard of")),
        "wind_speed": st.one_of(st.none(), st.integers(0, 100)),
    },
)

A_ROW = "an object of features or a list of 4 values (departure_delay_minutes, carrier, origin, wind_speed)"


def place(row: int, feature: str) -> str:
    return f"{row}:{feature}"


def read_carefully(rows: list[Any]) -> Matrix:
    matrix, reading = numpy.empty((len(rows), BUILDER.width), dtype=numpy.float32), _Reading(place)
    BUILDER._carefully(rows, 0, matrix, reading)
    reading.problems.raise_if_any()
    return matrix


def problems(rows: list[Any]) -> list[str]:
    with pytest.raises(InputError) as caught:
        BUILDER.from_rows(rows, place)
    return [str(problem) for problem in caught.value.problems]


def test_objects_and_lists_give_the_same_matrix() -> None:
    from_objects = BUILDER.from_rows([ROW, dict(reversed(ROW.items()))], place)
    from_lists = BUILDER.from_rows([list(ROW.values())] * 2, place)

    assert from_objects.dtype == numpy.float32
    numpy.testing.assert_array_equal(from_objects, [[12.5, 1, 1, 8]] * 2)
    numpy.testing.assert_array_equal(from_lists, from_objects)


def test_what_may_be_missing_becomes_nan() -> None:
    matrix = BUILDER.from_rows(
        [
            {"departure_delay_minutes": 1, "origin": "EWR"},
            {"departure_delay_minutes": 1, "origin": "EWR", "carrier": None, "wind_speed": None},
            {"departure_delay_minutes": 1, "origin": "EWR", "carrier": "unheard of", "wind_speed": None},
        ],
        place,
    )

    numpy.testing.assert_array_equal(matrix, [[1, math.nan, 0, math.nan]] * 3)


def test_every_problem_of_every_row_is_told() -> None:
    assert problems(
        [
            {**ROW, "wind_sped": 3, "departure_delay_minutes": "12"},
            ROW,
            {"origin": "LGA", "wind_speed": True},
            [1, 2],
            7,
        ]
    ) == [
        "0:wind_sped: got a feature that the model does not have, expected 'wind_speed'",
        "0:departure_delay_minutes: got '12', expected a finite number in the range of float32",
        "2:departure_delay_minutes: got null, expected a finite number in the range of float32",
        "2:origin: got 'LGA', expected one of 'EWR', 'JFK'",
        "2:wind_speed: got true, expected a finite number in the range of float32 or null",
        f"3:: got a list of 2, expected {A_ROW}",
        f"4:: got 7, expected {A_ROW}",
    ]


@pytest.mark.parametrize("value", [1e39, -1e39, 2**200, True, "3", [], {}])
def test_what_float32_cannot_hold_is_refused(value: object) -> None:
    assert len(problems([{**ROW, "departure_delay_minutes": value}])) == 1


@pytest.mark.parametrize("value", [7, None, [], {}, True])
def test_a_category_is_text(value: object) -> None:
    assert problems([{**ROW, "origin": value}])[0].endswith("expected one of 'EWR', 'JFK'")


def test_encoded_categories_are_places_in_the_vocabulary() -> None:
    matrix = BUILDER.from_cells([1, 2.0, 0, None], 1, place, encoded=True)

    numpy.testing.assert_array_equal(matrix, [[1, 2, 0, math.nan]])


@pytest.mark.parametrize("code", [3, -1, 0.5, "AA", True])
def test_a_place_outside_the_vocabulary_is_refused(code: object) -> None:
    with pytest.raises(InputError, match="a place in the vocabulary, 0 to 2 or null"):
        BUILDER.from_cells([1, code, 0, None], 1, place, encoded=True)


def test_one_feature_alone_is_read() -> None:
    builder = MatrixBuilder(ServingContract(features=(Feature(name="a"),), outputs=(ModelOutput(name="b"),)))

    numpy.testing.assert_array_equal(builder.from_rows([{"a": 2}, [3]], place), [[2], [3]])


@given(st.lists(FITTING_ROWS, min_size=1, max_size=4))
def test_the_quick_and_the_careful_way_give_the_same_matrix(rows: list[dict[str, object]]) -> None:
    cells = [[row.get(name) for name in CONTRACT.feature_names] for row in rows]

    careful = read_carefully(cells)

    numpy.testing.assert_array_equal(BUILDER.from_rows(rows, place), careful)


@given(st.lists(st.lists(ANYTHING, min_size=4, max_size=4), min_size=1, max_size=3))
def test_the_quick_and_the_careful_way_refuse_the_same_rows(rows: list[list[object]]) -> None:
    flat = [cell for row in rows for cell in row]

    quick = BUILDER._quickly(flat, len(rows), Counter())

    try:
        careful = read_carefully(rows)
    except InputError:
        assert quick is None
    else:
        # A NaN cannot come out of JSON; the quick way leaves what it does not know to the careful one.
        if quick is not None:
            numpy.testing.assert_array_equal(quick, careful)
