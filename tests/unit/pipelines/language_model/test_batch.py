"""A table of prompts, scored by the pinned weights: the same command as for any model."""

import json
from pathlib import Path

import pytest

from mlops_runtime.artifact import digest_directory
from mlops_runtime.batch.__main__ import main
from mlops_runtime.batch.report import ExitCode
from tests.unit.pipelines.language_model.conftest import CONTEXT_TOKENS, NAME


@pytest.fixture
def quick(changed: Path) -> Path:
    """The artifact with short answers."""
    contract = changed / "language_model.json"
    contract.write_text(json.dumps({**json.loads(contract.read_text()), "answer_tokens": 3}))
    return changed


def score(artifact: Path, folder: Path, rows: list[object], digest: str | None = None) -> int:
    (folder / "in").mkdir(exist_ok=True)
    (folder / "in" / "prompts.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    options = {
        "model-directory": str(artifact),
        "name": NAME,
        "version": "3",
        "digest": digest or digest_directory(artifact),
        "input": str(folder / "in"),
        "output": str(folder / "out"),
        "format": "jsonl",
        "key-column": "id",
        "rejected-percent-max": "90",
    }
    return main([word for name, value in options.items() for word in (f"--{name}", value)])


def lines(folder: Path) -> list[dict[str, object]]:
    (file,) = folder.glob("*.jsonl")
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_each_prompt_gets_a_text_and_one_that_is_too_long_is_set_aside(quick: Path, tmp_path: Path) -> None:
    rows: list[object] = [
        {"id": 1, "prompt": "The capital of France is"},
        {"id": 2, "prompt": "word " * 2 * CONTEXT_TOKENS},
        {"id": 3, "prompt": "The opposite of hot is"},
        {"id": 4, "prompt": None},
    ]
    assert score(quick, tmp_path, rows) == ExitCode.DONE
    first, second = lines(tmp_path / "out" / "scored")
    assert (first["id"], second["id"]) == (1, 3)
    assert str(first["text"]).startswith(" Paris")
    assert "cold" in str(second["text"])
    too_long, missing = lines(tmp_path / "out" / "rejected")
    assert f"expected at most {CONTEXT_TOKENS - 1}" in str(too_long)
    assert f"got {2 * CONTEXT_TOKENS + 1} tokens" in str(too_long)
    assert "prompt: got null" in str(missing)
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert (report["rows_read"], report["rows_scored"], report["rows_rejected"]) == (4, 2, 2)
    assert report["model"]["digest"] == digest_directory(quick)


def test_nothing_is_scored_by_another_digest(quick: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert score(quick, tmp_path, [{"id": 1, "prompt": "x"}], "sha256:" + "0" * 64) == ExitCode.REFUSED
    assert "digest sha256:000" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_nothing_is_scored_by_weights_that_answer_otherwise(
    quick: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    golden = quick / "golden_prompts.json"
    golden.write_text(golden.read_text().replace(" Paris", " Berlin"))
    assert score(quick, tmp_path, [{"id": 1, "prompt": "x"}]) == ExitCode.REFUSED
    assert "expected ' Berlin" in capsys.readouterr().err


def test_a_table_without_prompts_is_refused(quick: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert score(quick, tmp_path, [{"id": 1, "text": "x"}]) == ExitCode.REFUSED
    assert "column prompt: got none" in capsys.readouterr().err
