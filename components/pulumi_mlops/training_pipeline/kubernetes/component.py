"""A training pipeline on Kubernetes."""

import pulumi
import pulumi_kubernetes as kubernetes

from pulumi_mlops._shared.kubernetes.create import create
from pulumi_mlops.training_pipeline.args import KubernetesTrainingPipelineArgs
from pulumi_mlops.training_pipeline.kubernetes import render
from pulumi_mlops.training_pipeline.kubernetes.settings import resolve


class KubernetesTrainingPipeline(pulumi.ComponentResource):
    """A step graph that trains, checks and registers a model, on a schedule or when someone asks.

    A run is one Job with one pod, and each step a container of its own with its own limits. A step that fails fails
    the run; a gate that rejects ends it well, and nothing is registered.
    """

    pipeline_name: pulumi.Output[str]
    """Name of the CronJob."""

    def __init__(
        self, name: str, args: KubernetesTrainingPipelineArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Declare a pipeline.

        Args:
            name: Name of the CronJob.
            args: See `KubernetesTrainingPipelineArgs`.
            opts: Options of the component; a Kubernetes provider among them is used for everything in it.

        Raises:
            ArgumentsError: With everything that is wrong with the arguments.
        """
        super().__init__("mlops:index:KubernetesTrainingPipeline", name, {}, opts)
        settings = resolve(name, args)
        children = pulumi.ResourceOptions(parent=self)
        account = create(name, render.service_account(settings), children)
        policy = create(name, render.network_policy(settings), children)
        self.cron_job: kubernetes.batch.v1.CronJob = create(
            name, render.cron_job(settings), pulumi.ResourceOptions(parent=self, depends_on=[account, policy])
        )
        """The pipeline."""
        self.pipeline_name = self.cron_job.metadata.apply(lambda metadata: str(metadata["name"]))
        self.register_outputs({"pipeline_name": self.pipeline_name})
