"""`mlops batch run`: what it refuses before anything runs, and what it starts on each target."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from pulumi_mlops.cli import targets
from pulumi_mlops.cli.app import app
from pulumi_mlops.cli.kubernetes import batch as on_kubernetes
from pulumi_mlops.cli.kubernetes.errors import ClusterError
from pulumi_mlops.cli.kubernetes.operations import KubernetesOperations
from pulumi_mlops.cli.operations import Operations, RunRefusedError
from pulumi_mlops.cli.runs import Run, RunReference, Status
from pulumi_mlops.cli.sagemaker import executions
from pulumi_mlops.cli.sagemaker.names import Names
from pulumi_mlops.cli.sagemaker.operations import SageMakerOperations
from pulumi_mlops.cli.stacks import Place, place_of
from tests.fake_target import Target
from tests.stack_files import PINNED_AWS
from tests.unit.batch_job.declarations import NAME
from tests.unit.batch_job.declarations import on_kubernetes as declared

DIGEST = "sha256:" + "a" * 64
WORKLOAD = """\
  mlops:workloads:
    flight-delay:
      model: {{version: 7, digest: "{digest}"}}
      batch: {{input: "pvc://flights/new", output: "s3://scores/flights"}}
"""
FAILED = Run("b1", Status.FAILED, "score: 3 rows read = 1 scored + 2 set aside; got 66.7 percent set aside")
Mlops = Callable[..., Result]


@pytest.fixture
def stack(project: Path) -> Path:
    path = project / "stacks" / "Pulumi.dev-local.yaml"
    path.write_text(path.read_text() + WORKLOAD.format(digest=DIGEST))
    return path


@pytest.fixture
def mlops(stack: Path, monkeypatch: pytest.MonkeyPatch) -> Mlops:
    def run(*options: str, active: tuple[str, ...] = (), ending: Run | None = None) -> Result:
        def operations_of(place: Place) -> Operations:
            return Target(place, active, ending or Run("b1", Status.SUCCEEDED, "3 rows read"))

        monkeypatch.setattr(targets, "operations_of", operations_of)
        return CliRunner().invoke(app, ["batch", "run", "flight-delay", "--stack", "dev-local", *options])

    return run


def test_a_batch_is_started_and_not_waited_for(mlops: Mlops) -> None:
    assert mlops().stdout == "run b1 started\n"
    assert json.loads(mlops("--json").stdout) == {"run": "b1", "stack": "dev-local", "workload": "flight-delay"}


def test_how_a_followed_batch_ended_is_the_exit_code(mlops: Mlops) -> None:
    assert mlops("--follow").exit_code == 0
    failed = mlops("--follow", "--json", ending=FAILED)
    assert failed.exit_code == 1
    assert json.loads(failed.stdout)["message"] == FAILED.message


def test_two_batches_would_write_the_same_output(mlops: Mlops) -> None:
    result = mlops(active=("b0",))
    assert result.exit_code == 1
    assert "got the active run b0, expected none, fix: wait for its end: both would write the same" in result.stderr


def test_a_place_within_the_stack_files_is_taken(mlops: Mlops) -> None:
    result = mlops("--input", "pvc://flights/new/today", "--output", "s3://scores/flights/today")
    assert result.stdout == "run b1-pvc://flights/new/today-s3://scores/flights/today started\n"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--input", "pvc://flights/old"), "--input: got pvc://flights/old, expected a place within pvc://flights/new"),
        (("--input", "pvc://flights/newer"), "--input: got pvc://flights/newer"),
        (("--output", "s3://scores/other"), "--output: got s3://scores/other, expected a place within s3://scores"),
        (("--input", "/etc"), "--input: got '/etc', expected the place of a table"),
        (("--input", "pvc://flights/new/../x"), "expected the place of a table"),
    ],
)
def test_a_place_elsewhere_is_refused(mlops: Mlops, options: tuple[str, str], told: str) -> None:
    result = mlops(*options)
    assert result.exit_code == 1
    assert told in result.stderr


@pytest.mark.parametrize(
    ("line", "told"),
    [("batch:", "got no batch, expected one, fix: add batch"), ("model:", "got no pinned model, expected the version")],
)
def test_without_a_batch_or_a_model_nothing_is_run(mlops: Mlops, stack: Path, line: str, told: str) -> None:
    kept = [each for each in stack.read_text().splitlines() if not each.strip().startswith(line)]
    stack.write_text("\n".join(kept) + "\n")
    result = mlops()
    assert result.exit_code == 1
    assert told in result.stderr


class FakeCluster:
    """A cluster with the batch's CronJob, and what was created there."""

    def __init__(self, rivals: tuple[str, ...] = ()) -> None:
        cron_job = declared(input="pvc://flights/new").one("CronJob").inputs
        self._cron_job = {**cron_job, "metadata": {**cron_job["metadata"], "uid": "u"}}
        self.created: list[dict[str, Any]] = [self._job(name) for name in rivals]
        self.deleted: list[str] = []

    def _job(self, name: str) -> dict[str, Any]:
        return {"metadata": {"name": name, "creationTimestamp": "2026-01-01T00:00:00Z"}}

    def cron_job(self, namespace: str, name: str) -> dict[str, Any]:
        assert (namespace, name) == ("flights-dev", NAME)
        return self._cron_job

    def create_job(self, namespace: str, job: dict[str, Any]) -> dict[str, Any]:
        job["metadata"]["creationTimestamp"] = "2026-01-01T00:00:01Z"
        self.created.append(job)
        return job

    def jobs(self, namespace: str, selector: dict[str, str]) -> list[dict[str, Any]]:
        assert selector == {"app.kubernetes.io/name": NAME, "app.kubernetes.io/component": "batch-job"}
        return self.created

    def delete_job(self, namespace: str, name: str) -> None:
        self.deleted.append(name)


def operations(cluster: FakeCluster) -> KubernetesOperations:
    return KubernetesOperations(place_of("flight-delay", "dev-local"), lambda _: cluster)  # type: ignore[arg-type, return-value]


def test_on_kubernetes_a_job_of_the_cron_job_reads_where_it_is_told(stack: Path) -> None:
    cluster = FakeCluster()
    reference = operations(cluster).start_batch({"input": "pvc://flights/new/today"})
    (job,) = cluster.created
    assert reference == RunReference(job["metadata"]["name"], job["metadata"]["name"])
    command = job["spec"]["template"]["spec"]["containers"][0]["command"]
    assert command[command.index("--input") + 1] == "/data/flights/new/today"
    assert command[command.index("--output") + 1] == "s3://scores/flights"
    kept = cluster.cron_job("flights-dev", NAME)["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]
    assert "/data/flights/new" in kept["command"], "the CronJob's own template stays as it is"


def test_on_kubernetes_of_two_at_the_same_moment_the_later_gives_way(stack: Path) -> None:
    cluster = FakeCluster(("a-rival",))
    with pytest.raises(RunRefusedError, match="got the active run a-rival"):
        operations(cluster).start_batch({})
    assert cluster.deleted == [cluster.created[-1]["metadata"]["name"]]


def test_another_versions_command_is_told() -> None:
    job = {"metadata": {"name": "j"}, "spec": {"template": {"spec": {"containers": [{"command": ["python"]}]}}}}
    with pytest.raises(ClusterError, match="got a command without --input"):
        on_kubernetes.with_overrides(job, {"input": "s3://a/b"})


def test_on_sagemaker_an_execution_has_the_places_as_parameters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(PINNED_AWS.root)
    started: list[tuple[str, dict[str, str]]] = []

    def start(names: Names, parameters: dict[str, str]) -> str:
        started.append((names.pipeline, parameters))
        return "arn:aws:sagemaker:eu-west-1:444444444444:pipeline/p/execution/e1"

    monkeypatch.setattr(executions, "start", start)
    from pulumi_mlops.stack.file import load_stack_file  # noqa: PLC0415 - beside the project's own lookup

    config = load_stack_file(PINNED_AWS.stack_file("own-aws"), PINNED_AWS)
    found = SageMakerOperations(Place("own-aws", "flight-delay", config)).start_batch({"output": "s3://scores/x"})
    assert found.name == "e1"
    assert started == [("flights-own-flight-delay-batch", {"Output": "s3://scores/x"})]
