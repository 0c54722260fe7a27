"""Runs and logs on Kubernetes: what the Jobs say, what the registry says, and both together."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from pulumi_mlops.cli.kubernetes import logs
from pulumi_mlops.cli.kubernetes.past_runs import LOST, past_runs
from pulumi_mlops.cli.past_run import NoLogError
from pulumi_mlops.cli.runs import Status
from pulumi_mlops.cli.stacks import Place
from pulumi_mlops.stack import StackConfig
from tests.unit_platform import PLATFORM

PLACE = Place(
    "dev-local",
    "flight-delay",
    StackConfig.model_validate({"platform": PLATFORM, "workloads": {"flight-delay": {}}}),
)


def job(name: str, hour: int, condition: str | None = None, **status: Any) -> dict[str, Any]:
    conditions = [{"type": condition, "status": "True", "lastTransitionTime": moment(hour + 1)}] if condition else []
    metadata: dict[str, Any] = {"name": name, "creationTimestamp": moment(hour)}
    metadata["annotations"] = {"pulumi-mlops.dev/started-by": "ada"}
    return {"metadata": metadata, "status": {"startTime": moment(hour), "conditions": conditions, **status}}


def pod(run: str, *states: Mapping[str, Any]) -> dict[str, Any]:
    names = [f"step-{number}" for number, _ in enumerate(states)]
    containers = [{"name": name, "args": ["--step", name.upper()]} for name in names]
    return {
        "metadata": {"name": f"{run}-pod", "labels": {"batch.kubernetes.io/job-name": run}},
        "spec": {"initContainers": containers[:-1], "containers": containers[-1:]},
        "status": {
            "containerStatuses": [{"name": name, "state": state} for name, state in zip(names, states, strict=True)]
        },
    }


def moment(hour: int) -> str:
    return f"2026-01-01T{hour:02}:00:00+00:00"


def record(name: str, hour: int, status: str = "FINISHED", **tags: str) -> dict[str, Any]:
    start = 1767225600000 + hour * 3_600_000
    return {
        "info": {"run_id": f"id-{name}", "run_name": name, "status": status, "start_time": start, "end_time": start},
        "data": {
            "metrics": [{"key": "mae_minutes", "value": 12.5}],
            "tags": [{"key": f"mlops.{key}", "value": value} for key, value in tags.items()],
        },
    }


class Registry:
    """A registry with these runs, of which the first registered a version."""

    def __init__(self, *runs: Mapping[str, Any]) -> None:
        self._runs = runs

    def runs(self, experiment: str, most: int) -> Any:
        assert experiment == "flight-delay"
        return self._runs[:most]

    def versions(self, model: str) -> Any:
        assert model == "flight-delay"
        tags = [{"key": "mlops.digest", "value": "sha256:a"}]
        return [{"version": "4", "run_id": run["info"]["run_id"], "tags": tags} for run in self._runs[:1]]


class Cluster:
    """A cluster with these Jobs and pods, whose containers have each written their name."""

    def __init__(self, jobs: list[Any], pods: list[Any]) -> None:
        self._jobs, self._pods = jobs, pods
        self.followed: list[bool] = []

    def jobs(self, namespace: str, selector: Mapping[str, str]) -> Any:
        assert (namespace, selector) == ("flights-dev", PLACE.pipeline_labels)
        return self._jobs

    def job(self, _: str, name: str) -> Any:
        return next(each for each in self._jobs if each["metadata"]["name"] == name)

    def pods(self, _: str, selector: Mapping[str, str]) -> Any:
        wanted = selector.get("batch.kubernetes.io/job-name")
        return [
            each for each in self._pods if wanted in (None, each["metadata"]["labels"]["batch.kubernetes.io/job-name"])
        ]

    def log(self, _: str, pod: str, container: str, *, follow: bool) -> Iterator[str]:
        self.followed.append(follow)
        yield f"{pod} "
        yield f"{container}\n"


def listed(jobs: list[Any], pods: list[Any], *records: Any, most: int = 10) -> Any:
    cluster: Any = Cluster(jobs, pods)
    registry: Any = Registry(*records)
    return past_runs(cluster, registry, PLACE, most)


DONE = {"terminated": {"exitCode": 0, "message": '{"status": "succeeded", "metrics": {"mae_minutes": 12.4}}'}}
BROKEN = {"terminated": {"exitCode": 1, "message": '{"message": "no data"}'}}


def test_a_run_is_told_once_by_its_job_and_its_record() -> None:
    (run,) = listed([job("r1", 3, "Complete")], [pod("r1", DONE)], record("r1", 3, outcome="succeeded"))
    assert (run.run, run.status, run.version, run.digest) == ("r1", Status.SUCCEEDED, 4, "sha256:a")
    assert (run.metrics, run.started_by) == ({"mae_minutes": 12.5}, "ada")


def test_a_run_that_the_registry_never_heard_of_is_listed() -> None:
    waiting = {"waiting": {"reason": "ErrImagePull", "message": "no such image"}}
    (run,) = listed([job("r1", 3)], [pod("r1", waiting)])
    assert (run.status, run.message) == (Status.WAITING, "STEP-0: ErrImagePull: no such image")
    (run,) = listed([job("r1", 3, "Failed")], [pod("r1", DONE, BROKEN)])
    assert (run.status, run.message, run.seconds) == (Status.FAILED, "STEP-1: no data (exit code 1)", 3600)
    assert run.metrics == {"mae_minutes": 12.4}


def test_runs_whose_jobs_are_gone_are_known_by_their_records() -> None:
    records = [
        record("r3", 3, outcome="rejected", reason="mae is 14"),
        record("r2", 2, "FAILED", reason="train: no data"),
        record("r1", 1, "RUNNING"),
    ]
    runs = listed([job("r4", 4)], [pod("r4", {"running": {}})], *records)
    assert [(run.run, run.status, run.message) for run in runs] == [
        ("r4", Status.RUNNING, ""),
        ("r3", Status.REJECTED, "mae is 14"),
        ("r2", Status.FAILED, "train: no data"),
        ("r1", Status.FAILED, LOST),
    ]
    assert [run.run for run in listed([job("r4", 4)], [], *records, most=2)] == ["r4", "r3"]


def test_a_job_without_its_pod_is_told_by_its_record() -> None:
    (run,) = listed([job("r1", 3, "Complete")], [], record("r1", 3, outcome="rejected", reason="mae is 14"))
    assert (run.status, run.message) == (Status.REJECTED, "mae is 14")


def read(cluster: Cluster, run: str | None = None, step: str | None = None, *, follow: bool = False) -> Any:
    where: Any = cluster
    name, pieces = logs.log(where, PLACE, run, step, follow=follow, sleep=lambda _: None)
    return name, [(piece.step, piece.text) for piece in pieces]


def test_the_newest_runs_log_is_read_step_by_step() -> None:
    cluster = Cluster([job("r2", 5), job("r1", 3)], [pod("r1", DONE, DONE), pod("r2", DONE, {"running": {}}, {})])
    expected = [("STEP-0", "r2-pod "), ("STEP-0", "step-0\n"), ("STEP-1", "r2-pod "), ("STEP-1", "step-1\n")]
    assert read(cluster) == ("r2", expected)
    assert read(cluster, "r1", "STEP-1") == ("r1", [("STEP-1", "r1-pod "), ("STEP-1", "step-1\n")])


def test_a_followed_log_waits_for_each_step() -> None:
    states: list[dict[str, Any]] = [DONE, {}]

    class Growing(Cluster):
        asked = 0

        def pods(self, _: str, selector: Mapping[str, str]) -> Any:
            self.asked += 1
            if self.asked < 3:
                return []
            return [pod("r1", *(states if self.asked < 6 else [DONE, {"running": {}}]))]

    cluster = Growing([job("r1", 3)], [])
    name, found = read(cluster, follow=True)
    assert (name, [step for step, _ in found]) == ("r1", ["STEP-0", "STEP-0", "STEP-1", "STEP-1"])
    assert cluster.followed == [True, True]


def test_a_step_that_never_starts_is_not_followed_for_ever() -> None:
    over = pod("r1", BROKEN, {})
    over["status"]["phase"] = "Failed"
    assert [step for step, _ in read(Cluster([job("r1", 3)], [over]), follow=True)[1]] == ["STEP-0"] * 2


@pytest.mark.parametrize(
    ("jobs", "run", "step", "told"),
    [
        ([], None, None, "flight-delay-pipeline: got no run, expected one"),
        (["r1"], "r7", None, "got the unknown run r7, expected one of r1"),
        (["r1"], None, "x", "run r1: got the unknown step x, expected one of STEP-0"),
        (["r2"], None, None, "run r2: got no pod, expected one with its log"),
    ],
)
def test_what_has_no_log_is_told(jobs: list[str], run: str | None, step: str | None, told: str) -> None:
    cluster = Cluster([job(name, 3) for name in jobs], [pod("r1", DONE)])
    with pytest.raises(NoLogError, match=told):
        read(cluster, run, step)
