"""One job's workspace, put together from what the jobs before it handed on.

On Kubernetes the steps of a run share one workspace. A job on SageMaker has a folder for each step that it comes after:
the output folder of a processing job, with that step's output and the run's notes so far, or a training job's
`model.tar.gz`. Here they become the workspace that the runner knows.
"""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mlops_runtime.artifact import ArtifactError, digest_directory
from mlops_runtime.file_tracking import NOTE as RUN_NOTE
from mlops_runtime.graph import StepGraph
from mlops_runtime.record import StepRecord
from mlops_runtime.sagemaker.archive import unpack_model
from mlops_runtime.sagemaker.folders import MODEL_ARCHIVE
from mlops_runtime.step import Step
from mlops_runtime.workspace import Workspace, WorkspaceError

MODEL_DIGEST_NOTE = "model_digest"
RUN_NOTE_PARTS = ("tags", "metrics", "datasets")


@contextmanager
def composed(graph: StepGraph, step: Step, inputs: Path, root: Path) -> Iterator[Workspace]:
    """Make the workspace of one step; in the end only its own output and the run's notes remain there.

    Outputs of other steps are linked and not copied.

    Args:
        graph: The graph.
        step: The step that is to run.
        inputs: Holds a folder for each step that handed something on. Those in the step's `after` must be there.
        root: Where the workspace is to be.

    Raises:
        WorkspaceError: An input is not there, or not as its step left it: every one that is not, in one message.
    """
    workspace = Workspace(root)
    workspace.forget_run()
    ancestors = [each for each in graph.ordered_steps if each.name in graph.ancestors(step.name)]
    present = [each for each in ancestors if each.name in step.after or (inputs / each.name).is_dir()]
    problems: list[str] = []
    try:
        for ancestor in present:
            try:
                _take(ancestor, inputs / ancestor.name, workspace)
            except (ArtifactError, WorkspaceError) as error:
                problems.append(str(error))
        if problems:
            raise WorkspaceError("; ".join(problems))
        yield workspace
    finally:
        for ancestor in present:
            _give_back(workspace.output(ancestor.name))


def model_digest(workspace: Workspace) -> str | None:
    """Digest of the artifact that the run has trained; None before."""
    return workspace.note(MODEL_DIGEST_NOTE)


def _take(step: Step, folder: Path, workspace: Workspace) -> None:
    if step.model_output:
        _take_model(step, folder, workspace)
        return
    _take_notes(folder / "run", workspace)
    record = workspace.record(step.name)
    if record is None:
        found = ", ".join(sorted(path.name for path in folder.iterdir())) if folder.is_dir() else "no such folder"
        raise WorkspaceError(f"{folder}: got {found or 'an empty folder'}, expected the output of step {step.name}")
    handed_on = folder / "outputs" / step.name
    output = workspace.output(step.name)
    _give_back(output)
    output.parent.mkdir(exist_ok=True)
    if handed_on.is_dir():
        output.symlink_to(handed_on.absolute(), target_is_directory=True)
    else:
        # A bucket keeps no empty folder.
        output.mkdir()
    digest = digest_directory(output) if any(output.iterdir()) else None
    if digest != record.output_digest:
        raise WorkspaceError(
            f"{handed_on}: got {digest or 'no file'}, expected the output of step {step.name},"
            f" {record.output_digest or 'no file'}, fix: run the step again"
        )


def _take_model(step: Step, folder: Path, workspace: Workspace) -> None:
    """Unpacks what a training job handed on, and notes the step as the runner would have."""
    output = workspace.output(step.name)
    _give_back(output)
    unpack_model(folder / MODEL_ARCHIVE, output / step.model_output)
    digest = digest_directory(output / step.model_output)
    workspace.write_note(MODEL_DIGEST_NOTE, digest)
    workspace.write_record(
        StepRecord(
            step=step.name,
            status="succeeded",
            message=f"trained by a job of its own: {digest}",
            output_digest=digest_directory(output),
        )
    )


def _take_notes(folder: Path, workspace: Workspace) -> None:
    """Add notes to those that are there. What stands already comes from nearer to its source, and stays."""
    for path in sorted(folder.glob("steps/*.json")):
        if workspace.note(f"steps/{path.name}") is None:
            workspace.write_note(f"steps/{path.name}", path.read_text(encoding="utf-8"))
    if workspace.note(MODEL_DIGEST_NOTE) is None and (folder / MODEL_DIGEST_NOTE).exists():
        workspace.write_note(MODEL_DIGEST_NOTE, (folder / MODEL_DIGEST_NOTE).read_text(encoding="utf-8"))
    if (folder / RUN_NOTE).exists():
        _take_run_note(folder / RUN_NOTE, workspace)


def _take_run_note(path: Path, workspace: Workspace) -> None:
    try:
        taken = json.loads(path.read_text(encoding="utf-8"))
        note = json.loads(workspace.note(RUN_NOTE) or "null") or taken
        for part in RUN_NOTE_PARTS:
            note[part] = {**note[part], **taken[part]}
    except (ValueError, KeyError, TypeError) as error:
        raise WorkspaceError(f"{path}: got {error!r}, expected the note of a run, fix: run the step again") from error
    workspace.write_note(RUN_NOTE, json.dumps(note, indent=2, sort_keys=True) + "\n")


def _give_back(output: Path) -> None:
    if output.is_symlink():
        output.unlink()
    else:
        shutil.rmtree(output, ignore_errors=True)
