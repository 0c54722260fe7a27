import json
from pathlib import Path

import pytest

from mlops_runtime.artifact import digest_directory
from mlops_runtime.serving.served_model import ServedModel, UnservableModelError, load_served_model


def edit(path: Path, **changes: object) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_a_loaded_model_says_who_it_is(served: ServedModel, artifact: Path) -> None:
    document = served.identity.to_document()

    assert document["name"] == "flight-delay"
    assert document["version"] == "7"
    assert document["digest"] == digest_directory(artifact)
    golden = document["golden"]
    assert isinstance(golden, dict)
    assert golden["rows"] == 24
    assert golden["max_absolute_error"] <= golden["tolerance"] == 1e-3


def test_a_digest_other_than_expected_is_not_served(artifact: Path) -> None:
    with pytest.raises(UnservableModelError, match=r"got files of digest sha256:.*, expected digest sha256:0"):
        load_served_model(artifact, "flight-delay", "7", expected_digest="sha256:0")


def test_a_model_that_misses_a_golden_row_is_not_served(artifact_copy: Path) -> None:
    golden = artifact_copy / "golden.json"
    outputs = json.loads(golden.read_text())["outputs"]
    outputs["arrival_delay_minutes"][4] += 1
    edit(golden, outputs=outputs)

    with pytest.raises(UnservableModelError, match=r"flight-delay version 7 .* golden row 4: .*1 of 24 rows differ"):
        load_served_model(artifact_copy, "flight-delay", "7")


def test_golden_rows_that_do_not_fit_the_contract_are_not_served(artifact_copy: Path) -> None:
    golden = artifact_copy / "golden.json"
    rows = json.loads(golden.read_text())["rows"]
    rows[2]["origin"] = "LGA"
    edit(golden, rows=rows)

    with pytest.raises(UnservableModelError, match=r"instances\[2\]\.origin: got 'LGA'"):
        load_served_model(artifact_copy, "flight-delay", "7")


def test_a_contract_with_another_number_of_features_is_not_served(artifact_copy: Path) -> None:
    contract = artifact_copy / "serving.json"
    edit(contract, features=[*json.loads(contract.read_text())["features"], {"name": "humidity", "nullable": True}])

    with pytest.raises(UnservableModelError, match="of 5 columns"):
        load_served_model(artifact_copy, "flight-delay", "7")


@pytest.mark.parametrize("missing", ["model.onnx", "serving.json", "golden.json"])
def test_an_incomplete_artifact_is_not_served(artifact_copy: Path, missing: str) -> None:
    (artifact_copy / missing).unlink()

    with pytest.raises(UnservableModelError, match=missing):
        load_served_model(artifact_copy, "flight-delay", "7")


def test_a_damaged_graph_is_not_served(artifact_copy: Path) -> None:
    graph = artifact_copy / "model.onnx"
    graph.write_bytes(graph.read_bytes()[:1000])

    with pytest.raises(UnservableModelError, match=r"model\.onnx: got .*, expected an ONNX model that loads"):
        load_served_model(artifact_copy, "flight-delay", "7")


def test_a_folder_that_is_not_there_is_not_served(tmp_path: Path) -> None:
    with pytest.raises(UnservableModelError, match="nowhere"):
        load_served_model(tmp_path / "nowhere", "flight-delay", "7")
