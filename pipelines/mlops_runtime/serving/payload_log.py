"""The payload log of an endpoint: beside its model, and in its metrics."""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from prometheus_client import REGISTRY
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

from mlops_runtime.monitoring.errors import MonitoringError
from mlops_runtime.monitoring.payloads.counts import HELP, METRIC
from mlops_runtime.monitoring.payloads.log import PayloadLog, payload_log
from mlops_runtime.monitoring.payloads.record import ServedVersion
from mlops_runtime.monitoring.payloads.settings import PayloadSettings

from .served_model import ServedModel, UnservableModelError

logger = logging.getLogger("kserve.mlops")


class PayloadMetrics(Collector):
    """The log's counters as `/metrics` asks for them: a request counts nothing here."""

    def __init__(self, log: PayloadLog, model_name: str, model_version: str) -> None:
        self._log = log
        self._labels = [model_name, model_version]

    def collect(self) -> Iterable[CounterMetricFamily]:
        """Yield the counters."""
        family = CounterMetricFamily(METRIC, HELP, labels=["model_name", "model_version", "outcome"])
        for outcome, count in self._log.counts.values().items():
            family.add_metric([*self._labels, outcome], count)
        yield family


def payload_log_of(served: ServedModel, settings: PayloadSettings | None) -> PayloadLog | None:
    """Return a model's payload log; None where none is kept.

    Raises:
        UnservableModelError: The settings redact what the model does not have, and so would not redact what is meant.
    """
    if settings is None:
        return None
    identity = served.identity
    known = [*served.contract.feature_names, *served.contract.output_names]
    if unknown := [name for name in settings.redacted_features if name not in known]:
        raise UnservableModelError(
            f"{identity.name} version {identity.version}: payloads.redacted_features: got {', '.join(unknown)},"
            f" expected features or outputs of the model ({', '.join(known)}), fix: correct the endpoint's setting"
        )
    try:
        return payload_log(ServedVersion(identity.name, identity.version, identity.digest), settings, logger)
    except MonitoringError as error:
        raise UnservableModelError(f"{identity.name} version {identity.version}: payloads.location: {error}") from error


@contextmanager
def kept(log: PayloadLog | None, served: ServedModel) -> Iterator[None]:
    """Write payloads for as long as the server runs, and what waits at its end."""
    if log is None:
        yield
        return
    metrics = PayloadMetrics(log, served.identity.name, served.identity.version)
    REGISTRY.register(metrics)
    log.start()
    try:
        yield
    finally:
        log.close()
        REGISTRY.unregister(metrics)
