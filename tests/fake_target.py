"""A target that holds what a test says, behind the protocol that the commands know."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from typer.testing import Result

from pulumi_mlops.cli.operations import Approval
from pulumi_mlops.cli.registered_version import RegisteredVersion, missing_version
from pulumi_mlops.cli.runs import Run, RunReference, Status
from pulumi_mlops.cli.stacks import Place
from pulumi_mlops.cli.workload_status import Health, Known, WorkloadStatus

DIGEST = "sha256:" + "c" * 64
DONE = Run("r1", Status.SUCCEEDED, model_version=3, model_digest="sha256:c")
UNKNOWN: Known[Any] = Known()
THREE = RegisteredVersion(3, DIGEST, "2026-01-02T03:04:05+00:00", "ada", "r1", metrics={"mae_minutes": 12.5})
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

    def status(self) -> WorkloadStatus:
        healthy = Known(Health("yes", is_healthy=True))
        return WorkloadStatus(self.place.stack, self.place.workload, UNKNOWN, UNKNOWN, UNKNOWN, healthy)

    def approve(self, version: int, *, rejects: bool, note: str | None) -> Approval:
        return Approval(version, "sha256:c", "Rejected" if rejects else "Approved", f"arn:{note}")

    def versions(self, most: int) -> list[RegisteredVersion]:
        return list(self._registered)[:most]

    def version(self, number: int) -> RegisteredVersion:
        for version in self._registered:
            if version.version == number:
                return version
        raise missing_version(self.place.workload, number, [version.version for version in self._registered])
