"""A batch of models that give more than a number, or run elsewhere than in one matrix."""

from pathlib import Path
from typing import Any

import pytest

from mlops_runtime.artifact import digest_directory
from mlops_runtime.batch.__main__ import main
from mlops_runtime.batch.report import ExitCode
from mlops_runtime.serving.served_model import load_served_model
from tests.unit.pipelines.batch.tables import outputs_of, rejected_of, write_table
from tests.unit.pipelines.serving.classifiers import CLASSES, write_columns_classifier, write_matrix_classifier

ROWS: list[dict[str, Any]] = [{"id": number, "delay": float(number - 20), "wind": 3.0} for number in range(60)]


def batch(artifact: Path, table: Path, output: Path, form: str) -> int:
    given = ["--model-directory", str(artifact), "--name", "delays", "--version", "1"]
    given += ["--digest", digest_directory(artifact), "--input", str(table), "--output", str(output)]
    return main([*given, "--format", form, "--key-column", "id", "--partition-rows", "25"])


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_a_classifiers_label_and_probabilities_are_columns(form: str, tmp_path: Path) -> None:
    write_matrix_classifier(tmp_path / "model")
    rows = [dict(row) for row in ROWS]
    rows[30]["delay"] = 5000.0  # beyond the maximum of the contract
    write_table(tmp_path / "in" / f"a.{form}", rows)

    assert batch(tmp_path / "model", tmp_path / "in", tmp_path / "out", form) == ExitCode.DONE

    served = load_served_model(tmp_path / "model", "delays", "1")
    good = [row for number, row in enumerate(rows) if number != 30]
    expected = served.score_columns({name: [row[name] for row in good] for name in ("delay", "wind")}, len(good))
    found = outputs_of(tmp_path / "out")
    assert [int(row["id"]) for row in found] == [row["id"] for row in good]
    assert [row["label"] for row in found] == expected["label"].tolist()
    for index, name in enumerate(served.contract.outputs[1].class_names):
        assert [row[f"probabilities.{name}"] for row in found] == pytest.approx(
            expected["probabilities"][:, index].tolist(), rel=1e-5
        )
    assert set(served.contract.outputs[1].class_names) == set(CLASSES)
    (rejected,) = rejected_of(tmp_path / "out")
    assert rejected["row"] == 30
    assert "delay" in rejected["reason"]


def test_a_model_of_columns_takes_each_type(tmp_path: Path) -> None:
    write_columns_classifier(tmp_path / "model")
    rows: list[dict[str, Any]] = [
        {"id": number, "delay": float(number), "stops": number % 3, "carrier": ("AA", "B6", None)[number % 3]}
        for number in range(60)
    ]
    rows[7]["stops"] = -1
    write_table(tmp_path / "in" / "a.parquet", rows)

    assert batch(tmp_path / "model", tmp_path / "in", tmp_path / "out", "parquet") == ExitCode.DONE

    assert [row["row"] for row in rejected_of(tmp_path / "out")] == [7]
    served = load_served_model(tmp_path / "model", "delays", "1")
    good = [row for row in rows if row["id"] != 7]
    columns = {name: [row[name] for row in good] for name in served.contract.feature_names}
    labels = served.score_columns(columns, len(good))["label"].tolist()
    assert [row["label"] for row in outputs_of(tmp_path / "out")] == labels
