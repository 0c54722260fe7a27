"""A target that holds what a test says, behind the protocol that the commands know."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from typer.testing import Result

from pulumi_mlops.cli.interface import Column, Interface
from pulumi_mlops.cli.operations import Approval, PromptRefusedError
from pulumi_mlops.cli.past_run import LogPiece, PastRun, no_run
from pulumi_mlops.cli.registered_version import RegisteredVersion, missing_version
from pulumi_mlops.cli.runs import Run, RunReference, Status
from pulumi_mlops.cli.stacks import Place
from pulumi_mlops.cli.text_stream import Prompt
from pulumi_mlops.cli.workload_status import Health, Known, Version, WorkloadStatus
from pulumi_mlops.stack.document import StackDocument

DIGEST = "sha256:" + "c" * 64
DONE = Run("r1", Status.SUCCEEDED, model_version=3, model_digest="sha256:c")
UNKNOWN: Known[Any] = Known()
THREE = RegisteredVersion(3, DIGEST, "2026-01-02T03:04:05+00:00", "ada", "r1", metrics={"mae_minutes": 12.5})
PAST = PastRun(
    "r1",
    Status.SUCCEEDED,
    "2026-01-02T03:04:05+00:00",
    "2026-01-02T03:06:10+00:00",
    metrics={"a_first": 1.0, "mae_minutes": 12.5},
    version=3,
    digest=DIGEST,
    started_by="ada",
)
DELETED: list[int] = []
Mlops = Callable[..., Result]


class LostError(Exception):
    """The target does not answer."""


class Target:
    """A target that holds what a test says."""

    errors: ClassVar[tuple[type[Exception], ...]] = (LostError,)

    def __init__(
        self,
        place: Place,
        active: Sequence[str] = (),
        ending: Run | BaseException = DONE,
        registered: Sequence[RegisteredVersion] = (THREE,),
    ) -> None:
        self.place = place
        self._active, self._ending, self._registered = active, ending, registered

    def active_runs(self) -> list[RunReference]:
        return [RunReference(name, f"arn:{name}") for name in self._active]

    def start_run(self) -> RunReference:
        return RunReference("r1", "arn:r1")

    def active_batches(self) -> list[RunReference]:
        return self.active_runs()

    def start_batch(self, overrides: Mapping[str, str]) -> RunReference:
        name = "-".join(["b1", *overrides.values()])
        return RunReference(name, f"arn:{name}")

    def follow_run(self, run: RunReference, show: Callable[[Run], None]) -> Run:
        assert run.address == f"arn:{run.name}"
        if isinstance(self._ending, BaseException):
            raise self._ending
        show(self._ending)
        return self._ending

    def last_words(self, run: Run) -> str:
        return f"the log of {run.name}"

    def predictions(self, rows: Sequence[Any]) -> list[Any]:
        return [float(len(row)) for row in rows]

    def answer(self, prompt: Prompt) -> Iterator[str]:
        if prompt.is_chat:
            raise PromptRefusedError("got a prompt, expected rows")
        yield from (prompt.text, " and", " more")

    def status(self) -> WorkloadStatus:
        healthy = Known(Health("yes", is_healthy=True))
        return WorkloadStatus(self.place.stack, self.place.workload, UNKNOWN, UNKNOWN, UNKNOWN, healthy)

    def interface(self) -> Interface:
        vocabulary = tuple("abcdefghij")
        inputs = (Column("distance", "float32"), Column("carrier", "category", "", vocabulary))
        return Interface(inputs, (Column("delay", "number", "minutes"),))

    def may_share_registry(self, document: StackDocument) -> bool:
        return document.at("platform", "target") == self.place.config.platform.target.value

    def delete_version(self, number: int) -> None:
        DELETED.append(number)

    def serving(self) -> Known[Version]:
        return Known(Version(3, DIGEST))

    def past_runs(self, most: int) -> list[PastRun]:
        return [PAST, replace(PAST, run="r0", status=Status.FAILED, message="train: no data", version=None)][:most]

    def log(self, run: str | None, step: str | None, *, follow: bool) -> tuple[str, Iterator[LogPiece]]:
        pieces = [LogPiece("load", "one\n"), LogPiece("load", "two"), LogPiece("train", f"followed {follow}\n")]
        if run not in (None, "r1"):
            raise no_run("p", run, ["r1"])
        return "r1", iter([piece for piece in pieces if step in (None, piece.step)])

    def approve(self, version: int, *, rejects: bool, note: str | None) -> Approval:
        return Approval(version, "sha256:c", "Rejected" if rejects else "Approved", f"arn:{note}")

    def versions(self, most: int) -> list[RegisteredVersion]:
        return list(self._registered)[:most]

    def version(self, number: int) -> RegisteredVersion:
        for version in self._registered:
            if version.version == number:
                return version
        raise missing_version(self.place.workload, number, [version.version for version in self._registered])
