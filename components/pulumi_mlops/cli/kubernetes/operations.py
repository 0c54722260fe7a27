"""What the commands do with a workload on Kubernetes."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar

from pulumi_mlops._shared import names
from pulumi_mlops.cli.kubernetes import batch, train
from pulumi_mlops.cli.kubernetes.cluster import Cluster, ClusterError, ServiceAddress, cluster_of
from pulumi_mlops.cli.kubernetes.status import workload_status
from pulumi_mlops.cli.operations import Approval, ApprovalRefusedError
from pulumi_mlops.cli.runs import Run, RunReference
from pulumi_mlops.cli.stacks import Place, longest_answer_seconds
from pulumi_mlops.cli.workload_status import WorkloadStatus
from pulumi_mlops.stack import StackConfig


class KubernetesOperations:
    """One workload on Kubernetes; see `pulumi_mlops.cli.operations.Operations`."""

    errors: ClassVar[tuple[type[Exception], ...]] = (ClusterError,)

    def __init__(self, place: Place, connect: Callable[[StackConfig], Cluster] = cluster_of) -> None:
        self.place = place
        self._connect = connect

    @cached_property
    def _cluster(self) -> Cluster:
        return self._connect(self.place.config)

    def active_runs(self) -> list[RunReference]:
        """Return the Jobs of its pipeline that have not ended, the oldest first."""
        return [RunReference(name, name) for name in train.active_runs(self._cluster, self.place)]

    def start_run(self) -> RunReference:
        """Start a Job of its pipeline."""
        name = train.start(self._cluster, self.place)
        return RunReference(name, name)

    def active_batches(self) -> list[RunReference]:
        """Return the Jobs of its batch that have not ended, the oldest first."""
        return [RunReference(name, name) for name in batch.active(self._cluster, self.place)]

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
        service = ServiceAddress(self.place.namespace, workload, names.ENDPOINT_PORT)
        answer = self._cluster.request(
            service,
            f"/v1/models/{workload}:predict",
            {"instances": list(rows)},
            answer_seconds=longest_answer_seconds(self.place.config.workloads[workload].endpoint),
        )
        predictions = answer.get("predictions") if isinstance(answer, dict) else None
        if not isinstance(predictions, list):
            raise ClusterError(
                f"{workload} in {self.place.stack}: got no predictions, expected one for each row, fix: see its log"
            )
        return predictions

    def status(self) -> WorkloadStatus:
        """Ask the cluster, the registry and the endpoint."""
        return workload_status(self.place, self._connect)

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
