"""How many threads an engine takes: what its container may use, and not what the node has."""

import os
from pathlib import Path

import pytest

from mlops_runtime.language_model import engine
from pulumi_mlops.endpoint.kubernetes import render

NODE_CORES = 64


@pytest.mark.parametrize(
    ("quota", "reserved", "threads"),
    [
        (None, None, NODE_CORES),
        (None, "1", 1),
        (None, "8", 8),
        (None, "128", NODE_CORES),
        (None, "many", NODE_CORES),
        (4.0, None, 4),
        (4.0, "1", 4),
        (1.5, None, 1),
        (0.5, "8", 1),
    ],
)
def test_a_limit_counts_then_what_is_reserved(
    quota: float | None, reserved: str | None, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(NODE_CORES)))
    monkeypatch.setattr(engine, "_quota_cores", lambda: quota)
    monkeypatch.delenv(engine.RESERVED_CORES_VARIABLE, raising=False)
    if reserved is not None:
        monkeypatch.setenv(engine.RESERVED_CORES_VARIABLE, reserved)
    assert engine.available_threads() == threads


@pytest.mark.parametrize(("text", "cores"), [("max 100000", None), ("150000 100000", 1.5), ("no numbers", None)])
def test_the_limit_is_that_of_the_container(
    text: str, cores: float | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cpu.max").write_text(f"{text}\n")
    monkeypatch.setattr(engine, "CGROUP", tmp_path)
    assert engine._quota_cores() == cores


def test_a_server_is_told_what_it_has_reserved() -> None:
    (name,) = render.RESERVED_CORES
    assert name == engine.RESERVED_CORES_VARIABLE
    assert render.RESERVED_CORES[name]["resourceFieldRef"]["resource"] == "requests.cpu"
