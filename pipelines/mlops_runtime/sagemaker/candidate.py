"""The model that a run registers, handed on by the step that decides, under a key that follows from its digest.

A training job puts its model under the job's own name, before anybody knows the digest. The step that decides has seen
the bytes: it lays their archive into an output of its own, which SageMaker puts below the registry's models. So a
version's location follows from its digest, and the container needs no rights and no network for it.
"""

import shutil
from collections.abc import Iterable

from mlops_runtime.artifact import DIGEST_PREFIX
from mlops_runtime.graph import StepGraph
from mlops_runtime.language_model.golden import GOLDEN_FILE_NAME
from mlops_runtime.record import StepRecord
from mlops_runtime.sagemaker.composition import model_digest
from mlops_runtime.sagemaker.folders import MODEL_ARCHIVE, Folders
from mlops_runtime.sagemaker.verdict import deciding_step
from mlops_runtime.serving.contract import LANGUAGE_MODEL, runtime_of
from mlops_runtime.workspace import Workspace, WorkspaceError

NO_FOLDER = "none"


def hand_on_model(
    graph: StepGraph, record: StepRecord, workspace: Workspace, folders: Folders, allow_code: Iterable[str]
) -> str:
    """Lays the archive of an accepted model where SageMaker takes it from; nothing where the step decides nothing.

    Returns:
        The folder that it is in, which is named after its digest; `none` where there is nothing to register.

    Raises:
        StepError: The model is no artifact that may be registered: `check_artifact` says why.
        WorkspaceError: The step decides about a model whose archive it was not given.
    """
    decides, training = deciding_step(graph), graph.training_step
    registers = any(step.registers_model for step in graph.steps)
    if not registers or training is None or decides is None or decides.name != record.step:
        return NO_FOLDER
    if record.status != "succeeded":
        return NO_FOLDER
    archive = folders.processing_inputs / training.name / MODEL_ARCHIVE
    digest = model_digest(workspace)
    if digest is None or not archive.is_file():
        raise WorkspaceError(
            f"{archive}: got no file, expected the archive of the model that step {record.step} decides about,"
            f" fix: give the job the output of step {training.name} as an input"
        )
    # A RegisterModel step runs no code, so what registration asks of an artifact is asked here.
    # It loads what a server does, which most steps have no use for.
    from mlops_runtime.packaging.registration import check_artifact  # noqa: PLC0415

    artifact = workspace.output(training.name) / training.model_output
    check_artifact(artifact, allow_code)
    folder = digest.removeprefix(DIGEST_PREFIX)
    destination = folders.processing_model / folder / MODEL_ARCHIVE
    destination.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(archive, destination)
    if runtime_of(artifact) == LANGUAGE_MODEL:
        # Whoever asks an endpoint of AWS's container reads them here: nothing in it proves itself.
        shutil.copyfile(artifact / GOLDEN_FILE_NAME, destination.with_name(GOLDEN_FILE_NAME))
    return folder
