import json
import time
from typing import Any

import pytest

from mlops_runtime.serving.cells import reader_of
from mlops_runtime.serving.columns import CHUNK_ROWS, ColumnReader
from mlops_runtime.serving.contract import Feature, ModelOutput, ServingContract
from mlops_runtime.serving.input_error import InputError
from mlops_runtime.serving.matrix import MatrixBuilder

FEATURES = (
    Feature(name="amount", dtype="float64", minimum=0, maximum=100),
    Feature(name="count", dtype="int64", nullable=True),
    Feature(name="is_new", dtype="bool"),
    Feature(name="message", dtype="text", characters_max=10),
    Feature(name="carrier", dtype="category", vocabulary=("AA", "B6"), nullable=True, unknown_category="missing"),
    Feature(name="at", dtype="datetime", nullable=True),
    Feature(name="embedding", dtype="vector", length=2),
)
CONTRACT = ServingContract(runtime="pyfunc", features=FEATURES, outputs=(ModelOutput(name="y"),))
ROW: dict[str, Any] = {
    "amount": 1.5,
    "count": 3,
    "is_new": True,
    "message": "hello",
    "carrier": "AA",
    "at": "2024-01-31T12:00:00+02:00",
    "embedding": [1, 2.5],
}


def place(row: int, feature: str) -> str:
    return f"{row}.{feature}" if feature else str(row)


def test_rows_become_columns_of_their_types() -> None:
    columns = ColumnReader(CONTRACT).from_rows([ROW, [2, None, False, "", None, None, [0, 0]]], place)

    values = json.loads(json.dumps(columns.values, default=str))
    assert values == {
        "amount": [1.5, 2],
        "count": [3, None],
        "is_new": [True, False],
        "message": ["hello", ""],
        "carrier": ["AA", None],
        "at": ["2024-01-31 10:00:00", None],
        "embedding": [[1, 2.5], [0, 0]],
    }


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("amount", "1", "got '1', expected a finite number from 0 to 100"),
        ("amount", -1, "got -1, expected a finite number from 0 to 100"),
        ("amount", True, "got true, expected a finite number"),
        ("amount", 10**400, "expected a finite number"),
        ("amount", None, "got null, expected a finite number"),
        ("count", 1.5, "got 1.5, expected a whole number of 64 bits or null"),
        ("count", 2**63, "expected a whole number of 64 bits or null"),
        ("count", "3", "got '3', expected a whole number"),
        ("is_new", 1, "got 1, expected true or false"),
        ("is_new", "true", "got 'true', expected true or false"),
        ("message", 5, "got 5, expected text of at most 10 characters"),
        ("message", "x" * 11, "got text of 11 characters, expected text of at most 10 characters"),
        ("carrier", 1, "got 1, expected one of 'AA', 'B6' or null"),
        ("at", "yesterday", "got 'yesterday', expected a date or time in ISO 8601's form, of the years 1678 to 2261"),
        ("at", "0001-01-01", "expected a date or time"),
        ("at", 1700000000, "got 1700000000, expected a date or time"),
        ("embedding", [1], "got a list of 1, expected a list of 2 finite numbers"),
        ("embedding", [1, "2"], "expected a list of 2 finite numbers"),
        ("embedding", [1, None], "expected a list of 2 finite numbers"),
        ("embedding", 3, "got 3, expected a list of 2 finite numbers"),
        ("place", 3, "got a feature that the model does not have"),
    ],
)
def test_a_value_of_another_type_is_named_with_its_row(name: str, value: object, expected: str) -> None:
    rows = [ROW] * (CHUNK_ROWS + 3) + [{**ROW, name: value}, ROW, {**ROW, name: value, "is_new": "no"}]

    with pytest.raises(InputError) as caught:
        ColumnReader(CONTRACT).from_rows(rows, place)

    first = CHUNK_ROWS + 3
    assert str(caught.value).startswith(f"{first}.{name}: ")
    assert expected in str(caught.value)
    assert f"{first + 2}.is_new: got 'no'" in str(caught.value)
    assert caught.value.rows == (first, first + 2)


def test_a_row_of_another_form_is_named() -> None:
    with pytest.raises(InputError, match=r"1: got a list of 2, expected an object of features or a list of 7 values"):
        ColumnReader(CONTRACT).from_rows([ROW, [1, 2]], place)


def test_unknown_categories_are_counted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[tuple[str, int]] = []
    reader = ColumnReader(CONTRACT, lambda *each: counted.append(each))

    columns = reader.from_rows(
        [ROW, {**ROW, "carrier": "ZZ"}, {**ROW, "carrier": None}, {**ROW, "carrier": "YY"}], place
    )
    with pytest.raises(InputError):
        reader.from_rows([{**ROW, "carrier": "ZZ"}, {**ROW, "amount": -1}], place)

    assert columns.values["carrier"] == ["AA", None, None, None]
    assert counted == [("carrier", 2)]


@pytest.mark.parametrize("feature", FEATURES, ids=lambda feature: str(feature.dtype))
def test_the_quick_way_takes_what_the_careful_way_takes(feature: Feature) -> None:
    reader = reader_of(feature)
    values: list[Any] = [
        0,
        1,
        1.5,
        100,
        101,
        -1,
        2**63,
        10**400,
        float("inf"),
        True,
        None,
        "AA",
        "x" * 11,
        "2024-01-31",
    ]
    for value in [*values, [1, 2], [1, 2, 3], {}]:
        careful = reader.cell(value)
        quick = reader.column([value])

        assert (quick is None) == (careful is reader.cell(object())), value


def test_bounds_hold_for_a_matrix_too() -> None:
    features = (Feature(name="a", minimum=0, maximum=0.1), Feature(name="b", nullable=True, maximum=5))
    contract = ServingContract(features=features, outputs=(ModelOutput(name="y"),))
    builder = MatrixBuilder(contract)

    assert builder.from_rows([[0.1, None], [0, 5]], place).shape == (2, 2)
    with pytest.raises(InputError) as caught:
        builder.from_rows([[0.1, 5.5], [-0.5, 5], [0.2, None]], place)

    message = str(caught.value)
    assert "0.b: got 5.5, expected a finite number of at most 5 or null" in message
    assert "1.a: got -0.5, expected a finite number from 0 to 0.1" in message
    assert "2.a: got 0.2" in message


def test_a_text_of_ten_mebibytes_is_refused_at_once() -> None:
    start = time.perf_counter()

    with pytest.raises(InputError, match="got text of 10485760 characters") as caught:
        ColumnReader(CONTRACT).from_rows([{**ROW, "message": "x" * 10 * 1024 * 1024}], place)

    assert len(str(caught.value)) < 200
    assert time.perf_counter() - start < 1
