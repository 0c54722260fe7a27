"""What the commands do with a workload on Kubernetes."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any, ClassVar

from pulumi_mlops._shared import names
from pulumi_mlops.cli.endpoint_key import FIX, key_headers
from pulumi_mlops.cli.interface import Interface, of_metadata
from pulumi_mlops.cli.kubernetes import batch, jobs, logs, past_runs, train
from pulumi_mlops.cli.kubernetes.cluster import Cluster, cluster_of
from pulumi_mlops.cli.kubernetes.errors import ClusterError, UnauthorizedError
from pulumi_mlops.cli.kubernetes.registry import Registry
from pulumi_mlops.cli.kubernetes.services import ServiceAddress
from pulumi_mlops.cli.kubernetes.status import serving_version, workload_status
from pulumi_mlops.cli.operations import Approval, ApprovalRefusedError
from pulumi_mlops.cli.past_run import LogPiece, PastRun
from pulumi_mlops.cli.registered_version import RegisteredVersion, VersionRefusedError, missing_version
from pulumi_mlops.cli.runs import Run, RunReference
from pulumi_mlops.cli.stacks import Place, longest_answer_seconds
from pulumi_mlops.cli.text_stream import Prompt, pieces_of
from pulumi_mlops.cli.workload_status import Known, Version, WorkloadStatus
from pulumi_mlops.stack import StackConfig, Target
from pulumi_mlops.stack.document import StackDocument


class KubernetesOperations:
    """One workload on Kubernetes; see `pulumi_mlops.cli.operations.Operations`."""

    errors: ClassVar[tuple[type[Exception], ...]] = (ClusterError,)

    def __init__(self, place: Place, connect: Callable[[StackConfig], Cluster] = cluster_of) -> None:
        self.place = place
        self._connect = connect

    @cached_property
    def _cluster(self) -> Cluster:
        return self._connect(self.place.config)

    @cached_property
    def _registry(self) -> Registry:
        return Registry(self._cluster, self.place.config)

    def active_runs(self) -> list[RunReference]:
        """Return the Jobs of its pipeline that have not ended, the oldest first."""
        return [RunReference(name, name) for name in jobs.active(self._cluster, self.place, self.place.pipeline_labels)]

    def start_run(self) -> RunReference:
        """Start a Job of its pipeline."""
        name = train.start(self._cluster, self.place)
        return RunReference(name, name)

    def active_batches(self) -> list[RunReference]:
        """Return the Jobs of its batch that have not ended, the oldest first."""
        return [RunReference(name, name) for name in jobs.active(self._cluster, self.place, self.place.batch_labels)]

    def start_batch(self, overrides: Mapping[str, str]) -> RunReference:
        """Start a Job of its batch."""
        name = batch.start(self._cluster, self.place, overrides)
        return RunReference(name, name)

    def follow_run(self, run: RunReference, show: Callable[[Run], None]) -> Run:
        """Look at a Job and its pod until it ends."""
        return train.follow_run(lambda: train.read_run(self._cluster, self.place, run.address), show)

    def last_words(self, run: Run) -> str:
        """Return the end of the log of the step that failed."""
        return train.last_words(self._cluster, self.place, run)

    def predictions(self, rows: Sequence[Any]) -> list[Any]:
        """Send rows to the endpoint's Service, by way of the cluster's API server."""
        workload = self.place.workload
        answer = self._asked(
            f"/v1/models/{self.place.model}:predict",
            {"instances": list(rows)},
            answer_seconds=longest_answer_seconds(self.place.config.workloads[workload].endpoint),
        )
        predictions = answer.get("predictions") if isinstance(answer, dict) else None
        if not isinstance(predictions, list) or len(predictions) != len(rows):
            raise ClusterError(
                f"{workload} in {self.place.stack}: got {str(answer)[:200]}, expected {len(rows)} predictions,"
                " fix: see its log"
            )
        return predictions

    def answer(self, prompt: Prompt) -> Iterator[str]:
        """Ask the endpoint's Service, by way of the cluster's API server."""
        workload = self.place.workload
        service = ServiceAddress(self.place.namespace, workload, names.ENDPOINT_PORT)
        seconds = longest_answer_seconds(self.place.config.workloads[workload].endpoint)
        document = prompt.to_document(self.place.model)
        lines = self._cluster.lines(
            service, prompt.path, document, answer_seconds=seconds, headers=key_headers() or None
        )
        with _told_of_keys():
            yield from pieces_of(lines)

    def interface(self) -> Interface:
        """Ask the endpoint for its metadata, by the Open Inference Protocol."""
        return of_metadata(self._asked(f"/v2/models/{self.place.model}"))

    def _asked(self, path: str, *body: object, **more: Any) -> Any:
        """Ask the endpoint, with a key where there is one."""
        service = ServiceAddress(self.place.namespace, self.place.workload, names.ENDPOINT_PORT)
        if headers := key_headers():
            more["headers"] = headers
        with _told_of_keys():
            return self._cluster.request(service, path, *body, **more)

    def status(self) -> WorkloadStatus:
        """Ask the cluster, the registry and the endpoint."""
        return workload_status(self.place, self._connect)

    def versions(self, most: int) -> list[RegisteredVersion]:
        """Ask the registry for the versions, and for the runs that they are from."""
        return self._registry.registered(self.place.model, most)

    def version(self, number: int) -> RegisteredVersion:
        """Ask the registry for one version, and for the run that it is from."""
        model = self.place.model
        found = self._registry.registered(model, 1, number=number)
        if not found:
            raise missing_version(model, number, [int(known["version"]) for known in self._registry.versions(model)])
        return found[0]

    def may_share_registry(self, document: StackDocument) -> bool:
        """Tell whether another stack is on Kubernetes too."""
        return document.at("platform", "target") != Target.SAGEMAKER.value

    def delete_version(self, number: int) -> None:
        """Refuse: MLflow deletes versions, and tells nobody who pins them.

        Raises:
            VersionRefusedError: Always.
        """
        target = self.place.config.platform.target.value
        raise VersionRefusedError(
            f"stack {self.place.stack}: got target {target}, whose registry is MLflow, expected sagemaker, "
            f"fix: delete version {number} there, by MLflow's own pages or client"
        )

    def serving(self) -> Known[Version]:
        """Ask the endpoint itself."""
        return serving_version(self.place, self._connect)

    def past_runs(self, most: int) -> list[PastRun]:
        """Ask the cluster for the Jobs that there are, and the registry for all that it has recorded."""
        return past_runs.past_runs(self._cluster, self._registry, self.place, most)

    def log(self, run: str | None, step: str | None, *, follow: bool) -> tuple[str, Iterator[LogPiece]]:
        """Read the logs of a run's containers."""
        return logs.log(self._cluster, self.place, run, step, follow=follow)

    def approve(self, version: int, *, rejects: bool, note: str | None) -> Approval:  # noqa: ARG002 - there is none
        """Refuse: the review of the line that pins a version is its approval.

        Raises:
            ApprovalRefusedError: Always.
        """
        target = self.place.config.platform.target.value
        raise ApprovalRefusedError(
            f"stack {self.place.stack}: got target {target}, which has no approval, expected sagemaker, "
            "fix: pin the version in the stack file; the review of that line is the approval"
        )


@contextmanager
def _told_of_keys() -> Iterator[None]:
    """Say how a key is given where an endpoint asks for one."""
    try:
        yield
    except UnauthorizedError as error:
        raise ClusterError(f"{str(error).partition(', fix: ')[0]}, fix: {FIX}") from error
