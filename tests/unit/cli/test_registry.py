"""What a registry says of versions and runs, asked as MLflow answers."""

from typing import Any

import pytest

from pulumi_mlops.cli.kubernetes.operations import KubernetesOperations
from pulumi_mlops.cli.registered_version import VersionRefusedError
from pulumi_mlops.cli.stacks import Place
from pulumi_mlops.stack import StackConfig
from tests.mlflow_in_process import MlflowCluster
from tests.unit_platform import PLATFORM

# MLflow and what it stands on warn when they are imported and used.
pytestmark = pytest.mark.filterwarnings("ignore")
DIGEST = "sha256:" + "a" * 64
TAGS = {"mlops.digest": DIGEST, "mlops.data_digest": "sha256:d", "mlops.code_version": "c1", "mlops.image": "none"}


@pytest.fixture(scope="module")
def mlflow(tmp_path_factory: pytest.TempPathFactory) -> MlflowCluster:
    """A server with two models, three runs and three versions of each."""
    pytest.importorskip("alembic", reason="needs the extra `registry`")
    cluster = MlflowCluster(tmp_path_factory.mktemp("mlflow"))
    client = cluster.client
    for name in ("flight-delay", "another"):
        client.create_registered_model(name)
        experiment = client.create_experiment(name)
        for number in (1, 2, 3):
            run = client.create_run(experiment, run_name=f"{name}-run-{number}", tags={"mlops.started_by": "ada"})
            identity = run.info.run_id
            client.log_metric(identity, "mae_minutes", 10.0 + number)
            client.log_metric(identity, "step.train.seconds", 3.0)
            client.set_terminated(identity, "FINISHED")
            client.create_model_version(name, f"mlflow-artifacts:/{number}/model", run_id=identity, tags=TAGS)
    return cluster


def operations(cluster: Any, model: str = "flight-delay") -> KubernetesOperations:
    config = StackConfig.model_validate({"platform": PLATFORM, "workloads": {model: {}}})
    return KubernetesOperations(Place("dev-local", model, config), lambda _: cluster)


def test_versions_come_with_where_they_are_from(mlflow: MlflowCluster) -> None:
    versions = operations(mlflow).versions(2)
    assert [version.version for version in versions] == [3, 2]
    newest = versions[0]
    assert (newest.run, newest.created_by, newest.digest) == ("flight-delay-run-3", "ada", DIGEST)
    assert (newest.data_digest, newest.code_version, newest.image) == ("sha256:d", "c1", "")
    assert newest.metrics == {"mae_minutes": 13.0}
    assert newest.created_at.endswith("+00:00")
    assert newest.approval is None


def test_a_version_is_found_by_its_number_among_its_models_alone(mlflow: MlflowCluster) -> None:
    version = operations(mlflow).version(2)
    assert (version.version, version.run, version.metrics) == (2, "flight-delay-run-2", {"mae_minutes": 12.0})


def test_an_unknown_version_names_those_there_are(mlflow: MlflowCluster) -> None:
    with pytest.raises(VersionRefusedError, match=r"got version 7, expected a registered one \(3, 2, 1\), fix: name"):
        operations(mlflow).version(7)
    with pytest.raises(VersionRefusedError, match=r"\(none at all\), fix: train one first"):
        operations(mlflow, "not-trained").version(1)


def test_the_newest_version_is_the_registered_one(mlflow: MlflowCluster) -> None:
    assert operations(mlflow, "not-trained").versions(5) == []
