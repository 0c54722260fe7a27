"""One model's whole life on the target of its stack."""

from typing import TYPE_CHECKING

import pulumi

from pulumi_mlops._shared.arguments import ArgumentsError
from pulumi_mlops.stack.workload import parts
from pulumi_mlops.stack.workload.args import WorkloadArgs

if TYPE_CHECKING:
    from pulumi_mlops.batch_job.kubernetes.component import KubernetesBatchJob
    from pulumi_mlops.batch_job.sagemaker.component import SageMakerBatchJob
    from pulumi_mlops.endpoint.kubernetes.component import KubernetesEndpoint
    from pulumi_mlops.endpoint.sagemaker.component import SageMakerEndpoint
    from pulumi_mlops.model_registry.sagemaker.component import SageMakerModelRegistry
    from pulumi_mlops.monitoring.kubernetes.component import KubernetesMonitoring
    from pulumi_mlops.training_pipeline.kubernetes.component import KubernetesTrainingPipeline
    from pulumi_mlops.training_pipeline.sagemaker.component import SageMakerTrainingPipeline


class Workload(pulumi.ComponentResource):
    """One model's whole life: the pipeline that trains it, and the endpoint that serves the version that is pinned."""

    endpoint_url: pulumi.Output[str]
    """Address of the endpoint; empty while it waits for a model."""
    serving_version: pulumi.Output[str]
    """The version that was proved to serve; empty while the endpoint waits for a model."""
    serving_digest: pulumi.Output[str]
    """The digest that was proved to serve; empty while the endpoint waits for a model."""
    pipeline_name: pulumi.Output[str]
    """Name of the pipeline on its target."""
    status: pulumi.Output[str]
    """`serving` or `waiting-for-model`; in a preview it says `serving` only of what has been proved before."""
    batch_name: pulumi.Output[str]
    """Name of the batch on its target; empty while it waits for a model, and where there is none."""
    batch_status: pulumi.Output[str]
    """`ready` or `waiting-for-model`; empty where there is no batch."""
    alerts_url: pulumi.Output[str]
    """Address of the bundled Alertmanager within the cluster; empty where there is none."""
    monitoring_status: pulumi.Output[str]
    """`watching` or `waiting-for-model`; empty where there is no monitoring."""

    def __init__(self, name: str, args: WorkloadArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Declare a workload.

        Args:
            name: Name of the workload: its model's, its endpoint's, and the beginning of its pipeline's.
            args: See `WorkloadArgs`.
            opts: Options of the component; a provider of the target among them is used for everything in it.

        Raises:
            ArgumentsError: With everything that is wrong with the arguments.
        """
        super().__init__("mlops:index:Workload", name, {}, opts)
        if problems := parts.problems_of(name, args):
            raise ArgumentsError("Workload", name, problems)
        self.registry: SageMakerModelRegistry | None = None
        """The registry of its own. None on Kubernetes, where workloads share one, and where it is another's."""
        self.pipeline: KubernetesTrainingPipeline | SageMakerTrainingPipeline
        """The pipeline."""
        self.endpoint: KubernetesEndpoint | SageMakerEndpoint
        """The endpoint."""
        self.batch: KubernetesBatchJob | SageMakerBatchJob | None = None
        """The batch. None where the workload has none."""
        self.monitoring: KubernetesMonitoring | None = None
        """The monitoring. None where the workload has none."""
        if "sagemaker" in args:
            self._on_sagemaker(name, args)
        else:
            self._on_kubernetes(name, args)
        self.endpoint_url = self.endpoint.url
        self.serving_version = self.endpoint.serving_version
        self.serving_digest = self.endpoint.serving_digest
        self.pipeline_name = self.pipeline.pipeline_name
        self.status = self.endpoint.status
        self.batch_name = pulumi.Output.from_input("") if self.batch is None else self.batch.batch_name
        self.batch_status = pulumi.Output.from_input("") if self.batch is None else self.batch.status
        nothing = pulumi.Output.from_input("")
        self.alerts_url = nothing if self.monitoring is None else self.monitoring.alerts_url
        self.monitoring_status = nothing if self.monitoring is None else self.monitoring.status
        self.register_outputs(self.outputs())

    def _on_kubernetes(self, name: str, args: WorkloadArgs) -> None:
        # Each target's library is large, and a program uses one of them.
        from pulumi_mlops.batch_job.kubernetes.component import KubernetesBatchJob  # noqa: PLC0415
        from pulumi_mlops.endpoint.kubernetes.component import KubernetesEndpoint  # noqa: PLC0415
        from pulumi_mlops.monitoring.kubernetes.component import KubernetesMonitoring  # noqa: PLC0415
        from pulumi_mlops.training_pipeline.kubernetes.component import KubernetesTrainingPipeline  # noqa: PLC0415

        children = pulumi.ResourceOptions(parent=self)
        pipeline, endpoint = parts.kubernetes_pipeline(name, args), parts.kubernetes_endpoint(name, args)
        self.pipeline = KubernetesTrainingPipeline(pipeline.name, pipeline.args, children)
        self.endpoint = KubernetesEndpoint(endpoint.name, endpoint.args, children)
        if args.get("batch") is not None:
            batch = parts.kubernetes_batch(name, args)
            self.batch = KubernetesBatchJob(batch.name, batch.args, children)
        if args.get("monitoring") is not None:
            monitoring = parts.kubernetes_monitoring(name, args)
            self.monitoring = KubernetesMonitoring(monitoring.name, monitoring.args, children)

    def _on_sagemaker(self, name: str, args: WorkloadArgs) -> None:
        from pulumi_mlops.batch_job.sagemaker.component import SageMakerBatchJob  # noqa: PLC0415
        from pulumi_mlops.endpoint.sagemaker.component import SageMakerEndpoint  # noqa: PLC0415
        from pulumi_mlops.model_registry.sagemaker.component import SageMakerModelRegistry  # noqa: PLC0415
        from pulumi_mlops.training_pipeline.sagemaker.component import SageMakerTrainingPipeline  # noqa: PLC0415

        children = pulumi.ResourceOptions(parent=self)
        group = args["sagemaker"].get("model_package_group")
        if group is None:
            registry = parts.sagemaker_registry(name, args)
            self.registry = SageMakerModelRegistry(registry.name, registry.args, children)
            group = self.registry.group_name
        pipeline = parts.sagemaker_pipeline(name, args, group)
        self.pipeline = SageMakerTrainingPipeline(pipeline.name, pipeline.args, children)
        endpoint = parts.sagemaker_endpoint(name, args, group)
        self.endpoint = SageMakerEndpoint(endpoint.name, endpoint.args, children)
        if args.get("batch") is not None:
            batch = parts.sagemaker_batch(name, args, group)
            self.batch = SageMakerBatchJob(batch.name, batch.args, children)

    def outputs(self) -> dict[str, pulumi.Output[str]]:
        """Return the outputs by name, as a stack exports them; those of a batch and a monitoring where there is one."""
        more = {} if self.batch is None else {"batch_name": self.batch_name, "batch_status": self.batch_status}
        if self.monitoring is not None:
            more |= {"alerts_url": self.alerts_url, "monitoring_status": self.monitoring_status}
        return {
            "endpoint_url": self.endpoint_url,
            "serving_version": self.serving_version,
            "serving_digest": self.serving_digest,
            "pipeline_name": self.pipeline_name,
            "status": self.status,
            **more,
        }
