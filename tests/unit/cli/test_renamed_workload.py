"""A workload whose model has another name: each command asks for the model where it means that."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from pulumi_mlops.cli.kubernetes.operations import KubernetesOperations
from pulumi_mlops.cli.registered_version import VersionRefusedError
from pulumi_mlops.cli.sagemaker.names import names_of
from pulumi_mlops.cli.stacks import Place
from pulumi_mlops.stack import StackConfig
from tests.fake_target import DELETED, DIGEST, THREE, Mlops
from tests.unit_platform import PLATFORM

PIN = f'model: {{version: 3, digest: "{DIGEST}"}}'
RENAMED = "arrival-delay: {model_name: flight-delay, pipeline: {graph: 'flight_delay.graph:GRAPH'}"
ACCOUNT = "123456789012"
ECR = f"{ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/mlops"


def place(platform: dict[str, Any]) -> Place:
    workloads = {"arrival-delay": {"model_name": "flight-delay"}}
    return Place("dev", "arrival-delay", StackConfig.model_validate({"platform": platform, "workloads": workloads}))


class Cluster:
    """Answers as a registry without a version would, and notes what was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    def request(self, service: Any, path: str, body: Any = None, **_: Any) -> Any:
        self.asked.append((service.name, unquote(path) + json.dumps(body)))
        empty = {"experiments": [{"experiment_id": "1"}], "model_versions": [], "runs": []}
        return {**empty, "predictions": [1.0], "inputs": [], "outputs": [], "version": 7, "digest": DIGEST}

    def replicas(self, namespace: str, deployment: str) -> None:
        self.asked.append((deployment, namespace))

    def jobs(self, namespace: str, selector: dict[str, str]) -> list[Any]:
        return []

    pods = jobs


@pytest.mark.parametrize(
    ("ask", "service", "part"),
    [
        (lambda operations: operations.versions(5), "mlflow", "name='flight-delay'"),
        (lambda operations: operations.past_runs(5), "mlflow", "name = 'flight-delay'"),
        (lambda operations: operations.past_runs(5), "mlflow", "filter=name='flight-delay'"),
        (lambda operations: operations.status(), "mlflow", "name='flight-delay'"),
        (lambda operations: operations.predictions([{}]), "arrival-delay", "/v1/models/flight-delay:predict"),
        (lambda operations: operations.interface(), "arrival-delay", "/v2/models/flight-delay"),
        (lambda operations: operations.serving(), "arrival-delay", "flights-dev"),
    ],
)
def test_on_kubernetes(ask: Callable[[KubernetesOperations], Any], service: str, part: str) -> None:
    cluster: Any = Cluster()
    ask(KubernetesOperations(place(PLATFORM), lambda _: cluster))
    assert [where for where, what in cluster.asked if part in what] == [service]
    assert not [what for _, what in cluster.asked if "arrival-delay" in what]


def test_a_version_that_is_missing_is_missed_of_the_model() -> None:
    cluster: Any = Cluster()
    with pytest.raises(VersionRefusedError, match="model flight-delay: got version 9"):
        KubernetesOperations(place(PLATFORM), lambda _: cluster).version(9)


@pytest.mark.parametrize(
    ("registry", "group"),
    [
        ({}, "flights-dev-flight-delay"),
        (
            {"account_id": "210987654321", "namespace": "shared"},
            "arn:aws:sagemaker:eu-west-1:210987654321:model-package-group/shared-flight-delay",
        ),
    ],
)
def test_on_sagemaker(registry: dict[str, Any], group: str) -> None:
    platform = {key: value for key, value in PLATFORM.items() if key != "kubernetes"} | {
        "target": "sagemaker",
        "sagemaker": {"account_id": ACCOUNT, "region": "eu-west-1"},
        "registry": registry,
    }
    names = names_of(place(platform))
    assert (names.group, names.endpoint, names.pipeline) == (
        group,
        "flights-dev-arrival-delay",
        "flights-dev-arrival-delay-pipeline",
    )


@pytest.fixture
def other(stack: Path) -> Callable[[str], Path]:
    """Write another stack with these workloads."""

    def write(workloads: str) -> Path:
        text = (stack / "stacks/Pulumi.dev-local.yaml").read_text()
        path = stack / "stacks/Pulumi.prod-local.yaml"
        path.write_text(
            text.replace("flight-delay: {}", workloads).replace("namespace: flights-dev", "namespace: flights-prod")
        )
        return path

    return write


def test_a_version_that_the_model_is_pinned_to_under_another_name_stays(
    mlops: Mlops, other: Callable[[str], Path]
) -> None:
    path = other(f"{RENAMED}, {PIN}}}")
    DELETED.clear()
    result = mlops("delete-version", "--version", "3", registered=[THREE])
    assert (result.exit_code, DELETED) == (1, [])
    assert f"got one that is pinned in {path}:" in result.stderr


def test_a_pin_is_copied_from_a_stack_where_the_workload_was_renamed(
    mlops: Mlops, stack: Path, other: Callable[[str], Path]
) -> None:
    other(f"{RENAMED}, {PIN}}}")
    result = mlops("pin", "--from", "prod-local")
    assert result.exit_code == 0, result.stderr
    assert DIGEST in (stack / "stacks/Pulumi.dev-local.yaml").read_text()


def test_a_pin_of_another_model_is_not_copied(mlops: Mlops, other: Callable[[str], Path]) -> None:
    other(f"flight-delay: {{model_name: other, {PIN}}}")
    result = mlops("pin", "--from", "prod-local")
    assert result.exit_code == 1
    assert "got a pin of the model other, expected one of flight-delay" in result.stderr
