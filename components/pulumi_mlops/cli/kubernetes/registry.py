"""Asks a stack's model registry, within the cluster or elsewhere."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote
from urllib.request import Request, urlopen

from pulumi_mlops._shared import names
from pulumi_mlops.cli.kubernetes.cluster import ANSWER_TIMEOUT_SECONDS, Cluster
from pulumi_mlops.cli.kubernetes.errors import ClusterError
from pulumi_mlops.cli.kubernetes.services import parse_answer, service_of
from pulumi_mlops.cli.registered_version import RegisteredVersion
from pulumi_mlops.model_registry.config import ExistingRegistry
from pulumi_mlops.stack import StackConfig

Document = Mapping[str, Any]
_API = "/api/2.0/mlflow"
# What the runner measures of itself beside what the steps measure.
_OWN_METRICS = "step."
# MLflow hands out no more versions at once.
MOST_VERSIONS = 200
# The tags that `mlops_runtime.tracking` writes.
_DATA_DIGEST, _CODE_VERSION, _IMAGE = "mlops.data_digest", "mlops.code_version", "mlops.image"
_ENVIRONMENT, _STARTED_BY, NONE = "mlops.environment", "mlops.started_by", "none"


def registry_url(stack: StackConfig) -> str:
    """Return the address of a stack's registry, its own or another's."""
    registry = stack.platform.registry
    if isinstance(registry, ExistingRegistry):
        return registry.url
    return names.registry_url(stack.platform.namespace)


class Registry:
    """The MLflow server of one stack."""

    def __init__(self, cluster: Cluster, stack: StackConfig) -> None:
        """Find it; nothing is asked yet.

        Args:
            cluster: The stack's cluster, by way of which a server within it is asked.
            stack: The stack's configuration.
        """
        self._cluster = cluster
        self._url = registry_url(stack)

    def versions(self, model: str, most: int = MOST_VERSIONS, *, number: int | None = None) -> list[Document]:
        """Return what MLflow says of the versions of a model, the newest first.

        Args:
            model: The model's name.
            most: How many at most.
            number: The only one to look for. Defaults to any.

        Raises:
            ClusterError: When the registry cannot be asked.
        """
        condition = f"name={_literal(model)}" + (f" AND version_number={number}" if number is not None else "")
        parameters = f"filter={quote(condition)}&max_results={most}&order_by=version_number%20DESC"
        answer = self._ask(f"{_API}/model-versions/search?{parameters}")
        return list(answer.get("model_versions") or [])

    def runs(self, experiment: str, most: int, *, identities: Iterable[str] | None = None) -> list[Document]:
        """Return what MLflow says of the runs of an experiment, the newest first.

        Args:
            experiment: The experiment's name.
            most: How many at most.
            identities: The only ones to look for. Defaults to any.

        Raises:
            ClusterError: When the registry cannot be asked.
        """
        named = f"filter={quote(f'name = {_literal(experiment)}')}&max_results=1"
        found = self._ask(f"{_API}/experiments/search?{named}").get("experiments") or []
        if not found:
            return []
        wanted = "" if identities is None else f"attributes.run_id IN ({', '.join(map(_literal, identities))})"
        body = {
            "experiment_ids": [found[0]["experiment_id"]],
            "filter": wanted,
            "max_results": most,
            "order_by": ["attributes.start_time DESC"],
        }
        return list(self._ask(f"{_API}/runs/search", body).get("runs") or [])

    def registered(self, model: str, most: int, *, number: int | None = None) -> list[RegisteredVersion]:
        """Return the versions of a model with what their runs measured, the newest first.

        Raises:
            ClusterError: When the registry cannot be asked.
        """
        versions = self.versions(model, most, number=number)
        identities = sorted({str(version["run_id"]) for version in versions if version.get("run_id")})
        found = self.runs(model, len(identities), identities=identities) if identities else []
        runs = {str(run["info"]["run_id"]): run for run in found}
        return [registered_version(version, runs.get(str(version.get("run_id")))) for version in versions]

    def _ask(self, path: str, body: object | None = None) -> Any:
        service = service_of(self._url)
        if service is not None:
            return self._cluster.request(service, path, *([] if body is None else [body]))
        return _asked(self._url, path, body)


def registered_version(version: Document, run: Document | None) -> RegisteredVersion:
    """Describe a version by what MLflow says of it and of its run."""
    tags = tags_of(version)
    run_tags = {} if run is None else tags_of(run.get("data", {}))
    return RegisteredVersion(
        version=int(version["version"]),
        digest=str(tags.get(names.DIGEST_TAG, "")),
        created_at=moment(version.get("creation_timestamp")) or "",
        created_by=_noted(run_tags, _STARTED_BY),
        run="" if run is None else str(run["info"].get("run_name") or run["info"]["run_id"]),
        data_digest=_noted(tags, _DATA_DIGEST),
        code_version=_noted(tags, _CODE_VERSION),
        image=_noted(tags, _IMAGE),
        environment=_noted(tags, _ENVIRONMENT),
        metrics={} if run is None else metrics_of(run),
    )


def tags_of(document: Document) -> dict[str, str]:
    """Return the tags of a version, or of a run's data."""
    entries: Sequence[Document] = document.get("tags") or []
    return {str(tag["key"]): str(tag.get("value", "")) for tag in entries}


def metrics_of(run: Document) -> dict[str, float]:
    """Return what the steps of a run measured."""
    entries: Sequence[Document] = run.get("data", {}).get("metrics") or []
    return {
        str(entry["key"]): float(entry["value"]) for entry in entries if not str(entry["key"]).startswith(_OWN_METRICS)
    }


def moment(milliseconds: Any) -> str | None:
    """Write a point in time of MLflow's as RFC 3339; None where there is none."""
    if not milliseconds:
        return None
    return datetime.fromtimestamp(int(milliseconds) / 1000, UTC).isoformat(timespec="seconds")


def _noted(tags: Mapping[str, str], key: str) -> str:
    value = tags.get(key, "")
    return "" if value == NONE else value


def _literal(text: str) -> str:
    return "'" + text.replace("'", "") + "'"


def _asked(url: str, path: str, body: object | None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    headers = {"Accept": "application/json", "Content-Type": "application/json"}
    request = Request(url + path, data, headers)  # noqa: S310 - http or https, by validation
    try:
        with urlopen(request, timeout=ANSWER_TIMEOUT_SECONDS) as answer:  # noqa: S310 - see above
            return parse_answer(url, path, answer.status, answer.read().decode("utf-8", errors="replace"))
    except HTTPError as error:
        return parse_answer(url, path, error.code, error.read().decode("utf-8", errors="replace"))
    except (URLError, OSError) as error:
        raise ClusterError(
            f"{url}: got no answer ({error}), expected the registry's, fix: start it, or correct registry.url"
        ) from error
