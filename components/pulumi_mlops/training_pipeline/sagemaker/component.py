"""A training pipeline on SageMaker."""

import pulumi
import pulumi_aws as aws

from pulumi_mlops._shared.aws.roles import DeclaredRole, RoleSettings, create_role
from pulumi_mlops.training_pipeline.args import SageMakerTrainingPipelineArgs
from pulumi_mlops.training_pipeline.sagemaker import render, roles
from pulumi_mlops.training_pipeline.sagemaker.names import Role
from pulumi_mlops.training_pipeline.sagemaker.resolved import SageMakerPipelineSettings
from pulumi_mlops.training_pipeline.sagemaker.settings import resolve


class SageMakerTrainingPipeline(pulumi.ComponentResource):
    """A step graph that trains, checks and registers a model, on a schedule or when someone asks.

    A run is one execution of a SageMaker pipeline, and each step a job of its own on a machine of its own. A step that
    fails fails the run; a gate that rejects ends it well, and nothing is registered.
    """

    pipeline_name: pulumi.Output[str]
    """Name of the SageMaker pipeline."""

    def __init__(
        self, name: str, args: SageMakerTrainingPipelineArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Declare a pipeline.

        Args:
            name: Name of the pipeline; on AWS it stands behind the namespace.
            args: See `SageMakerTrainingPipelineArgs`.
            opts: Options of the component; an AWS provider among them is used for everything in it.

        Raises:
            ArgumentsError: With everything that is wrong with the arguments.
        """
        super().__init__("mlops:index:SageMakerTrainingPipeline", name, {}, opts)
        settings = resolve(name, args)
        jobs = self._role(settings, Role.JOBS, roles.jobs_role(settings))
        execution = self._role(settings, Role.EXECUTION, roles.execution_role(settings))
        self.pipeline = aws.sagemaker.Pipeline(
            name,
            **render.pipeline(settings),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[jobs.policy, execution.policy]),
        )
        """The pipeline."""
        if settings.schedule is not None:
            schedule = self._role(settings, Role.SCHEDULE, roles.schedule_role(settings))
            aws.scheduler.Schedule(
                name,
                **render.schedule(settings, settings.schedule),
                opts=pulumi.ResourceOptions(parent=self, depends_on=[self.pipeline, schedule.policy]),
            )
        self.pipeline_name = self.pipeline.pipeline_name
        self.register_outputs({"pipeline_name": self.pipeline_name})

    def _role(self, settings: SageMakerPipelineSettings, role: Role, declared: RoleSettings) -> DeclaredRole:
        name = f"{settings.name}-{role.value}"
        return create_role(name, settings.account, declared, pulumi.ResourceOptions(parent=self))
