"""A batch on Kubernetes."""

import pulumi
import pulumi_kubernetes as kubernetes

from pulumi_mlops._shared.kubernetes.create import create
from pulumi_mlops.batch_job.args import KubernetesBatchJobArgs
from pulumi_mlops.batch_job.kubernetes import render
from pulumi_mlops.batch_job.kubernetes.settings import resolve
from pulumi_mlops.batch_job.settings import READY, WAITING_FOR_MODEL


class KubernetesBatchJob(pulumi.ComponentResource):
    """A registered version of a model that scores a whole table, on a schedule or when someone asks.

    A run is one Job. Its pod fetches the version, refuses it unless it has the pinned digest, repeats its golden rows,
    and only then reads the first row. A pod that dies is replaced by one that goes on where it was.
    """

    batch_name: pulumi.Output[str]
    """Name of the CronJob; empty while the batch waits for a model."""
    status: pulumi.Output[str]
    """`ready` or `waiting-for-model`."""

    def __init__(self, name: str, args: KubernetesBatchJobArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Declare a batch.

        Args:
            name: Name of the CronJob.
            args: See `KubernetesBatchJobArgs`.
            opts: Options of the component; a Kubernetes provider among them is used for everything in it.

        Raises:
            ArgumentsError: With everything that is wrong with the arguments.
        """
        super().__init__("mlops:index:KubernetesBatchJob", name, {}, opts)
        settings = resolve(name, args)
        children = pulumi.ResourceOptions(parent=self)
        account = create(name, render.service_account(settings), children)
        policy = create(name, render.network_policy(settings), children)
        self.cron_job: kubernetes.batch.v1.CronJob | None = None
        """The batch. None while it waits for a model."""
        self.batch_name = pulumi.Output.from_input("")
        self.status = pulumi.Output.from_input(WAITING_FOR_MODEL)
        if settings.model is not None:
            self.cron_job = create(
                name,
                render.cron_job(settings, settings.model),
                pulumi.ResourceOptions(parent=self, depends_on=[account, policy]),
            )
            self.batch_name = self.cron_job.metadata.apply(lambda metadata: str(metadata["name"]))
            self.status = self.cron_job.metadata.apply(lambda _: READY)
        self.register_outputs({"batch_name": self.batch_name, "status": self.status})
