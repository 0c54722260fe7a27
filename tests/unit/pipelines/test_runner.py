import json
import math
from pathlib import Path
from typing import Any

import pytest

from mlops_runtime.artifact import digest_directory
from mlops_runtime.gate import Gate
from mlops_runtime.graph import StepGraph
from mlops_runtime.local import RunResult, run_local
from mlops_runtime.record import TERMINATION_MESSAGE_BYTES, StepRecord
from mlops_runtime.runner import code_digest, run_step
from mlops_runtime.settings import RunSettings
from mlops_runtime.workspace import Workspace
from tests.unit.pipelines.example_steps import GRAPH, PEEKING_GRAPH

SETTINGS = RunSettings(model_name="example")


def note(result: RunResult) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((result.workspace / "run" / "run.json").read_text())
    return document


def test_a_run_registers_what_it_trained_and_tells_where_it_comes_from(tmp_path: Path) -> None:
    result = run_local(GRAPH, tmp_path, {"error": 0.5}, gate=Gate(metric="error", max=1.0))

    assert [record.status for record in result.records] == ["succeeded"] * 4
    assert result.metrics == {"error": 0.5}
    assert result.model is not None
    stored = tmp_path / "models" / "example" / "1"
    assert digest_directory(stored / "model") == result.model.digest
    tags = json.loads((stored / "version.json").read_text())["tags"]
    assert tags == {
        "mlops.digest": result.model.digest,
        "mlops.code_version": code_digest(GRAPH),
        "mlops.image": "none",
        "mlops.data_digest": "sha256:" + "1" * 64,
        "mlops.environment": "local",
    }
    run = note(result)
    assert run["status"] == "finished"
    assert run["parameters"] == {"error": 0.5, "fail_in": "", "stop_in": ""}
    load = result.records[0]
    assert run["tags"]["mlops.step.train.inputs"] == f"load={load.output_digest}"
    assert run["tags"]["mlops.step.load.output_digest"] == digest_directory(tmp_path / "outputs" / "load")


def test_the_hooks_see_each_step_and_nothing_is_printed(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    seen: list[str] = []
    run_local(
        GRAPH,
        tmp_path,
        on_step_begin=lambda step: seen.append(f"{step.name} begins"),
        on_step_end=lambda step, record: seen.append(f"{step.name} {record.status}"),
    )

    assert seen[:3] == ["load begins", "load succeeded", "train begins"]
    assert capfd.readouterr() == ("", "")


def test_a_gate_that_rejects_ends_the_run_well_and_registers_nothing(tmp_path: Path) -> None:
    result = run_local(GRAPH, tmp_path, {"error": 2.0}, gate=Gate(metric="error", max=1.0))

    assert [record.status for record in result.records] == ["succeeded", "succeeded", "rejected", "skipped"]
    reason = "error is 2, but the gate asks for error <= 1.0"
    assert result.rejected is not None
    assert result.rejected.message == reason
    assert result.records[-1].message == f"skipped: {reason}"
    assert result.failed is None
    assert result.model is None
    assert not (tmp_path / "models").exists()
    assert note(result)["tags"]["mlops.outcome"] == "rejected"
    assert note(result)["tags"]["mlops.reason"] == reason


def test_a_step_can_reject_by_itself(tmp_path: Path) -> None:
    result = run_local(GRAPH, tmp_path, {"error": 101.0})

    assert result.rejected is not None
    assert result.rejected.message == "error is beyond all measure"


def test_a_step_that_fails_fails_the_run_with_its_reason_and_leaves_no_output(tmp_path: Path) -> None:
    result = run_local(GRAPH, tmp_path, {"fail_in": "train"})

    assert [record.status for record in result.records] == ["succeeded", "failed"]
    assert result.failed is not None
    assert result.failed.message == "numbers: got three, expected four, fix: add one"
    assert sorted(path.name for path in (tmp_path / "outputs").iterdir()) == ["load"]
    assert note(result)["status"] == "failed"
    assert note(result)["tags"]["mlops.reason"] == "train: numbers: got three, expected four, fix: add one"


def test_a_second_run_replaces_the_first_ones_outputs_and_keeps_its_model(tmp_path: Path) -> None:
    run_local(GRAPH, tmp_path)
    result = run_local(GRAPH, tmp_path, {"fail_in": "load"})
    assert not (tmp_path / "outputs" / "load").exists()
    again = run_local(GRAPH, tmp_path)

    assert result.model is None
    assert again.model is not None
    assert again.model.version == "2"


def test_the_registering_step_of_one_run_makes_one_version_however_often_it_is_run(tmp_path: Path) -> None:
    run_local(GRAPH, tmp_path)
    record = run_step(GRAPH, "register", Workspace(tmp_path), SETTINGS)

    assert record.model is not None
    assert record.model.version == "1"


def test_a_step_alone_takes_the_parameters_that_its_run_began_with(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    began = RunSettings(model_name="example", parameters={"error": 0.5})
    assert run_step(GRAPH, "load", workspace, began).status == "succeeded"
    for step in ("train", "judge"):
        assert run_step(GRAPH, step, workspace, SETTINGS).status == "succeeded"
    record = workspace.record("judge")
    assert record is not None
    assert record.metrics == {"error": 0.5}


def test_fails_when_a_step_is_given_other_parameters_than_its_run(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    run_step(GRAPH, "load", workspace, RunSettings(model_name="example", parameters={"error": 0.5}))
    other = RunSettings(model_name="example", parameters={"error": 0.7, "fail_in": ""})

    record = run_step(GRAPH, "train", workspace, other)

    assert record.status == "failed"
    assert "parameters.error: got 0.7, expected 0.5, as the run in the workspace" in record.message
    assert "fail_in" not in record.message
    assert not workspace.output("train").exists()
    # A whole run begins anew.
    assert run_local(GRAPH, tmp_path, {"error": 0.7}).metrics == {"error": 0.7}


def test_fails_when_a_step_before_has_not_run(tmp_path: Path) -> None:
    record = run_step(GRAPH, "train", Workspace(tmp_path), SETTINGS)

    assert record.status == "failed"
    assert "step train: got no output of load, which has not run" in record.message


def test_fails_when_a_step_reads_what_it_does_not_come_after(tmp_path: Path) -> None:
    record = run_step(PEEKING_GRAPH, "load", Workspace(tmp_path), SETTINGS)

    assert record.status == "failed"
    assert "step load: got after no step, expected 'load' too" in record.message


def test_fails_when_the_steps_function_is_not_there(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    workspace.write_record(StepRecord(step="load", status="succeeded", message=""))
    record = run_step(PEEKING_GRAPH, "unknown", workspace, SETTINGS)

    assert record.status == "failed"
    assert "got no nothing in" in record.message


def test_the_code_version_follows_the_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "trial_pipeline"
    package.mkdir()
    (package / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    graph = StepGraph(name="trial", reference="trial_pipeline.graph:GRAPH", steps=GRAPH.steps)
    before = code_digest(graph)
    assert code_digest(graph) == before
    (package / "train.py").write_text("pass")

    assert code_digest(graph) != before


def test_a_record_keeps_metrics_that_are_no_numbers(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    metrics = {"error": math.nan, "gain": -math.inf, "rows": 3.0}
    workspace.write_record(StepRecord(step="judge", status="rejected", message="", metrics=metrics))
    record = workspace.record("judge")

    assert record is not None
    assert math.isnan(record.metrics["error"])
    assert (record.metrics["gain"], record.metrics["rows"]) == (-math.inf, 3.0)
    assert json.loads(record.termination_message())["metrics"]["rows"] == 3.0


def test_a_long_message_still_fits_what_kubernetes_keeps() -> None:
    record = StepRecord(step="train", status="failed", message="ü" * 5000 + "the end", metrics={"error": 1.0})
    text = record.termination_message()

    assert len(text.encode()) <= TERMINATION_MESSAGE_BYTES
    assert json.loads(text)["message"].endswith("the end")
