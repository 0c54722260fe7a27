import itertools
import json
import logging
import unicodedata
from pathlib import Path

import numpy
import pytest
from prometheus_client import REGISTRY

from mlops_runtime.serving.categories import UNKNOWN, CategoryCodes
from mlops_runtime.serving.contract import ContractError, Feature, ModelOutput, ServingContract, load_contract
from mlops_runtime.serving.input_error import InputError
from mlops_runtime.serving.matrix import CHUNK_ROWS, MatrixBuilder
from mlops_runtime.serving.unknown_categories import LOG_PAUSE_SECONDS, UnknownCategories

CITY = Feature(
    name="city", dtype="category", vocabulary=("Zürich", "Łódź", "東京"), nullable=True, unknown_category="missing"
)
AIRPORT = Feature(name="airport", dtype="category", vocabulary=("Málaga",))
CONTRACT = ServingContract(features=(CITY, AIRPORT, Feature(name="delay")), outputs=(ModelOutput(name="minutes"),))
KNOWN = {"city": "Zürich", "airport": "Málaga", "delay": 1}


def place(row: int, feature: str) -> str:
    return f"{row}.{feature}"


def decomposed(text: str) -> str:
    other = unicodedata.normalize("NFD", text)
    assert other != text
    return other


@pytest.mark.parametrize("row", [KNOWN, list(KNOWN.values())], ids=["object", "list"])
def test_one_text_in_two_unicode_forms_is_one_category(row: object) -> None:
    counted: list[tuple[str, int]] = []
    builder = MatrixBuilder(CONTRACT, lambda *each: counted.append(each))
    other = {name: decomposed(value) if isinstance(value, str) else value for name, value in KNOWN.items()}
    given = other if isinstance(row, dict) else list(other.values())

    matrix = builder.from_rows([row, given], place)

    numpy.testing.assert_array_equal(matrix, [[0, 0, 1]] * 2)
    assert counted == []


def write_contract(directory: Path, *vocabulary: str) -> None:
    city = {"name": "city", "dtype": "category", "vocabulary": vocabulary}
    (directory / "serving.json").write_text(json.dumps({"features": [city], "outputs": [{"name": "y"}]}))


def test_a_contract_holds_its_vocabulary_in_one_form(tmp_path: Path) -> None:
    write_contract(tmp_path, decomposed("Zürich"))

    assert load_contract(tmp_path).features[0].vocabulary == ("Zürich",)


def test_two_forms_of_one_text_are_not_two_categories_of_a_contract(tmp_path: Path) -> None:
    write_contract(tmp_path, "Zürich", decomposed("Zürich"))

    with pytest.raises(ContractError, match="got 'Zürich' more than once, expected each category once"):
        load_contract(tmp_path)


@pytest.mark.parametrize("value", ["zürich", "Zürich ", "", "XX", "e\u0301" * 100_000])
def test_an_unseen_category_counts_as_missing_and_is_counted(value: str) -> None:
    counted: list[tuple[str, int]] = []
    builder = MatrixBuilder(CONTRACT, lambda *each: counted.append(each))
    rows = [{**KNOWN, "city": value}, {**KNOWN, "city": None}, KNOWN, {**KNOWN, "city": value}]

    matrix = builder.from_rows(rows, place)

    numpy.testing.assert_array_equal(numpy.isnan(matrix[:, 0]), [True, True, False, True])
    assert counted == [("city", 2)]


def test_rows_in_several_parts_and_columns_are_counted() -> None:
    counted: list[tuple[str, int]] = []
    builder = MatrixBuilder(CONTRACT, lambda *each: counted.append(each))
    unseen = {**KNOWN, "city": "XX"}

    builder.from_rows([unseen, *[KNOWN] * CHUNK_ROWS, unseen], place)
    builder.from_columns({"city": ["XX", "YY"], "airport": ["Málaga"] * 2, "delay": [1, 2]}, 2, place)

    assert counted == [("city", 2), ("city", 2)]


def test_a_request_that_is_refused_counts_nothing() -> None:
    counted: list[tuple[str, int]] = []
    builder = MatrixBuilder(CONTRACT, lambda *each: counted.append(each))

    with pytest.raises(InputError):
        builder.from_rows([{**KNOWN, "city": "XX"}, {**KNOWN, "delay": "late"}], place)

    assert counted == []


def test_a_text_too_long_for_the_vocabulary_is_not_normalized(monkeypatch: pytest.MonkeyPatch) -> None:
    codes = CategoryCodes(CITY)
    monkeypatch.setattr("mlops_runtime.serving.categories.in_one_unicode_form", lambda _: pytest.fail("normalized"))

    assert codes["e\u0301" * 100] is UNKNOWN


def test_the_metric_names_features_and_versions_and_never_a_value(caplog: pytest.LogCaptureFixture) -> None:
    # Of this test alone: the registry is the process' own, and other tests count in it.
    name = "delays-told-by-feature"
    unknown = UnknownCategories(CONTRACT, name, "12")
    builder = MatrixBuilder(CONTRACT, unknown.count)
    labels = {"model_name": name, "model_version": "12", "feature": "city"}
    assert REGISTRY.get_sample_value("mlops_unknown_categories_total", labels) == 0

    with caplog.at_level(logging.WARNING, logger="kserve.mlops"):
        for number in range(50):
            builder.from_rows([{**KNOWN, "city": f"secret-{number}"}], place)

    assert REGISTRY.get_sample_value("mlops_unknown_categories_total", labels) == 50
    own = [
        sample
        for metric in REGISTRY.collect()
        if metric.name == "mlops_unknown_categories"
        for sample in metric.samples
        if sample.name.endswith("_total") and sample.labels["model_name"] == name
    ]
    assert [sample.labels for sample in own] == [labels]
    assert "secret" not in caplog.text


def test_the_log_tells_at_once_and_then_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    times = itertools.count(0.0, LOG_PAUSE_SECONDS / 4)
    now = [0.0]
    unknown = UnknownCategories(CONTRACT, "delays", "13", clock=lambda: now[0])

    with caplog.at_level(logging.WARNING, logger="kserve.mlops"):
        for now[0] in itertools.islice(times, 9):
            unknown.count("city", 3)

    told = [record.getMessage().rpartition(": ")[2] for record in caplog.records]
    assert told == ["city 3", "city 12", "city 12"]
