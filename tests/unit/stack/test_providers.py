import pytest

from pulumi_mlops.stack import PlatformConfig, providers
from tests.recording import Declared, declare


def provider(context: str) -> Declared:
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


def test_another_context_is_another_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLOPS_KUBE_CONTEXT", raising=False)
    for context in ("here", "there"):
        inputs = provider(context).inputs
        assert (inputs["context"], inputs["clusterIdentifier"]) == (context, context)


def test_the_context_of_the_environment_is_the_cluster_that_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLOPS_KUBE_CONTEXT", "mine")
    inputs = provider("here").inputs
    assert (inputs["context"], inputs["clusterIdentifier"]) == ("mine", "mine")
