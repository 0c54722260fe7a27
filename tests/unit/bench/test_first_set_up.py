from pathlib import Path

import pytest

import bench.__main__ as command
from bench.figures import Figure
from bench.first_set_up import steps
from sandbox.progress import console, step


def test_steps_are_read_as_the_sandbox_tells_them(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("sandbox.progress.time.monotonic", lambda: now[0])
    with console.capture() as told:
        with step("compile the engine (once)") as current:
            now[0] += 250.04
            current.note("92 MiB: enough")
        with step("bring it up"):
            now[0] += 20
        with step("a quick one"):
            now[0] += 1
    found = steps(told.get().splitlines())
    assert found == [Figure("compile the engine (once)", 250.0, "s"), Figure("bring it up", 20.0, "s")]


def test_what_takes_a_quarter_of_an_hour_is_measured_only_when_it_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    measured: list[str] = []

    def measure(name: str) -> list[Figure]:
        measured.append(name)
        return []

    monkeypatch.setattr(command, "_in_process_of_its_own", measure)
    monkeypatch.setattr(command, "RESULTS", tmp_path / "latest.json")
    assert command.main([]) == 0
    assert "first-set-up" not in measured
    assert set(measured) | {"first-set-up"} == set(command.SECTIONS)
    assert command.main(["first-set-up"]) == 0
    assert measured[-1] == "first-set-up"
