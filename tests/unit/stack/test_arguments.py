"""Each key of a contract is said somewhere in a stack file, and each setting there is some contract's key."""

from collections.abc import Iterator
from types import UnionType
from typing import Any, NotRequired, TypedDict, Union, get_args, get_origin

import pytest
from pydantic import BaseModel

from pulumi_mlops._shared.place import KubernetesPlaceArgs, SageMakerWorkloadPlaceArgs
from pulumi_mlops.model_registry.args import KubernetesModelRegistrySettingsArgs
from pulumi_mlops.model_registry.config import OwnRegistry
from pulumi_mlops.model_registry.sagemaker.storage.args import SageMakerStorageSettingsArgs
from pulumi_mlops.stack import component_rules
from pulumi_mlops.stack.model import StackConfig
from pulumi_mlops.stack.platform.config import KubernetesSettings, SageMakerSettings
from pulumi_mlops.stack.problems import Path
from pulumi_mlops.stack.workload.args import WorkloadArgs
from pulumi_mlops.stack.workload.config import WorkloadConfig

WORKLOAD, REGISTRY = component_rules._WORKLOAD_PLACES, component_rules._REGISTRY_PLACES
# What the program makes: the bucket's name follows from other settings.
MADE = {"sagemaker.bucket_name"}
# What the provider takes, and no component.
OF_THE_PROVIDER = {"context"}
SECRETS = {("registry_database_password",)}


class Forgotten(TypedDict):
    """A contract with a key that no stack file has a place for."""

    namespace: str
    colour: NotRequired[str]


def models_in(hint: Any) -> Iterator[type[BaseModel]]:
    """The models that a field may hold."""
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        yield hint
    elif get_origin(hint) in (Union, UnionType):
        for member in get_args(hint):
            yield from models_in(member)
    elif hasattr(hint, "__metadata__"):
        yield from models_in(hint.__origin__)


def is_setting(path: Path, models: list[type[BaseModel]]) -> bool:
    """Tell whether a stack file may say something at a path."""
    fields = [model.model_fields[str(path[0])] for model in models if path[0] in model.model_fields]
    inner = [model for field in fields for model in models_in(field.annotation)]
    return bool(fields) and (len(path) == 1 or is_setting(path[1:], inner))


def without_place(contract: type, root: str, places: dict[str, Path]) -> list[str]:
    """The keys of a contract whose problems would be told at a line that no stack file has."""
    keys = [f"{root}.{key}" if root else key for key in contract.__annotations__]
    found = {key: component_rules._placed(key, places) for key in keys if key not in MADE}
    return [
        key
        for key, path in found.items()
        if path not in SECRETS and (path is None or not is_setting(path, [StackConfig]))
    ]


@pytest.mark.parametrize(
    ("contract", "root", "places"),
    [
        (KubernetesPlaceArgs, "kubernetes", WORKLOAD),
        (SageMakerWorkloadPlaceArgs, "sagemaker", WORKLOAD),
        (SageMakerStorageSettingsArgs, "sagemaker", WORKLOAD),
        (KubernetesModelRegistrySettingsArgs, "kubernetes", REGISTRY),
    ],
)
def test_each_key_of_a_place_stands_in_the_stack_file(contract: type, root: str, places: dict[str, Path]) -> None:
    assert without_place(contract, root, places) == []


def test_each_argument_of_a_workload_stands_in_the_stack_file() -> None:
    # Each image is an argument of its own, with a place of its own: the workload's line, or the platform's.
    assert {*without_place(WorkloadArgs, "", WORKLOAD), "images"} == set(WorkloadConfig.model_fields)


def test_a_key_that_has_no_place_is_found() -> None:
    assert without_place(Forgotten, "kubernetes", WORKLOAD) == ["kubernetes.colour"]
    assert without_place(Forgotten, "", WORKLOAD) == ["namespace", "colour"]


@pytest.mark.parametrize(
    ("config", "contracts"),
    [
        (SageMakerSettings, [SageMakerStorageSettingsArgs, SageMakerWorkloadPlaceArgs]),
        (KubernetesSettings, [KubernetesPlaceArgs, KubernetesModelRegistrySettingsArgs]),
        (OwnRegistry, [KubernetesModelRegistrySettingsArgs, SageMakerStorageSettingsArgs]),
    ],
)
def test_each_setting_of_the_platform_is_taken_by_a_contract(config: type[BaseModel], contracts: list[type]) -> None:
    taken = {key for contract in contracts for key in contract.__annotations__}
    assert config.model_fields.keys() - taken - OF_THE_PROVIDER == set()
