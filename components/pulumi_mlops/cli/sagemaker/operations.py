"""What the commands do with a workload on SageMaker."""

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any, ClassVar

from pulumi_mlops._shared.aws import client as aws
from pulumi_mlops._shared.aws.client import AwsError, MissingError
from pulumi_mlops.cli.operations import Approval
from pulumi_mlops.cli.past_run import LogPiece, PastRun
from pulumi_mlops.cli.registered_version import RegisteredVersion, missing_version
from pulumi_mlops.cli.runs import Run, RunReference
from pulumi_mlops.cli.sagemaker import approve, executions, logs, packages, past_runs, predict, status, train
from pulumi_mlops.cli.sagemaker.names import Names, names_of
from pulumi_mlops.cli.sagemaker.run_documents import identity_of
from pulumi_mlops.cli.stacks import Place
from pulumi_mlops.cli.workload_status import Known, Version, WorkloadStatus


class SageMakerOperations:
    """One workload on SageMaker; see `pulumi_mlops.cli.operations.Operations`."""

    errors: ClassVar[tuple[type[Exception], ...]] = (AwsError,)

    def __init__(self, place: Place) -> None:
        self.place = place

    @cached_property
    def _names(self) -> Names:
        return names_of(self.place)

    def active_runs(self) -> list[RunReference]:
        """Return the executions of its pipeline that have not ended, the oldest first."""
        return [RunReference(identity_of(arn), arn) for arn in executions.active(self._names)]

    def start_run(self) -> RunReference:
        """Start an execution of its pipeline."""
        arn = executions.start(self._names)
        return RunReference(identity_of(arn), arn)

    def follow_run(self, run: RunReference, show: Callable[[Run], None]) -> Run:
        """Look at an execution and its steps until it ends."""
        return train.follow_run(self._names, run.address, show)

    def last_words(self, run: Run) -> str:  # noqa: ARG002 - whatever run it is
        """Return nothing: SageMaker tells the reason of a failed step with the step."""
        return ""

    def predictions(self, rows: Sequence[Any]) -> list[Any]:
        """Send rows to the endpoint, or lay them where an asynchronous one reads them."""
        return predict.predictions(self.place, rows)

    def status(self) -> WorkloadStatus:
        """Ask AWS."""
        return status.workload_status(self.place)

    def versions(self, most: int) -> list[RegisteredVersion]:
        """Ask SageMaker for the model packages, and S3 for what their runs measured."""
        return packages.registered(self._names, most)

    def version(self, number: int) -> RegisteredVersion:
        """Ask SageMaker for one model package, and S3 for what its run measured."""
        try:
            package = packages.version(self._names, number)
        except MissingError as error:
            known = [int(listed.version) for listed in packages.listed(self._names)]
            raise missing_version(self.place.workload, number, known) from error
        return packages.registered_version(aws.client("s3", self._names.region), package)

    def serving(self) -> Known[Version]:
        """Ask for the endpoint and what its configuration has."""
        return status.serving_version(self.place)

    def past_runs(self, most: int) -> list[PastRun]:
        """Ask SageMaker for the executions, and S3 for what their steps measured."""
        return past_runs.past_runs(self._names, most)

    def log(self, run: str | None, step: str | None, *, follow: bool) -> tuple[str, Iterator[LogPiece]]:
        """Read what an execution's jobs have written to CloudWatch Logs."""
        return logs.log(self._names, run, step, follow=follow)

    def approve(self, version: int, *, rejects: bool, note: str | None) -> Approval:
        """Set the approval status of a model package, with who did so and why."""
        return approve.approve(self._names, version, rejects=rejects, note=note)
