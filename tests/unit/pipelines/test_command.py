import importlib
import json
from pathlib import Path

import pytest

from mlops_runtime import __main__ as command
from mlops_runtime import runner
from mlops_runtime.workspace import Workspace
from tests.unit.pipelines.example_steps import GRAPH


@pytest.fixture
def termination_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "termination-log"
    path.touch()
    monkeypatch.setattr(command, "TERMINATION_LOG", path)
    for name in ("MLFLOW_TRACKING_URI", "MLOPS_PARAMETERS", "MLOPS_GATE", "MLOPS_CHAMPION"):
        monkeypatch.delenv(name, raising=False)
    return path


def run(step: str, workspace: Path) -> int:
    return command.main(["step", "--graph", GRAPH.reference, "--step", step, "--workspace", str(workspace)])


def test_steps_run_one_by_one_as_in_a_pod(
    termination_log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLOPS_GATE", '{"metric": "error", "max": 1.0}')
    codes = [run(step.name, tmp_path / "w") for step in GRAPH.ordered_steps]

    message = json.loads(termination_log.read_text())
    assert codes == [0, 0, 0, 0]
    assert message["step"] == "register"
    assert message["status"] == "succeeded"
    assert message["model_version"] == "1"
    assert message["model_digest"].startswith("sha256:")


def test_a_rejected_model_is_no_failure(termination_log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLOPS_GATE", '{"metric": "error", "max": 0.5}')
    codes = [run(step.name, tmp_path / "w") for step in GRAPH.ordered_steps]

    message = json.loads(termination_log.read_text())
    assert codes == [0, 0, 0, 0]
    assert (message["step"], message["status"]) == ("register", "skipped")
    assert "the gate asks for error <= 0.5" in message["message"]


@pytest.mark.parametrize(
    ("variable", "value", "expected"),
    [
        ("MLOPS_PARAMETERS", '{"fail_in": "load"}', "got three, expected four"),
        ("MLOPS_PARAMETERS", '{"eror": 1}', "parameters.eror"),
        ("MLOPS_PARAMETERS", "no json", "MLOPS_PARAMETERS"),
        ("MLOPS_GATE", '{"metric": "eror", "max": 1}', "got metric 'eror', expected one of error"),
    ],
)
def test_a_failure_is_told_where_kubernetes_shows_it(
    termination_log: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
    value: str,
    expected: str,
) -> None:
    monkeypatch.setenv(variable, value)

    assert run("load", tmp_path / "w") == 1
    message = json.loads(termination_log.read_text())
    assert message["status"] == "failed"
    assert expected in message["message"]


def test_a_pod_that_is_deleted_leaves_a_run_that_says_so(
    termination_log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLOPS_PARAMETERS", '{"stop_in": "load"}')

    assert run("load", tmp_path / "w") == 1
    record = Workspace(tmp_path / "w").record("load")
    assert record is not None
    assert record.message == "stopped: got SIGTERM"
    assert "got SIGTERM" in json.loads(termination_log.read_text())["message"]
    assert json.loads((tmp_path / "w" / "run" / "run.json").read_text())["status"] == "stopped"


def test_fails_when_graph_or_step_is_unknown(termination_log: Path, tmp_path: Path) -> None:
    assert run("lod", tmp_path / "w") == 1
    assert "expected one of load, train, judge, register" in termination_log.read_text()
    arguments = ["--graph", "no_such_module.graph:GRAPH", "--step", "load", "--workspace", str(tmp_path)]
    assert command.main(["step", *arguments]) == 1
    assert "got no module no_such_module" in termination_log.read_text()


def test_a_module_that_the_image_lacks_names_the_image_and_the_build(
    termination_log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLOPS_IMAGE", "registry.example.com/base@sha256:1")
    monkeypatch.setenv("MLOPS_WORKLOAD", "boat-prices")
    arguments = ["--graph", "boat_prices.graph:GRAPH", "--step", "load", "--workspace", str(tmp_path)]

    assert command.main(["step", *arguments]) == 1
    message = json.loads(termination_log.read_text())["message"]
    assert "fix: run `mlops build boat-prices --stack …` and `pulumi up`" in message
    assert "the image registry.example.com/base@sha256:1 was built without the package boat_prices" in message


def test_a_library_that_a_step_lacks_names_the_group_that_the_image_installs(
    termination_log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def needs_more(_: object) -> None:
        importlib.import_module("no_such_library.inner")

    monkeypatch.setattr(runner, "load_function", lambda _: needs_more)
    monkeypatch.delenv("MLOPS_IMAGE", raising=False)
    assert run("load", tmp_path / "w") == 1
    assert "uv sync --all-groups" in json.loads(termination_log.read_text())["message"]

    monkeypatch.setenv("MLOPS_IMAGE", "registry.example.com/base@sha256:1")
    assert run("load", tmp_path / "w") == 1
    message = json.loads(termination_log.read_text())["message"]
    assert message.startswith("ModuleNotFoundError: No module named 'no_such_library'")
    assert "dependency group training of pyproject.toml, run `uv lock`, then run `mlops build" in message


def test_a_whole_run_takes_parameters_by_name(termination_log: Path, tmp_path: Path) -> None:
    arguments = ["run", "--graph", GRAPH.reference, "--workspace", str(tmp_path / "w")]

    assert command.main([*arguments, "--parameter", "error=0.25"]) == 0
    assert json.loads((tmp_path / "w" / "run" / "run.json").read_text())["metrics"]["error"] == 0.25
    assert command.main([*arguments, "--parameter", "fail_in=train"]) == 1


def test_the_graph_is_printed_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["graph", "--graph", GRAPH.reference]) == 0
    assert json.loads(capsys.readouterr().out) == GRAPH.to_document()
