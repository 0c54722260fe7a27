"""What the deciding step hands on of a language model: the archive, and its golden prompts beside."""

from pathlib import Path

from mlops_runtime.artifact import digest_directory
from mlops_runtime.language_model import Choice, language_model_graph
from mlops_runtime.language_model.vllm_packaging import save_vllm_model
from mlops_runtime.record import StepRecord
from mlops_runtime.sagemaker.candidate import hand_on_model
from mlops_runtime.sagemaker.composition import MODEL_DIGEST_NOTE
from mlops_runtime.sagemaker.folders import Folders
from mlops_runtime.workspace import Workspace
from tests.unit.pipelines.language_model.conftest import PROMPTS
from tests.unit.pipelines.language_model.engines import standing_in, write_weights

CHOICE = Choice(weights="own:weights", source="a test", questions="own:questions", prompts=PROMPTS)
GRAPH = language_model_graph(name="poet", reference="own:GRAPH", choice=CHOICE)


def test_golden_prompts_lie_beside_the_archive_of_a_language_model(tmp_path: Path) -> None:
    workspace, folders = Workspace(tmp_path / "workspace"), Folders(tmp_path / "opt")
    artifact = workspace.output("package") / "model"
    with standing_in() as engine:
        weights = write_weights(tmp_path / "weights")
        save_vllm_model(weights, artifact, PROMPTS, address=engine.address, name="poet", context_tokens=128)
    digest = digest_directory(artifact)
    workspace.write_note(MODEL_DIGEST_NOTE, digest)
    archive = folders.processing_inputs / "package" / "model.tar.gz"
    archive.parent.mkdir(parents=True)
    archive.write_bytes(b"packed")
    record = StepRecord(step="evaluate", status="succeeded", message="", started=0, seconds=0)
    folder = hand_on_model(GRAPH, record, workspace, folders, ())
    assert folder == digest.removeprefix("sha256:")
    handed_on = {path.name: path.read_bytes() for path in (folders.processing_model / folder).iterdir()}
    golden = (artifact / "golden_prompts.json").read_bytes()
    assert handed_on == {"model.tar.gz": b"packed", "golden_prompts.json": golden}
