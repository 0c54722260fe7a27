import json
import time
from pathlib import Path
from typing import Any

import pytest

from bench.figures import Figure, Goal, write

FIRST, SECOND = "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"
FAST, SLOW = Figure("render", 2.0, "s", Goal.AT_MOST, 3.0), Figure("render", 4.0, "s", Goal.AT_MOST, 3.0)


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file with two sections, measured at a first time; what comes later is at a second."""
    path = tmp_path / "results" / "latest.json"
    at(FIRST, monkeypatch)
    write(path, {"one": [FAST], "two": [FAST]}, {})
    at(SECOND, monkeypatch)
    return path


def at(moment: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "strftime", lambda *_: moment)


def sections(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text())["sections"]
    return found


def test_a_section_keeps_the_time_and_machine_of_its_own_figures(results: Path) -> None:
    write(results, {"one": [SLOW]}, {})
    found = sections(results)
    assert (found["one"]["measured"], found["two"]["measured"]) == (SECOND, FIRST)
    assert [found[name]["figures"][0]["is_reached"] for name in ("one", "two")] == [False, True]
    assert found["two"]["machine"]["processors"] > 0


def test_a_section_that_failed_says_so_beside_its_older_figures(results: Path) -> None:
    write(results, {}, {"one": "the sandbox is not up", "new": "no such thing"})
    found = sections(results)
    assert found["one"]["measured"] == FIRST
    assert found["one"]["figures"][0]["value"] == 2.0
    assert (found["one"]["failed"]["measured"], found["one"]["failed"]["reason"]) == (SECOND, "the sandbox is not up")
    assert found["new"]["figures"] == []
    assert "failed" not in found["two"]


def test_a_section_that_succeeds_again_has_failed_no_more(results: Path) -> None:
    write(results, {}, {"one": "the sandbox is not up"})
    write(results, {"one": [FAST]}, {})
    assert "failed" not in sections(results)["one"]
