import json
from pathlib import Path

import pytest

from mlops_runtime.serving.contract import ContractError, Feature, ModelOutput, ServingContract, load_contract
from tests.unit.pipelines.serving.artifacts import CONTRACT


def write(directory: Path, document: object) -> Path:
    (directory / "serving.json").write_text(json.dumps(document))
    return directory


def test_a_written_contract_reads_back(tmp_path: Path) -> None:
    (tmp_path / "serving.json").write_text(CONTRACT.to_json())

    assert load_contract(tmp_path) == CONTRACT


def test_all_problems_of_the_file_are_told_at_once(tmp_path: Path) -> None:
    features = [{"name": "wind", "dtype": "words"}, {"name": "carrier", "dtype": "category"}]
    write(tmp_path, {"features": features, "outputs": [{"name": "delay", "unti": "minutes"}]})

    with pytest.raises(ContractError) as caught:
        load_contract(tmp_path)

    message = str(caught.value)
    assert "serving.json" in message
    assert "features.0.dtype" in message
    assert "'words'" in message
    assert "'carrier': got no vocabulary, expected one" in message
    assert "outputs.0.unti" in message


@pytest.mark.parametrize(
    ("features", "expected"),
    [
        ([{"name": "wind"}, {"name": "wind"}], "got 'wind' more than once"),
        ([{"name": "carrier", "dtype": "category", "vocabulary": ["AA", "AA"]}], "got 'AA' more than once"),
        ([{"name": "wind", "vocabulary": ["AA"]}], "got a vocabulary, expected none"),
        (
            [{"name": "carrier", "dtype": "category", "vocabulary": ["AA"], "unknown_category": "missing"}],
            "got nullable false, expected true",
        ),
        ([], "at least 1 item"),
        ([{"name": "wind", "minimum": 3, "maximum": 2}], "got minimum 3, expected at most the maximum 2"),
        ([{"name": "at", "dtype": "datetime", "minimum": 3}], "got a minimum or maximum, expected none: it is a date"),
        ([{"name": "v", "dtype": "vector"}], "got length None, expected one: it is a vector"),
        ([{"name": "t", "dtype": "text", "length": 3}], "got length 3, expected none: it is a text"),
        ([{"name": "n", "characters_max": 3}], "got characters_max, expected none: it is a number"),
    ],
)
def test_a_contract_that_contradicts_itself_is_refused(tmp_path: Path, features: object, expected: str) -> None:
    write(tmp_path, {"features": features, "outputs": [{"name": "delay"}]})

    with pytest.raises(ContractError, match=expected):
        load_contract(tmp_path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match=r"serving\.json: got .*, expected a readable file"):
        load_contract(tmp_path)


def test_columns_are_in_the_order_of_the_file(tmp_path: Path) -> None:
    write(tmp_path, {"features": [{"name": "b"}, {"name": "a"}], "outputs": [{"name": "delay"}]})

    contract: ServingContract = load_contract(tmp_path)

    assert contract.feature_names == ("b", "a")


def test_a_contract_of_every_type_and_kind_reads_back(tmp_path: Path) -> None:
    contract = ServingContract(
        runtime="pyfunc",
        features=(
            Feature(name="amount", dtype="float64", minimum=0, maximum=1e9),
            Feature(name="count", dtype="int64", nullable=True),
            Feature(name="is_new", dtype="bool"),
            Feature(name="message", dtype="text", characters_max=500),
            Feature(name="at", dtype="datetime"),
            Feature(name="embedding", dtype="vector", length=4),
        ),
        outputs=(
            ModelOutput(name="kind", kind="label", classes=(3, 5)),
            ModelOutput(name="chance", kind="probabilities", classes=(3, 5)),
            ModelOutput(name="place", kind="vector", length=2, unit="metres"),
            ModelOutput(name="reason", kind="text"),
        ),
    )
    (tmp_path / "serving.json").write_text(contract.to_json())

    assert load_contract(tmp_path) == contract
    assert contract.outputs[1].class_names == ("3", "5")


@pytest.mark.parametrize(
    ("outputs", "expected"),
    [
        ([], "at least 1 item"),
        ([{"name": "y"}, {"name": "y"}], "got 'y' more than once"),
        ([{"name": "y", "kind": "label"}], "got classes None, expected at least one: its kind is label"),
        ([{"name": "y", "classes": ["a"]}], "expected none: its kind is number"),
        ([{"name": "y", "kind": "label", "classes": ["a", "a"]}], "classes: got 'a' more than once"),
        ([{"name": "y", "kind": "label", "classes": ["a", 1]}], "outputs.0.classes"),
        ([{"name": "y", "kind": "vector"}], "got length None, expected one: its kind is vector"),
        ([{"name": "y", "kind": "text", "unit": "m"}], "got unit 'm', expected none: its kind is text"),
        ([{"name": "y", "kind": "score"}], "outputs.0.kind: got 'score'"),
    ],
)
def test_an_output_that_contradicts_itself_is_refused(tmp_path: Path, outputs: object, expected: str) -> None:
    write(tmp_path, {"features": [{"name": "a"}], "outputs": outputs})

    with pytest.raises(ContractError, match=expected):
        load_contract(tmp_path)
