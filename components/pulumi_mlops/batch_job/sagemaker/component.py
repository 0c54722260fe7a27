"""A batch on SageMaker."""

import pulumi
import pulumi_aws as aws

from pulumi_mlops._shared.aws.roles import DeclaredRole, RoleSettings, create_role
from pulumi_mlops._shared.pinned_model import PinnedModel
from pulumi_mlops.batch_job.args import SageMakerBatchJobArgs
from pulumi_mlops.batch_job.sagemaker import render, roles
from pulumi_mlops.batch_job.sagemaker.names import Role
from pulumi_mlops.batch_job.sagemaker.settings import SageMakerBatchSettings, resolve
from pulumi_mlops.batch_job.settings import READY, WAITING_FOR_MODEL
from pulumi_mlops.dynamic.pinned_model_package import PinnedModelPackage


class SageMakerBatchJob(pulumi.ComponentResource):
    """A registered version of a model that scores a whole table, on a schedule or when someone asks.

    A run is one execution of a SageMaker pipeline with a single processing job. A version that is not approved or has
    another digest is refused before anything is made of it; the job itself refuses files of another digest, and
    repeats the golden rows before it reads the first row.
    """

    batch_name: pulumi.Output[str]
    """Name of the SageMaker pipeline; empty while the batch waits for a model."""
    status: pulumi.Output[str]
    """`ready` or `waiting-for-model`."""

    def __init__(self, name: str, args: SageMakerBatchJobArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Declare a batch.

        Args:
            name: Name of the batch; on AWS it stands behind the namespace.
            args: See `SageMakerBatchJobArgs`.
            opts: Options of the component; an AWS provider among them is used for everything in it but the look-up of
                the version, which takes its credentials from the environment.

        Raises:
            ArgumentsError: With everything that is wrong with the arguments.
        """
        super().__init__("mlops:index:SageMakerBatchJob", name, {}, opts)
        settings = resolve(name, args)
        self.pipeline: aws.sagemaker.Pipeline | None = None
        """The pipeline. None while the batch waits for a model."""
        self.batch_name = pulumi.Output.from_input("")
        self.status = pulumi.Output.from_input(WAITING_FOR_MODEL)
        job = self._role(settings, Role.JOB, roles.job_role(settings))
        execution = self._role(settings, Role.EXECUTION, roles.execution_role(settings))
        if settings.model is not None:
            self._declare(settings, settings.model, [*job.policies, *execution.policies])
        self.register_outputs({"batch_name": self.batch_name, "status": self.status})

    def _declare(
        self, settings: SageMakerBatchSettings, model: PinnedModel, policies: list[aws.iam.RolePolicy]
    ) -> None:
        name = settings.name
        package = PinnedModelPackage(
            f"{name}-package", render.package(settings, model), pulumi.ResourceOptions(parent=self)
        )
        self.pipeline = aws.sagemaker.Pipeline(
            name,
            **render.pipeline(settings, model),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[package, *policies]),
        )
        if settings.schedule is not None:
            schedule = self._role(settings, Role.SCHEDULE, roles.schedule_role(settings))
            aws.scheduler.Schedule(
                name,
                **render.schedule(settings, settings.schedule),
                opts=pulumi.ResourceOptions(parent=self, depends_on=[self.pipeline, *schedule.policies]),
            )
        self.batch_name = self.pipeline.pipeline_name
        self.status = self.pipeline.arn.apply(lambda _: READY)

    def _role(self, settings: SageMakerBatchSettings, role: Role, declared: RoleSettings) -> DeclaredRole:
        name = f"{settings.name}-{role.value}"
        return create_role(name, settings.account, declared, pulumi.ResourceOptions(parent=self))
