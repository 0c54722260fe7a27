"""The folder that the steps of one run share."""

import os
import shutil
from pathlib import Path

from pydantic import ValidationError

from mlops_runtime.errors import PipelineError
from mlops_runtime.record import StepRecord


class WorkspaceError(PipelineError):
    """The workspace lacks what a step needs, or cannot be written."""


class Workspace:
    """`outputs/<step>` holds what each step made, `run/` what the runner notes between steps.

    A step fills a folder of its own that gets its final name only when the step has succeeded, so that no later step
    ever reads half an output.

    Args:
        root: The folder; it is made where it is not there.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()
        self.run_folder = self.root / "run"
        try:
            self.run_folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise WorkspaceError(f"workspace {root}: got {error}, expected a folder that can be written") from error

    def forget_run(self) -> None:
        """Clear away the notes of an earlier run, so that a new one begins; outputs go as their steps begin."""
        shutil.rmtree(self.run_folder)
        self.run_folder.mkdir()

    def output(self, step: str) -> Path:
        """Where a step's finished output is."""
        return self.root / "outputs" / step

    def begin(self, step: str) -> Path:
        """Clear away what an earlier try of the step left, and give it an empty folder to fill."""
        (self._record_path(step)).unlink(missing_ok=True)
        shutil.rmtree(self.output(step), ignore_errors=True)
        partial = self._partial(step)
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        return partial

    def commit(self, step: str) -> Path:
        """Give a step's folder its final name."""
        return self._partial(step).rename(self.output(step))

    def abandon(self, step: str) -> None:
        """Remove what a step that did not succeed has left."""
        shutil.rmtree(self._partial(step), ignore_errors=True)

    def write_record(self, record: StepRecord) -> None:
        """Note how a step ended."""
        self.write_note(f"steps/{record.step}.json", record.model_dump_json(indent=2))

    def record(self, step: str) -> StepRecord | None:
        """How a step ended; None when it has not run here."""
        path = self._record_path(step)
        if not path.exists():
            return None
        try:
            return StepRecord.model_validate_json(path.read_text(encoding="utf-8"))
        except ValidationError as error:
            raise WorkspaceError(f"{path}: got {error}, expected a step's record, fix: run the step again") from error

    def recorded_steps(self) -> list[str]:
        """Names of the steps that have run here."""
        return sorted(path.stem for path in (self.run_folder / "steps").glob("*.json"))

    def write_note(self, name: str, text: str) -> None:
        """Write a file of `run/`, whole or not at all."""
        path = self.run_folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.{os.getpid()}")
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)

    def note(self, name: str) -> str | None:
        """Read a file of `run/`; None when it is not there."""
        path = self.run_folder / name
        return path.read_text(encoding="utf-8") if path.exists() else None

    def _partial(self, step: str) -> Path:
        return self.root / "outputs" / f".{step}.partial"

    def _record_path(self, step: str) -> Path:
        return self.run_folder / "steps" / f"{step}.json"
