import json
from pathlib import Path

import pytest

from mlops_runtime.serving.contract import ContractError, ServingContract, load_contract
from tests.unit.pipelines.serving.artifacts import CONTRACT


def write(directory: Path, document: object) -> Path:
    (directory / "serving.json").write_text(json.dumps(document))
    return directory


def test_a_written_contract_reads_back(tmp_path: Path) -> None:
    (tmp_path / "serving.json").write_text(CONTRACT.to_json())

    assert load_contract(tmp_path) == CONTRACT


def test_all_problems_of_the_file_are_told_at_once(tmp_path: Path) -> None:
    features = [{"name": "wind", "dtype": "text"}, {"name": "carrier", "dtype": "category"}]
    write(tmp_path, {"features": features, "output": {"name": "delay", "unti": "minutes"}})

    with pytest.raises(ContractError) as caught:
        load_contract(tmp_path)

    message = str(caught.value)
    assert "serving.json" in message
    assert "features.0.dtype" in message
    assert "'text'" in message
    assert "'carrier': got no vocabulary, expected one" in message
    assert "output.unti" in message


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
    ],
)
def test_a_contract_that_contradicts_itself_is_refused(tmp_path: Path, features: object, expected: str) -> None:
    write(tmp_path, {"features": features, "output": {"name": "delay"}})

    with pytest.raises(ContractError, match=expected):
        load_contract(tmp_path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match=r"serving\.json: got .*, expected a readable file"):
        load_contract(tmp_path)


def test_columns_are_in_the_order_of_the_file(tmp_path: Path) -> None:
    write(tmp_path, {"features": [{"name": "b"}, {"name": "a"}], "output": {"name": "delay"}})

    contract: ServingContract = load_contract(tmp_path)

    assert contract.feature_names == ("b", "a")
