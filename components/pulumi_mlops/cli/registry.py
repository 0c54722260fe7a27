"""Asks a stack's model registry, within the cluster or elsewhere."""

import json
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote
from urllib.request import Request, urlopen

from pulumi_mlops._shared.urls import service_host
from pulumi_mlops.cli.kubernetes.cluster import ANSWER_TIMEOUT_SECONDS, Cluster, ClusterError, parse_answer, service_of
from pulumi_mlops.stack import ExistingRegistry, StackConfig

SERVICE_NAME = "mlflow"
PORT = 5000
DIGEST_TAG = "mlops.digest"


def registry_url(stack: StackConfig) -> str:
    """Return the address of a stack's registry, its own or another's."""
    registry = stack.platform.registry
    if isinstance(registry, ExistingRegistry):
        return registry.url
    return f"http://{service_host(SERVICE_NAME, stack.platform.namespace)}:{PORT}"


def latest_version(cluster: Cluster, stack: StackConfig, model: str) -> tuple[int, str] | None:
    """Return the number and digest of a model's newest registered version, or None where there is none.

    Raises:
        ClusterError: When the registry cannot be asked.
    """
    condition = quote("name='" + model.replace("'", "") + "'")
    path = f"/api/2.0/mlflow/model-versions/search?filter={condition}&max_results=1&order_by=version_number%20DESC"
    url = registry_url(stack)
    service = service_of(url)
    answer = cluster.request(service, path) if service is not None else _get(url, path)
    versions = answer.get("model_versions") or []
    if not versions:
        return None
    tags = {tag["key"]: tag["value"] for tag in versions[0].get("tags") or []}
    return int(versions[0]["version"]), str(tags.get(DIGEST_TAG, ""))


def _get(url: str, path: str) -> Any:
    request = Request(url + path, headers={"Accept": "application/json"})  # noqa: S310 - http or https, by validation
    try:
        with urlopen(request, timeout=ANSWER_TIMEOUT_SECONDS) as answer:  # noqa: S310 - see above
            return parse_answer(url, path, answer.status, answer.read().decode("utf-8", errors="replace"))
    except HTTPError as error:
        return parse_answer(url, path, error.code, error.read().decode("utf-8", errors="replace"))
    except (URLError, OSError) as error:
        raise ClusterError(f"{url}: no answer ({error})") from error


def read_rows(text: str | bytes) -> list[Any]:
    """Return the rows of a JSON text: a list, or an object that holds one under rows or instances.

    Bytes may be UTF-8, UTF-16 or UTF-32, with or without a byte order mark, as editors and shells on Windows write.

    Raises:
        ValueError: When it holds no rows.
    """
    try:
        document = json.loads(text)
    except ValueError as error:
        raise ValueError(f"rows: got no JSON ({error}), expected a list of rows, fix: correct it") from error
    if isinstance(document, dict):
        document = next((document[key] for key in ("rows", "instances") if key in document), document)
    if not isinstance(document, list) or not document:
        raise ValueError(
            'rows: got no list, expected rows such as [{"feature": 1.0}], fix: put the rows into a list'
            if not isinstance(document, list)
            else "rows: got an empty list, expected at least one row, fix: add one"
        )
    return document
