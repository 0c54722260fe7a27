"""A feature store on SageMaker."""

import pulumi
import pulumi_aws as aws

from mlops_runtime.features.definition import FeatureView
from pulumi_mlops._shared.aws.roles import DeclaredRole, RoleSettings, create_role
from pulumi_mlops.dynamic.feature_group import ManagedFeatureGroup
from pulumi_mlops.dynamic.feature_schema import FeatureSchema
from pulumi_mlops.feature_store.args import SageMakerFeatureStoreArgs
from pulumi_mlops.feature_store.sagemaker import render, roles
from pulumi_mlops.feature_store.sagemaker.names import Role
from pulumi_mlops.feature_store.sagemaker.settings import SageMakerFeatureStoreSettings, resolve
from pulumi_mlops.feature_store.settings import READY


class SageMakerFeatureStore(pulumi.ComponentResource):
    """Features of one definition: a feature group for each view, and a pipeline that brings rows in from S3.

    A feature that is new is added in place. What would lose records is refused in a preview, unless it is acknowledged:
    a breaking change is a new version of the view, beside the old one.
    """

    lookup_url: pulumi.Output[str]
    """Address at which SageMaker looks features up, known once the feature groups are there."""
    definition_digest: pulumi.Output[str]
    """Digest of the feature definition that is served."""
    view_names: pulumi.Output[dict[str, str]]
    """What each view that is online is called on the target, by view with its version: its feature group."""
    status: pulumi.Output[str]
    """`ready`, known once the feature groups are there."""

    def __init__(self, name: str, args: SageMakerFeatureStoreArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Declare a feature store.

        Args:
            name: Name of the store; on AWS it stands behind the namespace.
            args: See `SageMakerFeatureStoreArgs`.
            opts: Options of the component; an AWS provider among them is used for everything in it but the feature
                groups, which take their credentials from the environment.

        Raises:
            ArgumentsError: With everything that is wrong with the arguments.
        """
        super().__init__("mlops:index:SageMakerFeatureStore", name, {}, opts)
        settings = resolve(name, args)
        self.schema: FeatureSchema = FeatureSchema(
            f"{name}-schema", render.schema(settings), pulumi.ResourceOptions(parent=self)
        )
        """The definition, which a change that loses data is held against."""
        writer = self._role(settings, Role.STORE, roles.store_role(settings))
        self.feature_groups: dict[str, ManagedFeatureGroup] = {
            view.versioned_name: self._group(settings, view, writer) for view in settings.definition.views
        }
        """The feature group of each view, by view with its version."""
        self.pipeline: aws.sagemaker.Pipeline = self._ingestion(settings)
        """What brings rows in."""
        there = pulumi.Output.all(*(group.feature_group_name for group in self.feature_groups.values()))
        online = {view.versioned_name: render.group_name(settings, view) for view in settings.online_views}
        # Whoever uses these waits for the groups, and still knows them in a preview.
        self.lookup_url = pulumi.Output.all(render.lookup_url(settings), there).apply(lambda known: str(known[0]))
        self.definition_digest = pulumi.Output.from_input(settings.definition.digest())
        self.view_names = pulumi.Output.from_input(online)
        self.status = there.apply(lambda _: READY)
        self.register_outputs(self.outputs())

    def outputs(self) -> dict[str, pulumi.Output[str] | pulumi.Output[dict[str, str]]]:
        """Return the outputs by name, as a stack exports them."""
        return {
            "lookup_url": self.lookup_url,
            "definition_digest": self.definition_digest,
            "view_names": self.view_names,
            "status": self.status,
        }

    def _group(
        self, settings: SageMakerFeatureStoreSettings, view: FeatureView, writer: DeclaredRole
    ) -> ManagedFeatureGroup:
        # Whoever forces a protected group out of the stack still does not delete its records.
        is_kept = settings.protect_data and view.versioned_name not in settings.acknowledged_changes
        options = pulumi.ResourceOptions(
            parent=self,
            depends_on=[self.schema, *writer.policies],
            protect=is_kept,
            retain_on_delete=is_kept,
        )
        name = f"{settings.name}-{view.versioned_name}"
        return ManagedFeatureGroup(name, render.group(settings, view, writer.arn), options)

    def _ingestion(self, settings: SageMakerFeatureStoreSettings) -> aws.sagemaker.Pipeline:
        name = f"{settings.name}-ingestion"
        job = self._role(settings, Role.INGESTION, roles.ingestion_role(settings))
        execution = self._role(settings, Role.EXECUTION, roles.execution_role(settings))
        needed = [*self.feature_groups.values(), *job.policies, *execution.policies]
        pipeline = aws.sagemaker.Pipeline(
            name, **render.pipeline(settings), opts=pulumi.ResourceOptions(parent=self, depends_on=needed)
        )
        if settings.schedule is not None:
            schedule = self._role(settings, Role.SCHEDULE, roles.schedule_role(settings))
            aws.scheduler.Schedule(
                name,
                **render.schedule(settings, settings.schedule),
                opts=pulumi.ResourceOptions(parent=self, depends_on=[pipeline, *schedule.policies]),
            )
        return pipeline

    def _role(self, settings: SageMakerFeatureStoreSettings, role: Role, declared: RoleSettings) -> DeclaredRole:
        name = f"{settings.name}-{role.value}"
        return create_role(name, settings.account, declared, pulumi.ResourceOptions(parent=self))
