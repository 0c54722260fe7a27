"""A registered version of a model, served on Kubernetes and proved to be the one that was pinned."""

import secrets
from collections.abc import Sequence
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes

from pulumi_mlops._shared import names
from pulumi_mlops._shared.kubernetes.create import create
from pulumi_mlops._shared.pinned_model import PinnedModel
from pulumi_mlops.endpoint.args import KubernetesEndpointArgs
from pulumi_mlops.endpoint.expose import render as expose
from pulumi_mlops.endpoint.kubernetes import payload_log, render, truth_check
from pulumi_mlops.endpoint.kubernetes.settings import EndpointSettings, resolve

SERVING = "serving"
PENDING = "pending"
WAITING_FOR_MODEL = "waiting-for-model"
# Beyond the rollout's own time: what Kubernetes needs to notice that it is over.
GRACE_SECONDS = 60


class KubernetesEndpoint(pulumi.ComponentResource):
    """A registered version of a model behind an address that speaks the Open Inference Protocol.

    The update fails unless the endpoint itself reports the pinned version and digest and scores the version's golden
    rows. A version that does not come up, or that answers otherwise than it will be asked, never takes a request from
    the one before. What is then left to fail is the way to the pods: they stay, and the error says who answers.
    """

    url: pulumi.Output[str]
    """Address of the endpoint within the cluster; empty while it waits for a model."""
    serving_version: pulumi.Output[str]
    """The version that was proved to serve; empty while the endpoint waits for a model."""
    serving_digest: pulumi.Output[str]
    """The digest that was proved to serve; empty while the endpoint waits for a model."""
    status: pulumi.Output[str]
    """`serving` or `waiting-for-model`; `pending` in a preview after a check that has not passed."""

    def __init__(self, name: str, args: KubernetesEndpointArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Declare an endpoint.

        Args:
            name: Name of the servers and of their Service.
            args: See `KubernetesEndpointArgs`.
            opts: Options of the component; a Kubernetes provider among them is used for everything in it.

        Raises:
            ArgumentsError: With everything that is wrong with the arguments.
        """
        super().__init__("mlops:index:KubernetesEndpoint", name, {}, opts)
        settings = resolve(name, args)
        self.deployment: kubernetes.apps.v1.Deployment | None = None
        """The servers. None while the endpoint waits for a model."""
        self._promise("", "", "", WAITING_FOR_MODEL)
        if settings.model is not None:
            self._serve(settings, settings.model)
        self._retain(settings)
        self.register_outputs(
            {
                "url": self.url,
                "serving_version": self.serving_version,
                "serving_digest": self.serving_digest,
                "status": self.status,
            }
        )

    def _serve(self, settings: EndpointSettings, model: PinnedModel) -> None:
        name = settings.name
        children = pulumi.ResourceOptions(parent=self)
        account = create(name, render.service_account(settings), children)
        policy = create(name, render.network_policy(settings), children)
        self.deployment = create(
            name,
            render.deployment(settings, model),
            pulumi.ResourceOptions(
                parent=self,
                depends_on=[account, policy, *self._own_keys(settings)],
                custom_timeouts=_patience(settings.rollout_timeout_seconds * render.rollout_waves(settings)),
            ),
        )
        service = create(
            name, render.service(settings), pulumi.ResourceOptions(parent=self, depends_on=[self.deployment])
        )
        create(name, render.autoscaler(settings), children)
        create(name, render.disruption_budget(settings), children)
        check = self._truth_check(settings, model, self.deployment, service)
        self._expose(settings, self.deployment, check)
        # In an update nothing of it is known before the check has passed. In a preview the address is known, and the
        # rest only where this very check has passed before: another is a new Job, of which a preview knows no status.
        self._promise(
            pulumi.Output.all(render.url(settings), check.metadata).apply(lambda known: str(known[0])),
            pulumi.Output.all(model.version, check.status).apply(_where_passed),
            pulumi.Output.all(model.digest, check.status).apply(_where_passed),
            pulumi.Output.all(SERVING, check.status).apply(lambda known: _where_passed(known) or PENDING),
        )

    def _own_keys(self, settings: EndpointSettings) -> list[pulumi.Resource]:
        """Declare the key that the truth check asks with, where callers need one.

        It is random, made once and kept: what a later run of the program draws is not looked at.
        """
        if settings.expose is None:
            return []
        key = pulumi.Output.secret(secrets.token_urlsafe(32))
        options = pulumi.ResourceOptions(parent=self, ignore_changes=["data"])
        return [create(names.truth_check_of(settings.name), truth_check.own_keys(settings, key), options)]

    def _expose(self, settings: EndpointSettings, deployment: pulumi.Resource, check: pulumi.Resource) -> None:
        """Declare the way from outside: it is opened to what has been proved."""
        if settings.expose is None:
            return
        name = names.outside_of(settings.name)
        options = pulumi.ResourceOptions(parent=self, depends_on=[deployment])
        service = create(name, render.outside_service(settings), options)
        document = expose.route(
            settings.expose,
            render.metadata(settings),
            name,
            settings.model_name,
            settings.request_timeout_seconds,
        )
        create(settings.name, document, pulumi.ResourceOptions(parent=self, depends_on=[check, service]))

    def _retain(self, settings: EndpointSettings) -> None:
        """Declare what deletes old payloads; also while there is no model: those of the ones before are still there."""
        days = None if settings.payloads is None else settings.payloads.retention_days
        if days is None or settings.payload_place is None:
            return
        name = payload_log.retention_name(settings)
        children = pulumi.ResourceOptions(parent=self)
        account = create(name, payload_log.retention_service_account(settings), children)
        policy = create(name, payload_log.retention_network_policy(settings), children)
        document = payload_log.retention_cron_job(settings, settings.payload_place, days, render.selector(settings))
        create(name, document, pulumi.ResourceOptions(parent=self, depends_on=[account, policy]))

    def _truth_check(
        self,
        settings: EndpointSettings,
        model: PinnedModel,
        deployment: kubernetes.apps.v1.Deployment,
        service: pulumi.Resource,
    ) -> kubernetes.batch.v1.Job:
        name = truth_check.identity_name(settings)
        children = pulumi.ResourceOptions(parent=self)
        account = create(name, truth_check.service_account(settings), children)
        policy = create(name, truth_check.network_policy(settings), children)
        # A Job cannot be changed. The old one goes first, so that one that failed can be run again under its name.
        options = pulumi.ResourceOptions(
            parent=self,
            depends_on=[deployment, service, account, policy],
            delete_before_replace=True,
            custom_timeouts=_patience(settings.rollout_timeout_seconds),
        )
        rolled_out = deployment.metadata.apply(truth_check.rollout)
        job: kubernetes.batch.v1.Job = create(f"{name}-check", truth_check.job(settings, model, rolled_out), options)
        return job

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


def _where_passed(known: Sequence[Any]) -> str:
    """Return what the check proved, given that and the check's status; nothing where it has not passed."""
    proved, status = known
    return str(proved) if status and status.get("succeeded") else ""


def _patience(expected_seconds: int) -> pulumi.CustomTimeouts:
    seconds = f"{expected_seconds + GRACE_SECONDS}s"
    return pulumi.CustomTimeouts(create=seconds, update=seconds)
