"""AWS's resources as a plain program declares them, and our own for an endpoint beside them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bench.preview.plain_program import Resource, Variables, arguments, name_of, snake_case, token_of

_AWS = "aws:"
_CHECK = "pulumi-python:dynamic/mlops:"
_RELEASE = f"{_CHECK}EndpointRelease"
_IMAGE = f"{_CHECK}HostingImage"
_CLASSES = {f"{_CHECK}Endpoint": "ManagedEndpoint"}
# Their keys are the user's, and no names of properties.
_MAPS = frozenset({"tags", "environment", "dimensions"})
_UNKNOWN = re.compile(r"<known (later|after .+)>")
_HEAD = """import pulumi
import pulumi_aws as aws

from pulumi_mlops.dynamic.endpoint import ManagedEndpoint
from pulumi_mlops.dynamic.endpoint_release import EndpointRelease
from pulumi_mlops.dynamic.hosting_image import HostingImage
from pulumi_mlops.dynamic.pinned_model_package import PinnedModelPackage
from pulumi_mlops.dynamic.registered_versions import RegisteredVersions

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

    def call(self, resource: Resource, variables: Variables, options: str) -> str:  # noqa: ARG002 - as PlainTarget has it
        """See `PlainTarget`."""
        token, name = token_of(resource), name_of(resource["resource"])
        if token.startswith(_CHECK):
            return _check(token, name, resource["inputs"], options)
        module, kind = token.removeprefix(_AWS).split(":")
        inputs = {key: _value(key, value) for key, value in resource["inputs"].items()}
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


def _value(key: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        return {inner if key in _MAPS else snake_case(inner): _value(inner, value[inner]) for inner in value}
    if isinstance(value, list):
        return [_value(key, item) for item in value]
    if isinstance(value, str) and _UNKNOWN.fullmatch(value):
        raise ValueError(f"{key}: got {value}, expected what is known beforehand")
    return value
