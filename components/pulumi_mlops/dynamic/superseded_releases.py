"""What earlier releases of an endpoint left at AWS: configurations, and the models that they name.

A release is a configuration and the models of its variants, all called `<endpoint>-<hash>`; where that name was taken
already, `<endpoint>-<hash>-2` and so on.
"""

import re
from typing import Any

from pulumi_mlops._shared.aws.client import AwsError, MissingError, ask, pages

ENDPOINT_TAG = "mlops:endpoint"
"""Tag of everything that belongs to a release; its value is the endpoint's name."""
SHADOW_SUFFIX = "-shadow"
_NAME = r"{endpoint}-[0-9a-f]{{8}}(-[0-9]+)?"


class EndpointInUseError(AwsError):
    """An endpoint is still there whose configurations were to be removed."""


def exists(client: Any, release: str) -> bool:
    """Tell whether AWS has a configuration or a model of this name."""
    return _known(client, "describe_endpoint_config", EndpointConfigName=release) or _known(
        client, "describe_model", ModelName=release
    )


def prune(client: Any, endpoint: str, current: str, kept: int) -> list[str]:
    """Remove the superseded releases of an endpoint, but for the newest.

    Args:
        client: A client of SageMaker.
        endpoint: The endpoint's name.
        current: Name of the release that serves. It is never removed.
        kept: How many superseded ones stay.

    Returns:
        The names of the releases that were removed.
    """
    superseded = [name for name in _releases(client, endpoint) if name != current]
    for name in superseded[kept:]:
        _remove_configuration(client, name)
    stay = {current, *superseded[:kept]}
    gone = {name for name in _models(client, endpoint) if name.removesuffix(SHADOW_SUFFIX) not in stay}
    for name in sorted(gone):
        _remove_model(client, name)
    return superseded[kept:]


def remove_all(client: Any, endpoint: str) -> None:
    """Remove every release of an endpoint that is gone.

    Raises:
        EndpointInUseError: When it is not gone.
    """
    if _known(client, "describe_endpoint", EndpointName=endpoint):
        raise EndpointInUseError(
            f"endpoint {endpoint} in {client.meta.region_name}: got an endpoint that still exists, expected none, "
            "fix: delete the endpoint first; it needs its configuration while it serves"
        )
    for name in _releases(client, endpoint):
        _remove_configuration(client, name)
    for name in _models(client, endpoint):
        _remove_model(client, name)


def _releases(client: Any, endpoint: str) -> list[str]:
    """Return the names of an endpoint's configurations, the newest first."""
    listed = pages(client, "list_endpoint_configs", "EndpointConfigs", NameContains=endpoint)
    pattern = re.compile(_NAME.format(endpoint=re.escape(endpoint)))
    ours = [one for one in listed if pattern.fullmatch(one["EndpointConfigName"])]
    ours = [one for one in ours if _is_tagged(client, one["EndpointConfigArn"], endpoint)]
    ours.sort(key=lambda one: one["CreationTime"], reverse=True)
    return [one["EndpointConfigName"] for one in ours]


def _models(client: Any, endpoint: str) -> list[str]:
    listed = pages(client, "list_models", "Models", NameContains=endpoint)
    pattern = re.compile(f"{_NAME.format(endpoint=re.escape(endpoint))}({SHADOW_SUFFIX})?")
    return [
        one["ModelName"]
        for one in listed
        if pattern.fullmatch(one["ModelName"]) and _is_tagged(client, one["ModelArn"], endpoint)
    ]


def _is_tagged(client: Any, arn: str, endpoint: str) -> bool:
    """Tell whether something carries our tag: a name alone is no proof that it is ours to remove."""
    return {"Key": ENDPOINT_TAG, "Value": endpoint} in pages(client, "list_tags", "Tags", ResourceArn=arn)


def _remove_configuration(client: Any, name: str) -> None:
    try:
        ask(client, "delete_endpoint_config", EndpointConfigName=name)
    except MissingError:
        return


def _remove_model(client: Any, name: str) -> None:
    try:
        ask(client, "delete_model", ModelName=name)
    except MissingError:
        return


def _known(client: Any, operation: str, **arguments: Any) -> bool:
    try:
        ask(client, operation, **arguments)
    except MissingError:
        return False
    return True
