import json
import pickle
import posix
from collections.abc import Sequence
from pathlib import Path

import cloudpickle
import pytest

from mlops_runtime.artifact import digest_directory
from mlops_runtime.context import StepContext
from mlops_runtime.errors import StepError
from mlops_runtime.file_tracking import FileTracker
from mlops_runtime.graph import StepGraph
from mlops_runtime.packaging.registration import check_artifact, check_classes
from mlops_runtime.parameters import PipelineParameters
from mlops_runtime.serving.contract import Feature, ModelOutput, ServingContract
from mlops_runtime.settings import Champion, RunSettings
from mlops_runtime.step import Step
from mlops_runtime.workspace import Workspace
from tests.unit.pipelines.serving.artifacts import write_linear_artifact

CONTRACT = ServingContract(features=(Feature(name="x"),), outputs=(ModelOutput(name="y"),))


class Planted:
    def __reduce__(self) -> tuple[object, ...]:
        return (posix.system, ("true",))


def with_classes(folder: Path, *outputs: ModelOutput) -> Path:
    folder.mkdir(parents=True)
    contract = ServingContract(features=(Feature(name="x"),), outputs=outputs)
    (folder / "serving.json").write_text(contract.to_json())
    return folder


def label(*classes: str) -> ModelOutput:
    return ModelOutput(name="label", kind="label", classes=classes)


@pytest.fixture
def artifact(tmp_path: Path) -> Path:
    write_linear_artifact(tmp_path / "model", CONTRACT)
    return tmp_path / "model"


def context(
    folder: Path, *, champion: Champion | None = None, allow: Sequence[str] = ()
) -> StepContext[PipelineParameters]:
    workspace = Workspace(folder)
    tracker = FileTracker(workspace)
    tracker.open(run_name="run", parameters={}, tags={})
    step = Step(name="register", run="a.b:c")
    return StepContext(
        graph=StepGraph(name="numbers", reference="a.graph:GRAPH", steps=(step,)),
        step=step,
        parameters=PipelineParameters(),
        output=folder,
        settings=RunSettings(model_name="numbers", champion=champion, allow_code_formats=tuple(allow)),
        code_version="1",
        workspace=workspace,
        tracker=tracker,
    )


def test_a_whole_artifact_is_registered(artifact: Path, tmp_path: Path) -> None:
    assert context(tmp_path).register_model(artifact).version == "1"


@pytest.mark.parametrize("missing", ["serving.json", "golden.json"])
def test_an_artifact_without_contract_or_golden_rows_is_refused(missing: str, artifact: Path, tmp_path: Path) -> None:
    (artifact / missing).unlink()

    with pytest.raises(StepError, match=rf"{missing}: .*, fix: write the artifact with .*save_model"):
        context(tmp_path).register_model(artifact)
    assert not (tmp_path / "models").exists()


def test_golden_rows_that_the_model_does_not_repeat_are_refused(artifact: Path, tmp_path: Path) -> None:
    golden = json.loads((artifact / "golden.json").read_text())
    golden["outputs"]["y"][3] += 0.5
    (artifact / "golden.json").write_text(json.dumps(golden))

    with pytest.raises(StepError, match=r"golden row 3: got 1\.0, expected 1\.5.* it is not registered"):
        context(tmp_path).register_model(artifact)
    assert not (tmp_path / "models").exists()


def test_a_pickle_is_refused_unless_it_is_allowed_by_name(artifact: Path, tmp_path: Path) -> None:
    (artifact / "model.pkl").write_bytes(cloudpickle.dumps(lambda value: value + 1))

    with pytest.raises(
        StepError, match=r"model\.pkl: got a cloudpickle, which runs code .*pipeline\.allow_code_formats"
    ):
        context(tmp_path).register_model(artifact)
    with pytest.raises(StepError, match=r"model\.pkl: got a cloudpickle"):
        context(tmp_path, allow=["joblib", "pickle"]).register_model(artifact)
    assert context(tmp_path, allow=["cloudpickle"]).register_model(artifact).version == "1"


def test_an_import_that_no_model_needs_is_refused_also_where_pickles_are_allowed(artifact: Path) -> None:
    (artifact / "model.pkl").write_bytes(pickle.dumps(Planted()))

    with pytest.raises(StepError, match=r"model\.pkl: got a pickle that imports posix\.system"):
        check_artifact(artifact, ["pickle", "cloudpickle"])


def test_every_problem_is_told_at_once(artifact: Path) -> None:
    (artifact / "golden.json").unlink()
    (artifact / "a.pkl").write_bytes(pickle.dumps([]))
    (artifact / "b.7z").write_bytes(b"7z\xbc\xaf\x27\x1c")

    with pytest.raises(StepError, match=r"golden\.json: .*; a\.pkl: .*; b\.7z: got a 7z archive"):
        check_artifact(artifact)


def test_a_format_that_does_not_exist_cannot_be_allowed(artifact: Path) -> None:
    with pytest.raises(StepError, match="allow_code: got dill, expected some of pickle, cloudpickle, joblib"):
        check_artifact(artifact, ["dill"])


def test_other_classes_than_the_serving_versions_are_refused(tmp_path: Path) -> None:
    before = with_classes(tmp_path / "before", label("no", "yes"))

    check_classes(with_classes(tmp_path / "same", label("no", "yes")), before, "7")
    check_classes(with_classes(tmp_path / "other output", ModelOutput(name="y")), before, "7")
    check_classes(with_classes(tmp_path / "after", label("b")), tmp_path, "7")
    with pytest.raises(StepError, match="output 'label': got classes 'yes', 'no', expected those of version 7, which"):
        check_classes(with_classes(tmp_path / "changed", label("yes", "no")), before, "7")


def test_a_changed_order_of_classes_is_registered_once_it_is_said(
    artifact: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    champion = with_classes(tmp_path / "models" / "numbers" / "1" / "model", label("no", "yes"))
    (artifact / "serving.json").write_text(
        ServingContract(features=(Feature(name="x"),), outputs=(label("yes", "no"),)).to_json()
    )
    monkeypatch.setattr("mlops_runtime.packaging.registration.check_artifact", lambda *_: None)
    told = context(tmp_path, champion=Champion(version="1", digest=digest_directory(champion)))

    with pytest.raises(StepError, match=r"fix: train with the same labels, or say register_model\(…, classes_changed"):
        told.register_model(artifact)
    assert told.register_model(artifact, classes_changed=True).version == "2"
