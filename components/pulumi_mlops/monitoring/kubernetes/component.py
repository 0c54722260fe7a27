"""Monitoring of a model on Kubernetes."""

from collections.abc import Sequence

import pulumi
import pulumi_kubernetes as kubernetes

from pulumi_mlops._shared.documents import Document
from pulumi_mlops._shared.kubernetes.create import create
from pulumi_mlops._shared.pinned_model import PinnedModel
from pulumi_mlops.monitoring.args import KubernetesMonitoringArgs
from pulumi_mlops.monitoring.kubernetes import alerting, dashboard, monitor, operator, retraining, targets
from pulumi_mlops.monitoring.kubernetes.resolve import resolve
from pulumi_mlops.monitoring.kubernetes.settings import Bundled, MonitoringSettings
from pulumi_mlops.monitoring.settings import WAITING_FOR_MODEL, WATCHING, Retraining


class KubernetesMonitoring(pulumi.ComponentResource):
    """What of a model in production is measured, held against thresholds, and told to people.

    A monitor holds the logged predictions of a window against the baseline that the pinned version carries, and serves
    the outcome as metrics. Prometheus scrapes it and the model server, and evaluates the alerting rules: one of the
    monitoring's own with an Alertmanager, or the cluster's. A version without a baseline is no failure: the monitor
    says `waiting-for-baseline`, and traffic, errors and latency are watched all the same.
    """

    monitor_name: pulumi.Output[str]
    """Name of the monitor; empty while the monitoring waits for a model."""
    alerts_url: pulumi.Output[str]
    """Address of the bundled Alertmanager within the cluster; empty where the cluster's own is used."""
    status: pulumi.Output[str]
    """`watching` or `waiting-for-model`."""

    def __init__(self, name: str, args: KubernetesMonitoringArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Declare a monitoring.

        Args:
            name: Name of the monitoring, with which its objects' names begin.
            args: See `KubernetesMonitoringArgs`.
            opts: Options of the component; a Kubernetes provider among them is used for everything in it.

        Raises:
            ArgumentsError: With everything that is wrong with the arguments.
        """
        super().__init__("mlops:index:KubernetesMonitoring", name, {}, opts)
        settings = resolve(name, args)
        self.monitor: kubernetes.apps.v1.Deployment | None = None
        """What measures. None while the monitoring waits for a model."""
        self.monitor_name = pulumi.Output.from_input("")
        self.alerts_url = pulumi.Output.from_input("")
        self.status = pulumi.Output.from_input(WAITING_FOR_MODEL)
        if settings.model is not None:
            self._watch(settings, settings.model)
        self.register_outputs({"monitor_name": self.monitor_name, "alerts_url": self.alerts_url, "status": self.status})

    def _watch(self, settings: MonitoringSettings, model: PinnedModel) -> None:
        needed = [
            self._create(document)
            for document in (
                monitor.service_account(settings),
                monitor.network_policy(settings),
                monitor.config_map(settings),
            )
        ]
        self._create(monitor.service(settings))
        self._create(targets.server_service(settings))
        self._create(dashboard.config_map(settings))
        if settings.bundled is None:
            self._create(operator.prometheus_rule(settings))
            for document in targets.service_monitors(settings):
                self._create(document)
        else:
            self._alert(settings, settings.bundled)
        if settings.retraining is not None:
            self._retrain(settings, settings.retraining)
        watching = self._create(monitor.deployment(settings, model), needed)
        self.monitor = watching
        self.monitor_name = watching.metadata.apply(lambda metadata: str(metadata["name"]))
        self.status = watching.metadata.apply(lambda _: WATCHING)

    def _alert(self, settings: MonitoringSettings, bundled: Bundled) -> None:
        files = alerting.configuration(settings, bundled)
        needed = [
            self._create(document)
            for document in (
                alerting.service_account(settings),
                alerting.network_policy(settings, bundled),
                alerting.volume_claim(settings, bundled),
                files,
            )
        ]
        self._create(alerting.deployment(settings, bundled, files), needed)
        service = self._create(alerting.service(settings))
        self.alerts_url = pulumi.Output.all(alerting.alertmanager_url(settings), service.metadata).apply(
            lambda known: str(known[0])
        )

    def _retrain(self, settings: MonitoringSettings, guards: Retraining) -> None:
        documents = (
            retraining.service_account(settings),
            retraining.network_policy(settings),
            retraining.role(settings),
            retraining.role_binding(settings),
            retraining.history(settings),
        )
        needed = [self._create(document) for document in documents]
        self._create(retraining.deployment(settings, guards), needed)
        self._create(retraining.service(settings))

    def _create(self, document: Document, needed: Sequence[pulumi.Resource] = ()) -> kubernetes.apps.v1.Deployment:
        options = pulumi.ResourceOptions(parent=self, depends_on=list(needed))
        created: kubernetes.apps.v1.Deployment = create(document["metadata"]["name"], document, options)
        return created
