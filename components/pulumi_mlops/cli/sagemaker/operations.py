"""What the commands do with a workload on SageMaker."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, ClassVar

from pulumi_mlops._shared.aws.client import AwsError
from pulumi_mlops._shared.names import BATCH_INPUT_PARAMETER, BATCH_OUTPUT_PARAMETER, on_aws
from pulumi_mlops.cli.operations import Approval
from pulumi_mlops.cli.runs import Run, RunReference
from pulumi_mlops.cli.sagemaker import approve, executions, predict, status, train
from pulumi_mlops.cli.sagemaker.names import Names, names_of
from pulumi_mlops.cli.sagemaker.run_documents import identity_of
from pulumi_mlops.cli.stacks import Place
from pulumi_mlops.cli.workload_status import WorkloadStatus


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

    def active_batches(self) -> list[RunReference]:
        """Return the executions of its batch that have not ended, the oldest first."""
        return [RunReference(identity_of(arn), arn) for arn in executions.active(self._batch)]

    def start_batch(self, overrides: Mapping[str, str]) -> RunReference:
        """Start an execution of its batch."""
        parameters = {"input": BATCH_INPUT_PARAMETER, "output": BATCH_OUTPUT_PARAMETER}
        arn = executions.start(self._batch, {parameters[key]: place for key, place in overrides.items()})
        return RunReference(identity_of(arn), arn)

    @property
    def _batch(self) -> Names:
        """Return the names, with the batch's pipeline in the place of the one that trains."""
        return replace(self._names, pipeline=on_aws(self.place.namespace, self.place.batch))

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

    def approve(self, version: int, *, rejects: bool, note: str | None) -> Approval:
        """Set the approval status of a model package, with who did so and why."""
        return approve.approve(self._names, version, rejects=rejects, note=note)
