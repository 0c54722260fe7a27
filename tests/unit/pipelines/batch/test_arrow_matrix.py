"""The quick way to a matrix gives what requests' way gives, or leaves the row to it."""

import math
from typing import Any
from unicodedata import normalize

import numpy
import pyarrow
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops_runtime.batch.arrow_matrix import matrix_of
from mlops_runtime.serving.contract import Feature, ServingContract
from mlops_runtime.serving.input_error import InputError
from mlops_runtime.serving.matrix import MatrixBuilder
from tests.unit.pipelines.serving.artifacts import CONTRACT

COMPOSED, DECOMPOSED = (normalize(form, "Z\u00fcrich") for form in ("NFC", "NFD"))
CITIES = CONTRACT.model_copy(
    update={
        "features": (
            Feature(name="x"),
            Feature(name="y", nullable=True),
            Feature(name="city", dtype="category", vocabulary=(COMPOSED, "Bern")),
            Feature(name="kind", dtype="category", vocabulary=("a", "b"), nullable=True, unknown_category="missing"),
        )
    }
)
NUMBERS = st.none() | st.floats(allow_nan=False, width=64) | st.floats(-1e6, 1e6)
TEXTS = st.none() | st.sampled_from([COMPOSED, DECOMPOSED, "Bern", "a", "b", "bern", ""])
ROWS = st.lists(st.fixed_dictionaries({"x": NUMBERS, "y": NUMBERS, "city": TEXTS, "kind": TEXTS}), min_size=1)


def table_of(rows: list[dict[str, Any]]) -> pyarrow.Table:
    numbers, texts = pyarrow.float64(), pyarrow.string()
    schema = pyarrow.schema([("x", numbers), ("y", numbers), ("city", texts), ("kind", texts)])
    return pyarrow.Table.from_pylist(rows, schema=schema)


@settings(max_examples=200, deadline=None)
@given(ROWS)
def test_it_gives_what_a_request_gives(rows: list[dict[str, Any]]) -> None:
    counted: dict[str, int] = {}
    builder = MatrixBuilder(CITIES, lambda name, count: counted.update({name: counted.get(name, 0) + count}))
    built = matrix_of(CITIES, table_of(rows))
    for number, row in enumerate(rows):
        try:
            expected = builder.from_rows([row], lambda _row, name: name)[0]
        except InputError:
            assert built.unsure[number]
            continue
        if not built.unsure[number]:
            numpy.testing.assert_array_equal(built.matrix[number], expected)
    sure = {name: count for name, count in built.unknown.items() if count}
    assert sum(sure.values()) <= sum(counted.values())


def test_a_row_that_can_be_scored_is_not_left_to_the_slow_way() -> None:
    rows = [
        {"x": 1.0, "y": None, "city": city, "kind": kind} for city in (COMPOSED, "Bern") for kind in ("a", "?", None)
    ]
    built = matrix_of(CITIES, table_of(rows))
    assert not built.unsure.any()
    assert built.unknown == {"kind": 2}


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (pyarrow.array([1, 2, None], pyarrow.int32()), [1.0, 2.0, math.nan]),
        (pyarrow.array([1.5, math.nan, 2], pyarrow.float32()), [1.5, math.nan, 2.0]),
        (pyarrow.array([1.5, None, 2], pyarrow.float16()), [1.5, math.nan, 2.0]),
        (pyarrow.array([None, None, None]), [math.nan] * 3),
    ],
)
def test_each_type_of_number_is_read(column: pyarrow.Array, expected: list[float]) -> None:
    contract = ServingContract.model_validate(CONTRACT.model_dump() | {"features": [{"name": "y", "nullable": True}]})
    built = matrix_of(contract, pyarrow.table({"y": column}))
    numpy.testing.assert_array_equal(built.matrix[:, 0], numpy.array(expected, dtype=numpy.float32))
    assert not built.unsure.any()


def test_a_dictionary_of_categories_is_read() -> None:
    texts = pyarrow.array(["b", "a", None, "b"]).dictionary_encode()
    contract = CITIES.model_copy(update={"features": CITIES.features[3:]})
    built = matrix_of(contract, pyarrow.table({"kind": texts}))
    numpy.testing.assert_array_equal(built.matrix[:, 0], [1, 0, math.nan, 1])
