import json
import subprocess
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from mlops_runtime.artifact import digest_directory
from mlops_runtime.runner import code_digest
from tests.unit.pipelines.sagemaker.containers import Execution, Job, pack, run_in_process, unpack
from tests.unit.pipelines.sagemaker.job_steps import DATASET, GRAPH

GATE = '{"metric": "error", "max": 1.0}'


def parameters(**values: object) -> dict[str, str]:
    return {"MLOPS_PARAMETERS": json.dumps(values)}


def until_judged(execution: Execution) -> Job:
    """Every job up to the gate, all of which must succeed but the gate's own."""
    for step in ("load", "check"):
        assert execution.process(step).code == 0
    assert execution.train().code == 0
    return execution.process("judge")


def champion_of(execution: Execution) -> dict[str, str]:
    """What pins the model that the execution has trained."""
    digest = digest_directory(unpack(execution.archive, execution.folder / "champion"))
    return {"MLOPS_CHAMPION": json.dumps({"version": "3", "digest": digest})}


def test_a_graph_runs_job_by_job_and_the_gates_result_says_it_all(execution: Execution) -> None:
    execution.variables["MLOPS_GATE"] = GATE

    judged = until_judged(execution)

    assert judged.code == 0
    digest = digest_directory(unpack(execution.archive, execution.folder / "model"))
    assert judged.result == {
        "step": "judge",
        "status": "succeeded",
        "message": "judged",
        "metrics": {"error": 1.0},
        "gate_value": 1.0,
        "rejected": "false",
        "model_digest": digest,
        "model_folder": digest.removeprefix("sha256:"),
        "data_digest": DATASET.digest,
        "code_version": code_digest(GRAPH),
        "parameters": {
            "error": "1.0",
            "trees": "3",
            "label": "none",
            "quick": "false",
            "fail_in": "none",
            "stop_in": "none",
            "reject_in": "none",
            "train_does": "none",
        },
    }
    assert judged.message.startswith("judge: succeeded after")


def test_the_gate_hands_on_the_model_under_its_digest_and_no_other_step_does(execution: Execution) -> None:
    for step in ("load", "check"):
        execution.process(step)
    execution.train()
    assert execution.models == {}
    judged = execution.process("judge")

    ((key, archive),) = execution.models.items()
    assert key == f"{judged.result['model_folder']}/model.tar.gz"
    assert digest_directory(unpack(archive, execution.folder / "model")) == judged.result["model_digest"]
    told = execution.process("tell")
    assert told.result["model_folder"] == "none"
    assert set(execution.models) == {key}


def test_a_model_that_was_turned_down_is_not_handed_on(execution: Execution) -> None:
    execution.variables |= {"MLOPS_GATE": GATE, **parameters(error=1.5)}

    judged = until_judged(execution)

    assert judged.result["model_folder"] == "none"
    assert execution.models == {}


def test_a_model_that_may_not_be_registered_fails_the_job_that_decides(execution: Execution) -> None:
    for step in ("load", "check"):
        execution.process(step)
    execution.train(parameters(train_does="pickle"))

    judged = execution.process("judge")

    assert judged.code == 1
    assert "model.pkl: got a pickle, which runs code when it is loaded" in judged.message
    assert execution.models == {}


def test_a_training_job_leaves_the_artifacts_files_alone_and_its_notes_beside_them(execution: Execution) -> None:
    for step in ("load", "check"):
        execution.process(step)
    job = execution.train(parameters(label="seven"))

    assert job.code == 0
    assert job.failure is None
    with tarfile.open(execution.archive) as packed:
        files = {member.name: packed.extractfile(member) for member in packed if member.isfile()}
        assert set(files) == {"model.onnx", "serving.json", "golden.json", "weights.txt", "part/names.txt"}
        assert {name: file.read() for name, file in files.items() if file and name.endswith(".txt")} == {
            "weights.txt": b"3 2 1",
            "part/names.txt": b"seven",
        }
    notes = job.root / "output" / "data"
    assert (notes / "artifacts" / "train" / "weights.txt").exists()
    assert json.loads((notes / "run" / "steps" / "train.json").read_text())["status"] == "succeeded"
    assert not any((notes / "outputs").iterdir())


def test_a_processing_job_hands_on_its_own_output_and_the_notes_of_all_before_it(execution: Execution) -> None:
    until_judged(execution)
    execution.variables["MLOPS_RUN_NAME"] = "run-1"
    told = execution.process("tell")

    assert told.code == 0
    handed_on = execution.bucket / "check"
    assert {path.relative_to(handed_on).as_posix() for path in handed_on.rglob("*") if path.is_file()} == {
        "result.json",
        "run/parameters.json",
        "run/run.json",
        "run/steps/check.json",
        "run/steps/load.json",
    }
    output = told.root / "processing" / "output"
    assert {path.stem for path in (output / "run" / "steps").iterdir()} == {"load", "check", "train", "judge", "tell"}
    note = json.loads((output / "run" / "run.json").read_text())
    assert note["metrics"]["rows"] == 3
    assert note["metrics"]["error"] == 1.0
    assert note["datasets"]["numbers"]["step"] == "load"
    assert (note["status"], note["tags"]["mlops.outcome"]) == ("finished", "succeeded")
    assert (
        told.result["model_digest"]
        == json.loads((execution.bucket / "judge" / "result.json").read_text())["model_digest"]
    )


def test_a_model_that_the_gate_turns_down_ends_the_job_well(execution: Execution) -> None:
    execution.variables |= {"MLOPS_GATE": GATE, **parameters(error=1.5)}

    judged = until_judged(execution)

    assert judged.code == 0
    assert judged.result["rejected"] == "true"
    assert judged.result["status"] == "rejected"
    assert judged.result["metrics"] == {"error": 1.5}
    assert "error is 1.5, but the gate asks for error <= 1.0" in judged.message


def test_a_metric_that_is_no_number_is_turned_down_and_null(execution: Execution) -> None:
    execution.variables |= {"MLOPS_GATE": GATE}
    for step in ("load", "check"):
        execution.process(step)
    execution.train()
    judged = execution.process("judge", {"MLOPS_PARAMETER_error": "inf"})

    assert judged.code == 0
    assert judged.result["rejected"] == "true"
    assert judged.result["metrics"] == {"error": None}
    assert judged.result["gate_value"] > 1e300


@pytest.mark.parametrize(
    ("label", "expected"),
    [("a-b_c.d:e/f=g+h@i j", "a-b_c.d:e/f=g+h@i j"), ('say "so"\n', "say _so__"), ("ß" * 300, "ß" * 256)],
)
def test_parameters_are_told_as_a_versions_metadata_can_hold_them(
    execution: Execution, label: str, expected: str
) -> None:
    loaded = execution.process("load", parameters(label=label))

    assert loaded.result["parameters"]["label"] == expected
    assert "gate_value" not in loaded.result
    note = json.loads((execution.bucket / "load" / "run" / "run.json").read_text())
    assert note["parameters"]["label"] == label


def test_a_gate_that_is_skipped_passes_no_condition(execution: Execution) -> None:
    execution.variables["MLOPS_GATE"] = '{"metric": "error", "min": 0.5}'
    execution.process("load")
    assert execution.process("check").code == 0
    assert execution.train().code == 0
    assert execution.process("check", parameters(reject_in="check")).code == 0
    judged = execution.process("judge")

    assert judged.code == 0
    assert (judged.result["status"], judged.result["rejected"]) == ("skipped", "true")
    assert judged.result["gate_value"] < -1e300


def test_what_a_step_before_the_gate_turns_down_reaches_the_gate(execution: Execution) -> None:
    assert execution.process("load").code == 0
    rejected = execution.process("check", parameters(reject_in="check"))
    trained = execution.train()

    assert rejected.code == 0
    assert rejected.result["rejected"] == "true"
    assert trained.code == 1
    assert trained.failure == "step train skipped: skipped: check wants none of it"
    assert not execution.archive.exists()


def test_fails_when_a_step_turns_the_model_down_where_no_gate_follows(execution: Execution) -> None:
    until_judged(execution)
    told = execution.process("tell", parameters(reject_in="tell"))

    assert told.code == 1
    assert told.result["rejected"] == "true"
    assert "tell wants none of it (the job fails, since no gate comes after it" in told.message


def test_the_champion_is_compared_with_in_the_gate(execution: Execution) -> None:
    until_judged(execution)
    judged = execution.process("judge", champion_of(execution), champion=execution.archive)

    assert judged.code == 0
    assert judged.result["metrics"] == {"error": 1.0, "champion_characters": 5.0}


def test_the_gate_compares_with_nothing_where_the_champions_archive_is_not_given(execution: Execution) -> None:
    until_judged(execution)
    judged = execution.process("judge", champion_of(execution))

    assert judged.code == 0
    assert judged.result["metrics"] == {"error": 1.0}


def test_fails_when_the_champion_is_another_than_the_pinned_one(execution: Execution) -> None:
    until_judged(execution)
    pin = champion_of(execution)
    other = execution.folder / "other"
    other.mkdir()
    (other / "weights.txt").write_text("0")
    judged = execution.process("judge", pin, champion=pack(other, execution.folder / "other.tar.gz"))

    assert judged.code == 1
    assert json.loads(pin["MLOPS_CHAMPION"])["digest"] in judged.message
    assert f"got {digest_directory(other)}" in judged.message
    assert judged.result["rejected"] == "true"


def test_fails_when_a_champion_comes_without_its_pin(execution: Execution) -> None:
    until_judged(execution)
    judged = execution.process("judge", champion=execution.archive)

    assert judged.code == 1
    assert "got no MLOPS_CHAMPION, expected its version and digest there" in judged.message


def test_all_inputs_that_are_not_as_they_should_be_are_named_at_once(execution: Execution) -> None:
    until_judged(execution)
    (execution.bucket / "check" / "run" / "steps" / "check.json").unlink()
    execution.archive.write_bytes(b"no archive")
    judged = execution.process("judge")

    assert judged.code == 1
    assert "input/check: got result.json, run" in judged.message
    assert "input/train/model.tar.gz: got not a gzip file, expected a model's files as a gzipped tar" in judged.message


@pytest.mark.parametrize("tampering", ["changed", "added", "removed"])
def test_fails_when_an_output_is_not_what_its_step_left(execution: Execution, tampering: str) -> None:
    execution.process("load")
    handed_on = execution.bucket / "load" / "outputs" / "load"
    if tampering == "changed":
        (handed_on / "data.txt").write_text("1 2 4")
    elif tampering == "added":
        (handed_on / "more.txt").write_text("4")
    else:
        (handed_on / "data.txt").unlink()
    checked = execution.process("check")

    assert checked.code == 1
    assert "expected the output of step load, sha256:" in checked.message


def test_fails_when_a_training_job_lacks_a_channel(execution: Execution) -> None:
    for step in ("load", "check"):
        execution.process(step)
    job = execution.train(without="load")

    assert job.code == 1
    assert job.failure
    assert job.failure.endswith("input/data/load: got no such folder, expected the output of step load")


@pytest.mark.parametrize(
    ("hyperparameters", "expected"),
    [
        ("{no json", "expected the job's hyperparameters as JSON"),
        (["graph"], "got list, expected an object of hyperparameters"),
        (
            {"graph": "", "stepp": "train"},
            "graph: got '', expected a step graph as module:NAME; hyperparameter step: got None",
        ),
        ({"graph": GRAPH.reference, "step": "train", "trees": "4"}, "fix: use MLOPS_PARAMETERS"),
        ({"graph": GRAPH.reference, "step": "trane"}, "step: got 'trane', expected one of load, check, train"),
        ({"graph": GRAPH.reference, "step": "judge"}, "step judge: got no model_output, expected one"),
        ({"graph": "no.such:GRAPH", "step": "train"}, "got no module no, expected a step graph"),
    ],
)
def test_fails_when_the_hyperparameters_are_broken(
    execution: Execution, hyperparameters: object, expected: str
) -> None:
    job = execution.train(hyperparameters=hyperparameters)

    assert job.code == 1
    assert job.failure
    assert expected in job.failure
    assert not execution.archive.exists()


def test_hyperparameters_of_the_platforms_own_are_left_alone(execution: Execution) -> None:
    for step in ("load", "check"):
        execution.process(step)
    told = {"graph": GRAPH.reference, "step": "train", "_tuning_objective_metric": "error", "sagemaker_job_name": "a"}

    assert execution.train(hyperparameters=told).code == 0


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"fail_in": "train"}, "step train failed: numbers: got three, expected four, fix: add one"),
        ({"stop_in": "train"}, "got SIGTERM"),
        ({"train_does": "more"}, "got out/importances.txt, expected its model"),
        ({"train_does": "read outside"}, "step train: got the data numbers from outside"),
        ({"train_does": "no model"}, "got no model, expected it in the folder 'out/model' of its output"),
        ({"trees": "many"}, "parameters.trees: got 'many'"),
    ],
)
def test_a_training_job_that_fails_says_why_and_leaves_no_model(
    execution: Execution, values: dict[str, Any], expected: str
) -> None:
    for step in ("load", "check"):
        execution.process(step)
    job = execution.train(parameters(**values))

    assert job.code == 1
    assert job.failure
    assert expected in job.failure
    assert not execution.archive.exists()


def test_fails_when_the_models_folder_is_not_empty(execution: Execution) -> None:
    def run(command: Sequence[str], environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        (Path(environment["MLOPS_SAGEMAKER_ROOT"]) / "model" / "old.txt").touch()
        return run_in_process(command, environment)

    for step in ("load", "check"):
        execution.process(step)
    execution.run = run
    job = execution.train()

    assert job.code == 1
    assert job.failure
    assert job.failure.endswith("model: got old.txt, expected an empty folder for the model")
    assert (job.root / "model" / "old.txt").exists()


def test_a_step_that_is_stopped_says_so(execution: Execution) -> None:
    job = execution.process("load", parameters(stop_in="load"))

    assert job.code == 1
    assert job.message == "load: failed: got SIGTERM"
    assert not (execution.bucket / "load").exists()


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ("train", "step train: got a processing job, expected a training job"),
        ("register", "step register: got a processing job, expected a RegisterModel step"),
        ("lod", "step: got 'lod', expected one of load, check"),
    ],
)
def test_fails_when_the_step_is_no_processing_job(execution: Execution, step: str, expected: str) -> None:
    if step == "lod":
        job = execution._run(
            execution._root(step), ["", "", "", "--graph", GRAPH.reference, "--step", step], execution.variables
        )
    else:
        job = execution.process(step)

    assert job.code == 1
    assert expected in job.message


def test_fails_when_a_tracking_server_is_asked_for(execution: Execution) -> None:
    job = execution.process("load", {"MLFLOW_TRACKING_URI": "http://mlflow:5000"})

    assert job.code == 1
    assert "expected none: on SageMaker the jobs' outputs record a run" in job.message


def test_a_long_reason_is_cut_to_what_sagemaker_keeps(execution: Execution, tmp_path: Path) -> None:
    job = execution.process("load", parameters(**{"ü" * 900: 1}))

    assert job.code == 1
    assert len((job.root / "output" / "message").read_bytes()) <= 1000
    assert job.message.startswith("load: failed after")
    assert job.message.endswith("quick, fail_in, stop_in, reject_in, train_does")
