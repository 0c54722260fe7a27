"""A registered version of a model, served on SageMaker and proved to be the one that was pinned."""

from typing import Any

import pulumi
import pulumi_aws as aws

from pulumi_mlops._shared.aws.roles import DeclaredRole, create_role, role_arn
from pulumi_mlops._shared.documents import Document, content_hash, without_none
from pulumi_mlops._shared.pinned_model import PinnedModel
from pulumi_mlops.dynamic.endpoint import ManagedEndpoint
from pulumi_mlops.dynamic.endpoint_release import EndpointRelease
from pulumi_mlops.dynamic.hosting_image import HostingImage
from pulumi_mlops.dynamic.pinned_model_package import PinnedModelPackage
from pulumi_mlops.dynamic.superseded_releases import SHADOW_SUFFIX
from pulumi_mlops.endpoint.args import SageMakerEndpointArgs
from pulumi_mlops.endpoint.sagemaker import alarms as render_alarms
from pulumi_mlops.endpoint.sagemaker import render
from pulumi_mlops.endpoint.sagemaker import role as render_role
from pulumi_mlops.endpoint.sagemaker import rollout as render_rollout
from pulumi_mlops.endpoint.sagemaker import scaling as render_scaling
from pulumi_mlops.endpoint.sagemaker.lmi import render as render_lmi
from pulumi_mlops.endpoint.sagemaker.resolve import resolve
from pulumi_mlops.endpoint.sagemaker.settings import HostingSettings

SERVING = "serving"
WAITING_FOR_MODEL = "waiting-for-model"
# How long SageMaker may need an endpoint's role after the endpoint is gone: "a few minutes" (API_DeleteEndpoint).
SETTLE_SECONDS = 120


class SageMakerEndpoint(pulumi.ComponentResource):
    """A registered version of a model behind a SageMaker endpoint.

    A version that is not approved or has another digest, and an image that hosting does not take, are refused before
    anything is made of them. The update fails, with AWS's reason, unless the endpoint is in service with the
    configuration that was asked for: also where AWS quietly went back to the one before.
    """

    url: pulumi.Output[str]
    """Address of the endpoint, for requests signed with credentials; empty while it waits for a model."""
    serving_version: pulumi.Output[str]
    """The version that was proved to serve; empty while the endpoint waits for a model."""
    serving_digest: pulumi.Output[str]
    """The digest that was proved to serve; empty while the endpoint waits for a model."""
    status: pulumi.Output[str]
    """`serving` or `waiting-for-model`; not known in a preview that would change the endpoint."""

    def __init__(self, name: str, args: SageMakerEndpointArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Declare an endpoint.

        Args:
            name: Name of the endpoint; at AWS it follows the namespace.
            args: See `SageMakerEndpointArgs`.
            opts: Options of the component; an AWS provider among them is used for everything in it but the endpoint
                itself and the checks, which take their credentials from the environment.

        Raises:
            ArgumentsError: With everything that is wrong with the arguments.
        """
        super().__init__("mlops:index:SageMakerEndpoint", name, {}, opts)
        settings = resolve(name, args)
        self.endpoint: ManagedEndpoint | None = None
        """The endpoint. None while it waits for a model."""
        self._promise("", "", "", WAITING_FOR_MODEL)
        if settings.model is not None:
            self._serve(settings, settings.model)
        self.register_outputs(
            {
                "url": self.url,
                "serving_version": self.serving_version,
                "serving_digest": self.serving_digest,
                "status": self.status,
            }
        )

    def _serve(self, settings: HostingSettings, model: PinnedModel) -> None:
        children = pulumi.ResourceOptions(parent=self)
        alarms = {
            about: aws.cloudwatch.MetricAlarm(f"{settings.name}-{about}", **alarm, opts=children)
            for about, alarm in render_alarms.alarms(settings).items()
        }
        alarm_names = [alarm["name"] for alarm in render_alarms.alarms(settings).values()]
        watched = alarm_names if settings.serverless is None else []
        role_settings = render_role.role(settings, watched)
        role = create_role(f"{settings.name}-role", settings.account, role_settings, children)
        deployment = render_rollout.deployment_config(settings, alarm_names)
        configuration = self._configuration(settings, model, role, deployment)
        self.endpoint = ManagedEndpoint(
            settings.name,
            {
                **self._asked(settings, configuration, deployment, alarm_names),
                "network_and_keys": content_hash(role_settings.network_and_key_statements),
                **without_none({"truth": render_lmi.truth(settings, model)}),
            },
            pulumi.ResourceOptions(parent=self, depends_on=list(alarms.values())),
        )
        # In an update nothing of it is known before the endpoint has been proved. In a preview the address is known,
        # and the rest only where nothing is asked of the endpoint that it has not been proved to be: what would be
        # created or updated has no ARN yet.
        proved = self.endpoint.endpoint_arn
        self._promise(
            pulumi.Output.all(render.url(settings), self.endpoint.configuration).apply(lambda known: str(known[0])),
            pulumi.Output.all(model.version, proved).apply(lambda known: str(known[0])),
            pulumi.Output.all(model.digest, proved).apply(lambda known: str(known[0])),
            proved.apply(lambda _: SERVING),
        )

    def _configuration(
        self, settings: HostingSettings, model: PinnedModel, role: DeclaredRole, deployment: Document | None
    ) -> aws.sagemaker.EndpointConfiguration:
        """Declare a release: a configuration and its models, which stay at AWS when the next one takes over."""
        name, shadow = settings.name, settings.shadow
        own_role = role_arn(settings.account, render_role.role_name(settings))
        image = render.server_image(settings)
        serving = render.model(settings, model, image, own_role, settings.instance_type)
        in_shadow = None
        if shadow is not None:
            in_shadow = render.model(settings, shadow.model, shadow.image, own_role, shadow.instance_type)
        document = render.configuration(settings)
        packages = [self._package(f"{name}-package", settings, model)]
        images = [HostingImage(f"{name}-image", image, pulumi.ResourceOptions(parent=self))]
        if shadow is not None:
            packages.append(self._package(f"{name}-shadow-package", settings, shadow.model))
            images.append(HostingImage(f"{name}-shadow-image", shadow.image, pulumi.ResourceOptions(parent=self)))
        release = EndpointRelease(
            f"{name}-release",
            region=settings.account.region,
            endpoint_name=settings.endpoint_name,
            # The rollout is among what the name is made of: another rollout is a deployment too, and every deployment
            # needs a configuration of its own.
            wanted=render.release_name(settings, [serving, in_shadow, document, deployment]),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[*packages, *images]),
        )
        models = [self._model(name, settings, {**serving, "execution_role_arn": role.arn}, release.name, packages[0])]
        if in_shadow is not None:
            shadow_name = release.name.apply(lambda known: f"{known}{SHADOW_SUFFIX}")
            in_shadow = {**in_shadow, "execution_role_arn": role.arn}
            models.append(self._model(f"{name}-shadow", settings, in_shadow, shadow_name, packages[1]))
        placed = render.placed_configuration(
            document, release.name, models[0].name, models[1].name if len(models) > 1 else None
        )
        return aws.sagemaker.EndpointConfiguration(
            name,
            **placed,
            tags=render.tags(settings),
            opts=_release_options(self),
        )

    def _package(self, name: str, settings: HostingSettings, model: PinnedModel) -> PinnedModelPackage:
        return PinnedModelPackage(name, render.package(settings, model), pulumi.ResourceOptions(parent=self))

    def _model(
        self,
        name: str,
        settings: HostingSettings,
        document: Document,
        model_name: pulumi.Input[str],
        package: PinnedModelPackage,
    ) -> aws.sagemaker.Model:
        return aws.sagemaker.Model(
            name,
            **render.placed_model(document, model_name, package.model_data_url),
            tags=render.tags(settings),
            opts=_release_options(self),
        )

    def _asked(
        self,
        settings: HostingSettings,
        configuration: aws.sagemaker.EndpointConfiguration,
        deployment: Document | None,
        alarm_names: list[str],
    ) -> dict[str, Any]:
        needs_role = settings.network is not None or settings.kms_key_arn is not None
        return {
            "account_id": settings.account.account_id,
            "region": settings.account.region,
            "endpoint_name": settings.endpoint_name,
            "configuration": configuration.name,
            "variants": render.variants(settings),
            "deployment": deployment,
            "scaling": render_scaling.scaling(settings),
            "tags": render.tags(settings),
            "wait_seconds": render_rollout.wait_seconds(settings),
            # Of interfaces in a network, and of grants of a key.
            "settle_seconds": SETTLE_SECONDS if needs_role else 0,
            "superseded_kept": settings.superseded_configurations_kept,
            "alarm_names": alarm_names,
        }

    def _promise(
        self,
        url: pulumi.Input[str],
        version: pulumi.Input[str],
        digest: pulumi.Input[str],
        status: pulumi.Input[str],
    ) -> None:
        self.url = pulumi.Output.from_input(url)
        self.serving_version = pulumi.Output.from_input(version)
        self.serving_digest = pulumi.Output.from_input(digest)
        self.status = pulumi.Output.from_input(status)


def _release_options(parent: pulumi.Resource) -> pulumi.ResourceOptions:
    """Options of what a release is made of: the next one's comes first, and the old one stays until it is cleared away.

    The provider would have what a program names deleted first, though the next release has another name.
    """
    return pulumi.ResourceOptions(parent=parent, retain_on_delete=True, delete_before_replace=False)
