"""What the commands do with a workload on SageMaker."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, ClassVar

from pulumi_mlops._shared.aws import client as aws
from pulumi_mlops._shared.aws import model_packages
from pulumi_mlops._shared.aws.client import AwsError, MissingError
from pulumi_mlops._shared.names import BATCH_INPUT_PARAMETER, BATCH_OUTPUT_PARAMETER, on_aws
from pulumi_mlops.cli.interface import Interface
from pulumi_mlops.cli.operations import Approval, PromptRefusedError
from pulumi_mlops.cli.past_run import LogPiece, PastRun
from pulumi_mlops.cli.registered_version import RegisteredVersion, missing_version
from pulumi_mlops.cli.runs import Run, RunReference
from pulumi_mlops.cli.sagemaker import approve, executions, logs, packages, past_runs, predict, status, train
from pulumi_mlops.cli.sagemaker.interface import interface_of
from pulumi_mlops.cli.sagemaker.names import Names, names_of, registry_of
from pulumi_mlops.cli.sagemaker.run_documents import identity_of
from pulumi_mlops.cli.stacks import Place
from pulumi_mlops.cli.text_stream import Prompt
from pulumi_mlops.cli.workload_status import Known, Version, WorkloadStatus
from pulumi_mlops.stack import Target
from pulumi_mlops.stack.document import StackDocument


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

    def answer(self, prompt: Prompt) -> Iterator[str]:  # noqa: ARG002 - whatever it is
        """Refuse: no endpoint on SageMaker answers with a stream of text."""
        raise PromptRefusedError(
            f"{self.place.workload} in {self.place.stack}: got a prompt, expected rows: an endpoint on SageMaker"
            " answers whole requests, fix: ask with --rows"
        )

    def interface(self) -> Interface:
        """Read the contract of the version that serves, in its archive."""
        serving = self.serving()
        if serving.value is None:
            none = (
                f"endpoint {self._names.endpoint}: got none, expected one in service, fix: pin a version and deploy it"
            )
            raise AwsError(serving.problem or none)
        return interface_of(self._names, packages.version(self._names, serving.value.number))

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
            raise missing_version(self.place.model, number, known) from error
        return packages.registered_version(aws.client("s3", self._names.region), package)

    def may_share_registry(self, document: StackDocument) -> bool:
        """Tell whether another stack has its versions in the same group, or may have."""
        if document.at("platform", "target") != Target.SAGEMAKER.value:
            return False
        owner = [document.at("platform", "registry", key) for key in ("account_id", "namespace")]
        if owner[0] is None:
            owner = [document.at("platform", "sagemaker", "account_id"), document.at("platform", "namespace")]
        ours = registry_of(self.place)
        region = document.at("platform", "sagemaker", "region")
        return all(got is None or str(got) == own for got, own in zip([*owner, region], ours, strict=True))

    def delete_version(self, number: int) -> None:
        """Delete a model package. Its archive stays: another version may have the same."""
        package = packages.version(self._names, number)
        model_packages.delete(aws.client("sagemaker", self._names.region), package.arn)

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
