"""The tables against the SDK whose programs the plugin serves."""

import importlib
import inspect
import typing
from collections.abc import Iterable
from typing import Any

import pytest
from pulumi import _types as sdk_types

from sandbox.plugins.aws.shapes import nodes, takes
from sandbox.plugins.aws.table import Property, ResourceType
from sandbox.plugins.aws.types import ALL

SHARED = {"region", "tags"}


def arguments_of(kind: ResourceType) -> type:
    """The class of a resource's arguments in the SDK."""
    module, _, name = kind.pulumi_type.removeprefix("aws:").partition("/")
    package: Any = importlib.import_module(f"pulumi_aws.{module}")
    name = name.rpartition(":")[2]
    home = importlib.import_module(getattr(package, name).__module__)
    found: type = next(getattr(home, each) for each in (f"{name}InitArgs", f"{name}Args") if hasattr(home, each))
    return found


def object_in(hint: Any) -> type | None:
    """The class of arguments in a type hint; None for plain values and for policies."""
    if isinstance(hint, type) and sdk_types.is_input_type(hint):
        return None if "PolicyDocument" in hint.__name__ else hint
    if "Mapping" in str(typing.get_origin(hint)):
        return None
    return next((found for each in typing.get_args(hint) if (found := object_in(each))), None)


def required_of(arguments: type) -> set[str]:
    names = sdk_types.input_type_py_to_pulumi_names(arguments)
    parameters = inspect.signature(arguments.__init__).parameters.items()  # type: ignore[misc]
    return {names[name] for name, each in parameters if each.default is inspect.Parameter.empty and name in names}


def differences(arguments: type, served: Iterable[Property], refused: Iterable[str], path: str = "") -> list[str]:
    names = set(sdk_types.input_type_py_to_pulumi_names(arguments).values())
    hints = sdk_types.input_type_types(arguments)
    mine = {each.name: each for each in served}
    expected = {name for name in names if f"{path}{name}" not in refused} - (set() if path else SHARED)
    found = [f"{path}{name}" for name in sorted(expected ^ set(mine))]
    required = {name for name, each in mine.items() if each.required}
    found += [f"{path}{name} is required" for name in sorted(required ^ (required_of(arguments) & expected))]
    for name in sorted(expected & set(mine)):
        inner = object_in(hints[name])
        if inner:
            found += differences(inner, mine[name].children, refused, f"{path}{name}.")
        elif mine[name].children:
            found.append(f"{path}{name} is no object")
    return found


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("kind", ALL.values(), ids=lambda kind: kind.title)
def test_every_property_of_the_sdk_is_served_or_refused_by_name(kind: ResourceType) -> None:
    assert differences(arguments_of(kind), kind.properties, kind.refused) == []


@pytest.mark.parametrize("kind", ALL.values(), ids=lambda kind: kind.title)
def test_every_operation_takes_what_the_table_gives_it(kind: ResourceType) -> None:
    assert nodes(kind), "each property finds its shape"
    keys = {
        kind.read.operation: kind.keys if kind.read.keys is None else kind.read.keys,
        kind.delete.operation: kind.keys if kind.delete.keys is None else kind.delete.keys,
        **{each.operation: kind.keys for each in kind.updates},
    }
    for operation, members in keys.items():
        if operation:
            assert all(takes(kind.service, operation, member) for member in members), operation
    for update in kind.updates:
        assert all(takes(kind.service, update.operation, path.partition(".")[0]) for path in update.members.values())
    if kind.tagging:
        operations = (kind.tagging.read, kind.tagging.write, kind.tagging.remove or kind.tagging.remove_all)
        assert all(takes(kind.service, operation, kind.tagging.target) for operation in operations)


def test_the_types_are_those_that_components_use() -> None:
    assert sorted(ALL) == [
        "aws:cloudwatch/metricAlarm:MetricAlarm",
        "aws:iam/role:Role",
        "aws:iam/rolePolicy:RolePolicy",
        "aws:s3/bucket:Bucket",
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
        "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
        "aws:s3/bucketPolicy:BucketPolicy",
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        "aws:s3/bucketVersioning:BucketVersioning",
        "aws:sagemaker/endpointConfiguration:EndpointConfiguration",
        "aws:sagemaker/model:Model",
        "aws:sagemaker/modelPackageGroup:ModelPackageGroup",
        "aws:sagemaker/modelPackageGroupPolicy:ModelPackageGroupPolicy",
        "aws:sagemaker/pipeline:Pipeline",
        "aws:scheduler/schedule:Schedule",
    ]
