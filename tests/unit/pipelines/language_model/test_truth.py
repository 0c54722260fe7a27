"""The truth check of a language model: the same command as for any model, with golden prompts."""

from pathlib import Path

import pytest

from mlops_runtime.artifact import digest_directory
from mlops_runtime.serving import truth_check
from tests.unit.pipelines.language_model.conftest import NAME, Running


def check(server: Running, artifact: Path, **changed: str) -> int:
    options = {
        "url": server.url,
        "name": NAME,
        "version": "3",
        "digest": digest_directory(artifact),
        "model-directory": str(artifact),
        "connections": "2",
        "settle-seconds": "0",
        **changed,
    }
    return truth_check.main([word for name, value in options.items() for word in (f"--{name}", value)])


def test_the_pinned_version_is_proved(server: Running, artifact: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(server, artifact) == 0
    assert "2 connections, 4 golden prompts" in capsys.readouterr().out


def test_another_version_is_told(server: Running, artifact: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(server, artifact, version="4") == 1
    assert "/mlops/identity: got version 3, expected 4" in capsys.readouterr().err


def test_an_answer_that_differs_is_told(server: Running, changed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    golden = changed / "golden_prompts.json"
    golden.write_text(golden.read_text().replace(" Paris", " Berlin"))
    assert check(server, changed) == 1
    assert "got digest sha256:" in capsys.readouterr().err
