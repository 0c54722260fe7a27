"""What an edit of a stack file takes away is told; an edit that takes nothing says nothing."""

from collections.abc import Callable

import pytest

from pulumi_mlops.stack.losses import data_places, losses
from pulumi_mlops.stack.model import StackConfig

Read = Callable[[str], StackConfig]
DATABASE = "      database: sqlite\n"


@pytest.fixture
def told(good: str, read: Read) -> Callable[[str], list[str]]:
    before = data_places(read(good))
    return lambda text: losses(before, data_places(read(text)))


def test_an_edit_that_moves_no_data_loses_nothing(good: str, told: Callable[[str], list[str]]) -> None:
    assert told(good) == []
    assert told(good.replace("artifacts_volume_gib: 5", "artifacts_volume_gib: 9")) == []


def test_a_stack_that_never_had_an_update_loses_nothing(good: str, read: Read) -> None:
    assert losses({}, data_places(read(good))) == []


def test_another_database_is_an_empty_one(good: str, told: Callable[[str], list[str]]) -> None:
    postgresql = good.replace(DATABASE, "      database: postgresql\n").replace(
        "    images:\n", "    images:\n      postgres: localhost/pulumi-mlops/postgres:0123456789abcdef\n"
    )
    (sentence,) = told(f"{postgresql}  mlops:registry_database_password: {{secure: abc}}\n")
    assert sentence.startswith("mlops:platform.registry.database: changes from sqlite to postgresql: ")
    assert "every version registered there is lost" in sentence


def test_another_namespace_takes_the_volumes_along(good: str, told: Callable[[str], list[str]]) -> None:
    (sentence,) = told(good.replace("namespace: flights-dev", "namespace: flights-new"))
    assert sentence.startswith("mlops:platform.namespace: changes from flights-dev to flights-new: ")


def test_another_storage_class_is_an_empty_volume(good: str, told: Callable[[str], list[str]]) -> None:
    context = "{context: mlops-sandbox}"
    (sentence,) = told(good.replace(context, "{context: mlops-sandbox, storage_class_name: fast}"))
    assert sentence.startswith("mlops:platform.kubernetes.storage_class_name: changes from the cluster's default to ")


def test_a_workload_of_another_name_starts_without_versions(good: str, told: Callable[[str], list[str]]) -> None:
    (sentence,) = told(good.replace("    flight-delay:\n", "    renamed:\n"))
    assert sentence.startswith("mlops:workloads.flight-delay: leaves the stack: ")
    assert "renamed starts without a version" in sentence


def test_what_another_stack_keeps_is_not_this_ones_to_lose(good: str, read: Read) -> None:
    before = {**data_places(read(good)), "owns_registry": False}
    assert losses(before, data_places(read(good.replace("namespace: flights-dev", "namespace: flights-new")))) == []


def test_another_target_leaves_everything_behind() -> None:
    before = {"target": "kubernetes", "namespace": "a", "workloads": [], "owns_registry": True, "database": "sqlite"}
    after = {"target": "sagemaker", "namespace": "b", "workloads": [], "owns_registry": True, "account": "1"}
    (sentence,) = losses(before, after)
    assert sentence.startswith("mlops:platform.target: changes from kubernetes to sagemaker: ")


@pytest.mark.parametrize(("key", "path"), [("account", "account_id"), ("region", "region")])
def test_another_account_or_region_leaves_everything_behind(key: str, path: str) -> None:
    before = {
        "target": "sagemaker",
        "namespace": "a",
        "workloads": ["x"],
        "owns_registry": True,
        "account": "1",
        "region": "eu-west-1",
    }
    (sentence,) = losses(before, {**before, key: "2"})
    assert sentence.startswith(f"mlops:platform.sagemaker.{path}: changes from ")
