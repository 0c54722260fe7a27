import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from pulumi_mlops.stack import PlatformConfig
from tests.recording import Declared, declare

PROGRAM = Path(__file__).parents[3] / "infra" / "providers.py"


@pytest.fixture(scope="module")
def providers() -> ModuleType:
    found = importlib.util.spec_from_file_location("providers", PROGRAM)
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def provider(providers: ModuleType, context: str) -> Declared:
    platform = PlatformConfig.model_validate(
        {
            "environment": "prod",
            "target": "kubernetes",
            "namespace": "flights-prod",
            "owner": "team-flights",
            "images": {name: f"{name}@sha256:{'a' * 64}" for name in ("pipeline", "serving")},
            "kubernetes": {"context": context},
            "registry": {"url": "http://mlflow.flights-dev.svc.cluster.local:5000"},
        }
    )
    return declare(lambda: providers.of(platform) and None).one("kubernetes")


def test_another_context_is_another_cluster(providers: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLOPS_KUBE_CONTEXT", raising=False)
    for context in ("here", "there"):
        inputs = provider(providers, context).inputs
        assert (inputs["context"], inputs["clusterIdentifier"]) == (context, context)


def test_the_context_of_the_environment_is_the_cluster_that_counts(
    providers: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLOPS_KUBE_CONTEXT", "mine")
    inputs = provider(providers, "here").inputs
    assert (inputs["context"], inputs["clusterIdentifier"]) == ("mine", "mine")
