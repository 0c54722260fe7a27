"""What a step function is given."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Generic, TypeVar

from mlops_runtime.artifact import digest_directory
from mlops_runtime.errors import StepError
from mlops_runtime.gate import Gate
from mlops_runtime.graph import StepGraph
from mlops_runtime.parameters import PipelineParameters
from mlops_runtime.record import Dataset, RegisteredModel
from mlops_runtime.settings import Champion, RunSettings
from mlops_runtime.step import Step
from mlops_runtime.tracking import (
    CODE_VERSION_TAG,
    DATA_DIGEST_TAG,
    DIGEST_TAG,
    ENVIRONMENT_TAG,
    IMAGE_TAG,
    Tracker,
    data_digest,
)
from mlops_runtime.workspace import Workspace, WorkspaceError

Parameters = TypeVar("Parameters", bound=PipelineParameters)


@dataclass
class StepContext(Generic[Parameters]):
    """One step's view of its run.

    Attributes:
        step: The step.
        graph: The graph that it is a step of.
        parameters: The run's parameters, checked and complete.
        output: An empty folder for what the step hands on.
        settings: What the run was given from outside.
        code_version: Identity of the code that runs.
        metrics: What the step has recorded so far.
        datasets: What the step has read from outside the run so far.
        rejection: Why the step turns the model down, if it does.
        message: One line on what the step did; it may set it.
        model: What it registered.
    """

    step: Step
    graph: StepGraph
    parameters: Parameters
    output: Path
    settings: RunSettings
    code_version: str
    workspace: Workspace
    tracker: Tracker
    metrics: dict[str, float] = field(default_factory=dict)
    datasets: list[Dataset] = field(default_factory=list)
    rejection: str | None = None
    message: str = ""
    model: RegisteredModel | None = None

    @property
    def gate(self) -> Gate | None:
        """What the model must reach; the runner holds it against the gate step's metrics."""
        return self.settings.gate

    @property
    def champion(self) -> Champion | None:
        """The version that serves now."""
        return self.settings.champion

    def input(self, step: str) -> Path:
        """The output folder of a step that this one comes after. It is there to read, not to change.

        Raises:
            WorkspaceError: This step does not come after that one.
        """
        if step not in self.step.after:
            raise WorkspaceError(
                f"step {self.step.name}: got after {', '.join(self.step.after) or 'no step'}, expected {step!r} too,"
                " whose output it reads, fix: name it in the step's `after`"
            )
        return self.workspace.output(step)

    def log_metrics(self, metrics: Mapping[str, float]) -> None:
        """Records measured numbers with the run, at once."""
        values = {name: float(value) for name, value in metrics.items()}
        self.metrics.update(values)
        self.tracker.log_metrics(values)

    def log_dataset(self, dataset: Dataset) -> None:
        """Records data that the step read from outside; its digest goes into the model's `mlops.data_digest`."""
        self.datasets.append(dataset)
        self.tracker.log_dataset(dataset, self.step.name)

    def log_artifact(self, path: Path) -> None:
        """Records a file or a folder with the run, under the step's name."""
        self.tracker.log_artifact(path, self.step.name)

    def set_tags(self, tags: Mapping[str, str]) -> None:
        """Records texts with the run."""
        self.tracker.set_tags(tags)

    def reject(self, reason: str) -> None:
        """Turns the model down: the run ends well, and the steps after this one are skipped and say why."""
        self.rejection = reason

    def fetch_champion(self, destination: Path) -> Path:
        """Downloads the version that serves now.

        Returns:
            The folder with the artifact's files, of the digest that is pinned.

        Raises:
            StepError: None serves.
            TrackingError: It is not in the registry, or of another digest.
        """
        if self.champion is None:
            raise StepError("got no champion, expected a serving version to compare with")
        return self.tracker.fetch(self.settings.model_name, self.champion.version, self.champion.digest, destination)

    @property
    def allow_code_formats(self) -> tuple[str, ...]:
        """The formats that the stack lets run code when they are loaded; what `save_model` takes as `allow_code`."""
        return self.settings.allow_code_formats

    def register_model(self, directory: Path, *, classes_changed: bool = False) -> RegisteredModel:
        """Registers a model with where it comes from, and verifies what the registry stores.

        Args:
            directory: The artifact: an MLflow model folder.
            classes_changed: Say that the model has other classes than the version that serves, or has them in another
                order, and that whoever reads its answers knows. Defaults to False: such a model is refused.

        Raises:
            StepError: The artifact has no contract or no golden rows, does not repeat them, holds a file of a format
                that runs code and is not allowed, or has other classes than the champion. No version is made then.
            TrackingError: The registry cannot be reached, or stores something else. No version is made then.
        """
        # What it stands on takes a second to load, and a graph alone has no use for it.
        from mlops_runtime.packaging.registration import check_artifact, check_classes  # noqa: PLC0415

        check_artifact(directory, self.allow_code_formats)
        if self.champion is not None and not classes_changed:
            with TemporaryDirectory(prefix="champion-") as temporary:
                check_classes(directory, self.fetch_champion(Path(temporary)), self.champion.version)
        records = [self.workspace.record(name) for name in self.workspace.recorded_steps()]
        datasets = [*self.datasets, *(dataset for record in records if record for dataset in record.datasets)]
        tags = {
            DIGEST_TAG: digest_directory(directory),
            CODE_VERSION_TAG: self.code_version,
            IMAGE_TAG: self.settings.image or "none",
            DATA_DIGEST_TAG: data_digest(datasets) or "none",
            ENVIRONMENT_TAG: self.settings.environment,
        }
        self.model = self.tracker.register(directory, self.settings.model_name, tags)
        self.message = f"registered {self.model.name} version {self.model.version}, {self.model.digest}"
        return self.model
