"""MLflow's tracking server and model registry on Kubernetes."""

from collections.abc import Sequence

import pulumi
import pulumi_kubernetes as kubernetes

from pulumi_mlops._shared.kubernetes import protection
from pulumi_mlops._shared.kubernetes.create import create
from pulumi_mlops.model_registry.args import KubernetesModelRegistryArgs
from pulumi_mlops.model_registry.kubernetes import database, render
from pulumi_mlops.model_registry.kubernetes.settings import PostgresSettings, RegistrySettings, resolve

# Beyond the server's own time to start: what Kubernetes needs to notice that it is over.
GRACE_SECONDS = 60


class KubernetesModelRegistry(pulumi.ComponentResource):
    """MLflow's tracking server and model registry, with its database and its artifacts.

    Its volumes hold every model, also those that other stacks have pinned: an update that would delete one is refused
    unless `protect_data` is false. A volume that an update takes out of the stack all the same stays in the cluster,
    until an update of its own has applied `protect_data: false`.
    """

    url: pulumi.Output[str]
    """Address of the registry within the cluster, known once it answers."""

    def __init__(
        self, name: str, args: KubernetesModelRegistryArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Declare a registry.

        Args:
            name: Name of the server and of its Service.
            args: See `KubernetesModelRegistryArgs`.
            opts: Options of the component; a Kubernetes provider among them is used for everything in it.

        Raises:
            ArgumentsError: With everything that is wrong with the arguments.
        """
        super().__init__("mlops:index:KubernetesModelRegistry", name, {}, opts)
        settings = resolve(name, args)
        children = pulumi.ResourceOptions(parent=self)
        needed: list[pulumi.Resource] = [
            create(name, render.service_account(settings), children),
            create(name, render.network_policy(settings), children),
        ]
        # The server does not wait for its claims. Where a storage class binds a volume when a pod first asks for it,
        # and the deployer may not read storage classes, Pulumi's provider waits until the claim is bound: for that pod.
        for role, claim in render.volume_claims(settings).items():
            takes_over = [database.claim_name(settings)] if role == "database" else []
            create(f"{name}-{role}", claim, self._volume_options(settings, takes_over))
        password_secret = None
        if settings.postgres is not None:
            server, password_secret = self._database(settings, settings.postgres)
            needed.append(server)
        patience = f"{render.START_TIMEOUT_SECONDS + GRACE_SECONDS}s"
        timeouts = pulumi.CustomTimeouts(create=patience, update=patience)
        self.deployment: kubernetes.apps.v1.Deployment = create(
            name,
            render.deployment(settings, password_secret),
            pulumi.ResourceOptions(parent=self, depends_on=needed, custom_timeouts=timeouts),
        )
        """The server."""
        service = create(
            name, render.service(settings), pulumi.ResourceOptions(parent=self, depends_on=[self.deployment])
        )
        if settings.replicas > 1:
            create(name, render.disruption_budget(settings), children)
        # Whoever uses the address waits for the server, and still knows the address in a preview.
        self.url = pulumi.Output.all(render.url(settings), self.deployment.metadata, service.metadata).apply(
            lambda known: str(known[0])
        )
        self.register_outputs({"url": self.url})

    def _volume_options(self, settings: RegistrySettings, takes_over: Sequence[str] = ()) -> pulumi.ResourceOptions:
        """Return the options of a claim.

        The claim of one database stands for that of the other, so that another database replaces its volume: Pulumi
        refuses to replace what is protected where it is declared, and to delete it only after all else is done, when
        the server would have been switched to an empty database.
        """
        aliases = pulumi.ResourceOptions(aliases=[pulumi.Alias(name=name) for name in takes_over])
        return pulumi.ResourceOptions.merge(protection.options(self, is_protected=settings.protect_data), aliases)

    def _database(
        self, settings: RegistrySettings, postgres: PostgresSettings
    ) -> tuple[pulumi.Resource, pulumi.Output[str]]:
        name = database.database_name(settings)
        children = pulumi.ResourceOptions(parent=self)
        secret = create(name, database.secret(settings, postgres), children)
        # The provider names it: another password is another Secret, made before the old one goes, and server and
        # database are changed in place. Under a fixed name the old one would go first, and all that mount it with it.
        password_secret = pulumi.Output.unsecret(secret.metadata).apply(lambda metadata: str(metadata.get("name", "")))
        needed = [
            create(name, database.service_account(settings), children),
            create(name, database.network_policy(settings), children),
        ]
        volume = database.volume_claim(settings)
        takes_over = [name]
        create(database.claim_name(settings), volume, self._volume_options(settings, takes_over))
        create(name, database.service(settings), children)
        server = create(
            name,
            database.stateful_set(settings, postgres, password_secret),
            pulumi.ResourceOptions(parent=self, depends_on=needed),
        )
        return server, password_secret
