"""AWS's resources as a plain program declares them, and our own for an endpoint beside them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bench.preview.plain_program import Code, Resource, Variables, arguments, name_of, snake_case, token_of

_AWS = "aws:"
_CHECK = "pulumi-python:dynamic/mlops:"
_PACKAGE = f"{_CHECK}PinnedModelPackage"
_RELEASE = f"{_CHECK}EndpointRelease"
_IMAGE = f"{_CHECK}HostingImage"
_CLASSES = {f"{_CHECK}Endpoint": "ManagedEndpoint"}
# Their keys are the user's, and no names of properties.
_MAPS = frozenset({"tags", "environment", "dimensions"})
_UNKNOWN = re.compile(r"<known (later|after (?P<names>.+))>")
_HEAD = """import pulumi
import pulumi_aws as aws

from pulumi_mlops.dynamic.endpoint import ManagedEndpoint
from pulumi_mlops.dynamic.endpoint_release import EndpointRelease
from pulumi_mlops.dynamic.hosting_image import HostingImage
from pulumi_mlops.dynamic.pinned_model_package import PinnedModelPackage

provider = aws.Provider(
    "aws",
    region={region!r},
    allowed_account_ids=[{account_id!r}],
    endpoints=[dict.fromkeys({services!r}, {url!r})],
    s3_use_path_style=True,
    skip_credentials_validation=True,
    skip_metadata_api_check=True,
    skip_region_validation=True,
)
"""
_SERVICES = ("cloudwatch", "iam", "s3", "sagemaker", "scheduler", "sts")


@dataclass(frozen=True)
class PlainAws:
    """An offline AWS.

    Attributes:
        url: Its address.
        account_id: Its account.
        region: The region.
    """

    url: str
    account_id: str
    region: str

    @property
    def head(self) -> str:
        """See `PlainTarget`."""
        return _HEAD.format(region=self.region, account_id=self.account_id, services=_SERVICES, url=self.url)

    def is_written(self, token: str) -> bool:
        """See `PlainTarget`."""
        return token.startswith((_AWS, _CHECK))

    def call(self, resource: Resource, variables: Variables, options: str) -> str:
        """See `PlainTarget`."""
        token, name = token_of(resource), name_of(resource["resource"])
        if token.startswith(_CHECK):
            return _check(token, name, resource["inputs"], options)
        module, kind = token.removeprefix(_AWS).split(":")
        inputs = {key: _value(key, value, variables) for key, value in resource["inputs"].items()}
        return (
            f"aws.{module.partition('/')[0]}.{kind}(\n    {name!r},\n{arguments(inputs)}"
            f"    opts=pulumi.ResourceOptions(provider=provider, {options}),\n)"
        )


def _check(token: str, name: str, inputs: Mapping[str, Any], options: str) -> str:
    """Writes a resource of ours: the very class, since nobody would write another that does and proves the same."""
    kind, options = _CLASSES.get(token, token.removeprefix(_CHECK)), f"pulumi.ResourceOptions({options})"
    if token == _IMAGE:
        return f"{kind}({name!r}, {inputs['image']!r}, {options})"
    if token == _RELEASE:
        given = arguments({key: value for key, value in inputs.items() if key != "name"})
        return f"{kind}(\n    {name!r},\n{given}    opts={options},\n)"
    return f"{kind}({name!r}, {dict(inputs)!r}, {options})"


def _value(key: str, value: Any, variables: Variables) -> Any:
    if isinstance(value, Mapping):
        return {inner if key in _MAPS else snake_case(inner): _value(inner, value[inner], variables) for inner in value}
    if isinstance(value, list):
        return [_value(key, item, variables) for item in value]
    unknown = _UNKNOWN.fullmatch(value) if isinstance(value, str) else None
    return value if unknown is None else _awaited(key, unknown["names"], variables)


def _awaited(key: str, names: str | None, variables: Variables) -> Code:
    """Writes what is made of a pinned version's address, which is only known when the check has run.

    What makes it is left out, which a preview never runs.
    """
    wanted = {f"{_PACKAGE}::{name}" for name in (names or "").split(", ")}
    for path, variable in variables.items():
        if path.rpartition("$")[2] in wanted:
            return Code(f"{variable}.model_data_url.apply(lambda url: url)")
    raise ValueError(f"{key} is not known beforehand, and no pinned version is what it waits for")
