"""A feature store on Kubernetes: Feast's feature server, Redis, and what brings rows online."""

import pulumi
import pulumi_kubernetes as kubernetes

from pulumi_mlops._shared.kubernetes import protection
from pulumi_mlops._shared.kubernetes.create import create
from pulumi_mlops.dynamic.feature_schema import FeatureSchema
from pulumi_mlops.feature_store.args import KubernetesFeatureStoreArgs
from pulumi_mlops.feature_store.kubernetes import definition, materialisation, online_store, render
from pulumi_mlops.feature_store.kubernetes.settings import FeatureStoreSettings, resolve
from pulumi_mlops.feature_store.settings import READY

# Beyond the servers' own time to start: what Kubernetes needs to notice that it is over.
GRACE_SECONDS = 60


class KubernetesFeatureStore(pulumi.ComponentResource):
    """Features of one definition, looked up by key at one address, and brought online from Parquet files.

    Rows are kept in Redis, on a volume. Each server of Feast makes its registry anew from the definition when it
    starts; that of the runs that bring rows online is on a volume, since it says how far they have come.
    """

    lookup_url: pulumi.Output[str]
    """Address at which features are looked up within the cluster, known once the servers answer."""
    definition_digest: pulumi.Output[str]
    """Digest of the feature definition that is served."""
    view_names: pulumi.Output[dict[str, str]]
    """What each view that is online is called on the target, by view with its version."""
    status: pulumi.Output[str]
    """`ready`, known once the servers answer."""

    def __init__(self, name: str, args: KubernetesFeatureStoreArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Declare a feature store.

        Args:
            name: Name of the store, and the beginning of every object's.
            args: See `KubernetesFeatureStoreArgs`.
            opts: Options of the component; a Kubernetes provider among them is used for everything in it.

        Raises:
            ArgumentsError: With everything that is wrong with the arguments.
        """
        super().__init__("mlops:index:KubernetesFeatureStore", name, {}, opts)
        settings = resolve(name, args)
        children = pulumi.ResourceOptions(parent=self)
        self.schema: FeatureSchema = FeatureSchema(
            f"{name}-schema",
            {
                "store": name,
                "target": "kubernetes",
                "definition": settings.definition.document(),
                "acknowledged_changes": list(settings.acknowledged_changes),
                # All views lie in one Redis: none is a resource of its own.
                "has_protected_views": False,
            },
            children,
        )
        """What the rows that are online are of: an update that would lose some unasked is refused in its preview."""
        described = create(
            definition.name_of(settings),
            definition.config_map(settings),
            pulumi.ResourceOptions(parent=self, depends_on=[self.schema]),
        )
        self.online_store: kubernetes.apps.v1.StatefulSet = self._online_store(settings)
        """Redis."""
        self.cron_job: kubernetes.batch.v1.CronJob = self._materialisation(settings, described)
        """What brings rows online."""
        self.deployment: kubernetes.apps.v1.Deployment = self._servers(settings, described)
        """The feature servers."""
        service = create(
            render.name_of(settings),
            render.service(settings),
            pulumi.ResourceOptions(parent=self, depends_on=[self.deployment]),
        )
        is_there = pulumi.Output.all(self.deployment.metadata, service.metadata)
        # Whoever uses the address waits for the servers, and still knows the address in a preview.
        self.lookup_url = pulumi.Output.all(render.url(settings), is_there).apply(lambda known: str(known[0]))
        self.definition_digest = pulumi.Output.from_input(settings.definition.digest())
        names = {view.versioned_name: view.versioned_name for view in settings.online_views}
        self.view_names = pulumi.Output.from_input(names)
        self.status = is_there.apply(lambda _: READY)
        self.register_outputs(self.outputs())

    def outputs(self) -> dict[str, pulumi.Output[str] | pulumi.Output[dict[str, str]]]:
        """Return the outputs by name, as a stack exports them."""
        return {
            "lookup_url": self.lookup_url,
            "definition_digest": self.definition_digest,
            "view_names": self.view_names,
            "status": self.status,
        }

    def _online_store(self, settings: FeatureStoreSettings) -> kubernetes.apps.v1.StatefulSet:
        name = online_store.name_of(settings)
        children = pulumi.ResourceOptions(parent=self)
        callers = [render.selector(settings), materialisation.selector(settings)]
        needed = [
            create(name, online_store.service_account(settings), children),
            create(name, online_store.network_policy(settings, callers), children),
        ]
        protected = protection.options(self, is_protected=settings.protect_data)
        create(f"{name}-data", online_store.volume_claim(settings), protected)
        create(name, online_store.service(settings), children)
        options = pulumi.ResourceOptions(parent=self, depends_on=needed)
        server: kubernetes.apps.v1.StatefulSet = create(name, online_store.stateful_set(settings), options)
        return server

    def _materialisation(
        self, settings: FeatureStoreSettings, described: pulumi.Resource
    ) -> kubernetes.batch.v1.CronJob:
        name = materialisation.name_of(settings)
        children = pulumi.ResourceOptions(parent=self)
        needed = [
            described,
            create(name, materialisation.service_account(settings), children),
            create(name, materialisation.network_policy(settings), children),
        ]
        # It only says how far runs have come: without it the next one begins anew.
        create(f"{name}-progress", materialisation.progress_claim(settings), children)
        options = pulumi.ResourceOptions(parent=self, depends_on=needed)
        job: kubernetes.batch.v1.CronJob = create(name, materialisation.cron_job(settings), options)
        return job

    def _servers(self, settings: FeatureStoreSettings, described: pulumi.Resource) -> kubernetes.apps.v1.Deployment:
        name = render.name_of(settings)
        children = pulumi.ResourceOptions(parent=self)
        needed = [
            described,
            self.online_store,
            create(name, render.service_account(settings), children),
            create(name, render.network_policy(settings), children),
        ]
        patience = f"{render.START_TIMEOUT_SECONDS * 2 + GRACE_SECONDS}s"
        timeouts = pulumi.CustomTimeouts(create=patience, update=patience)
        options = pulumi.ResourceOptions(parent=self, depends_on=needed, custom_timeouts=timeouts)
        deployment: kubernetes.apps.v1.Deployment = create(name, render.deployment(settings), options)
        create(name, render.autoscaler(settings), children)
        create(name, render.disruption_budget(settings), children)
        return deployment
