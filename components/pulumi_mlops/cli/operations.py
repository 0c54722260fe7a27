"""What the commands do with a workload where it runs: one protocol, which each target's folder implements."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Protocol, Self

from pulumi_mlops.cli.interface import Interface
from pulumi_mlops.cli.past_run import LogPiece, PastRun
from pulumi_mlops.cli.registered_version import RegisteredVersion
from pulumi_mlops.cli.runs import Run, RunReference
from pulumi_mlops.cli.stacks import Place
from pulumi_mlops.cli.text_stream import Prompt
from pulumi_mlops.cli.workload_status import Known, Version, WorkloadStatus
from pulumi_mlops.stack.document import StackDocument


class RunRefusedError(RuntimeError):
    """A run cannot be started, or followed, as things stand."""

    @classmethod
    def beside(cls, place: Place, active: str) -> Self:
        """Return that another run is active; two would contend for the same model."""
        return cls(
            f"{place.workload} in {place.stack}: got the active run {active}, expected none, "
            "fix: wait for its end, which --attach shows"
        )


class PromptRefusedError(RuntimeError):
    """An endpoint is asked as a language model's, and its target has no such one."""


class ApprovalRefusedError(RuntimeError):
    """A version cannot be approved as things stand."""


@dataclass(frozen=True)
class Approval:
    """What was decided on a registered version."""

    version: int
    digest: str
    status: str
    """What the target calls the decision."""
    arn: str

    def to_document(self) -> dict[str, Any]:
        """Return the decision as plain data, for `--json`."""
        return asdict(self)


class Operations(Protocol):
    """One workload on its target. What it needs there is imported and connected to when it is first asked."""

    errors: ClassVar[tuple[type[Exception], ...]]
    """What every method may raise when the target refuses or does not answer."""

    @property
    def place(self) -> Place:
        """The workload."""

    def active_runs(self) -> list[RunReference]:
        """Return the runs of its pipeline that have not ended, the oldest first."""

    def start_run(self) -> RunReference:
        """Start a run of its pipeline.

        Raises:
            RunRefusedError: When another was started at the same moment.
        """

    def active_batches(self) -> list[RunReference]:
        """Return the runs of its batch that have not ended, the oldest first."""

    def start_batch(self, overrides: Mapping[str, str]) -> RunReference:
        """Start a run of its batch.

        Args:
            overrides: `input` and `output`, where they are to be others than the stack file's.

        Raises:
            RunRefusedError: When another was started at the same moment.
        """

    def follow_run(self, run: RunReference, show: Callable[[Run], None]) -> Run:
        """Look at a run until it ends, show each state, and return the last."""

    def last_words(self, run: Run) -> str:
        """Return the end of what a failed run wrote; empty where its steps have said it."""

    def predictions(self, rows: Sequence[Any]) -> list[Any]:
        """Send rows to its endpoint and return a prediction for each.

        Raises:
            ValueError: When it answers in another form.
        """

    def answer(self, prompt: Prompt) -> Iterator[str]:
        """Ask its endpoint as a language model's, and yield the answer's text as it comes.

        Raises:
            PromptRefusedError: Where the target has no language models.
            ValueError: When it answers in another form, or breaks off.
        """

    def interface(self) -> Interface:
        """Return what its endpoint takes and gives.

        Raises:
            ValueError: When that is told in another form.
        """

    def status(self) -> WorkloadStatus:
        """Ask how it stands. Whatever gives no answer becomes the problem of its own cell; nothing is raised."""

    def versions(self, most: int) -> list[RegisteredVersion]:
        """Return the registered versions of its model with what their runs measured, the newest first.

        Args:
            most: How many at most.
        """

    def version(self, number: int) -> RegisteredVersion:
        """Return one registered version of its model.

        Raises:
            VersionRefusedError: When there is none of that number.
        """

    def may_share_registry(self, document: StackDocument) -> bool:
        """Tell whether another stack, as its file was read, may register in or serve from the same registry."""

    def delete_version(self, number: int) -> None:
        """Delete a registered version. What it was made of stays.

        Raises:
            VersionRefusedError: Where the target deletes none.
        """

    def serving(self) -> Known[Version]:
        """Ask which version serves. No answer becomes the problem; nothing is raised."""

    def past_runs(self, most: int) -> list[PastRun]:
        """Return the runs of its pipeline with what they measured and registered, the newest first.

        Args:
            most: How many at most.
        """

    def log(self, run: str | None, step: str | None, *, follow: bool) -> tuple[str, Iterator[LogPiece]]:
        """Return which run it is, and what its steps have written, in their order.

        Args:
            run: The run's name. Defaults to the newest run.
            step: The only step that is wanted. Defaults to all.
            follow: Whether to go on until the run ends.

        Raises:
            NoLogError: When there is no such run or step, or its log is gone.
        """

    def approve(self, version: int, *, rejects: bool, note: str | None) -> Approval:
        """Approve or reject a registered version.

        Raises:
            ApprovalRefusedError: Where the target has no approval.
        """
