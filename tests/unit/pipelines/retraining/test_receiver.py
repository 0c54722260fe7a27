"""The receiver over real HTTP: a storm is one run, a forged request is none."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from mlops_runtime.retraining.__main__ import parser
from mlops_runtime.retraining.guards import Guards, Outcome
from mlops_runtime.retraining.job import STARTED_BY
from mlops_runtime.retraining.receiver import Listening, Receiver, is_authentic
from mlops_runtime.retraining.trigger import Pipeline, Trigger
from tests.unit.pipelines.retraining.fake_cluster import LABELS, FakeCluster

HOUR, DAY = 3600.0, 86400.0
TOKEN = "a-long-and-random-token"
GUARDS = Guards(
    cooldown_seconds=24 * HOUR, runs_max=4, window_seconds=30 * DAY, new_labels_min=100, fruitless_runs_max=3
)


@dataclass
class World:
    """A receiver that listens, and what it stands on."""

    cluster: FakeCluster
    url: str
    token_file: Path
    client: httpx.Client
    now: float = 1_800_000_000.0
    labels: int | None = 5000
    outcomes: dict[str, Outcome] = field(default_factory=dict)

    def post(self, body: object, token: str | None = TOKEN, path: str = "/alerts") -> tuple[int, dict[str, Any]]:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        answer = self.client.post(self.url + path, content=data, headers=headers)
        return answer.status_code, answer.json()

    def metrics(self) -> str:
        return self.client.get(self.url + "/metrics").text


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    cluster = FakeCluster()
    token_file = tmp_path / "token"
    token_file.write_text(f"{TOKEN}\n")
    made = World(cluster, "", token_file, httpx.Client(verify=False, timeout=60))  # noqa: S501 - plain HTTP
    trigger = Trigger(
        cluster,
        Pipeline("flight-delay-pipeline", LABELS, "flight-delay-retraining"),
        GUARDS,
        outcome_of=lambda name: made.outcomes[name],
        new_labels=lambda: made.labels,
        clock=lambda: made.now,
    )
    listening = Listening("flight-delay", {"FeatureDriftPSI", "ModelQuality"}, token_file)
    served = Receiver(("127.0.0.1", 0), listening, trigger.alerted)
    made.url = f"http://127.0.0.1:{served.server_address[1]}"
    thread = threading.Thread(target=served.serve_forever)
    thread.start()
    yield made
    made.client.close()
    served.shutdown()
    served.server_close()
    thread.join(timeout=10)


def alert(name: str = "ModelQuality", status: str = "firing", workload: str = "flight-delay") -> dict[str, Any]:
    return {"alerts": [{"status": status, "labels": {"alertname": name, "workload": workload}}]}


def test_an_alert_starts_one_run_of_the_pipeline(world: World) -> None:
    assert world.post(alert())[1]["result"] == "started"
    (job,) = world.cluster.created
    assert job["metadata"]["labels"] == LABELS
    assert job["spec"]["template"]["metadata"]["annotations"] == {STARTED_BY: "retraining: ModelQuality"}
    assert job["metadata"]["name"].startswith("flight-delay-pipeline-")
    assert 'mlops_retraining_requests_total{result="started"} 1.0' in world.metrics()


def test_a_storm_of_a_thousand_alerts_is_one_run(world: World) -> None:
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: world.post(alert())[1]["result"], range(1000)))
    assert len(world.cluster.created) == results.count("started") == 1
    assert set(results) == {"started", "run-in-progress"}


@pytest.mark.parametrize("token", [None, "wrong", f"{TOKEN}x", TOKEN[:-1]])
def test_a_forged_request_is_refused(world: World, token: str | None) -> None:
    assert world.post(alert(), token)[0] == 401
    assert world.cluster.created == []
    assert 'mlops_retraining_requests_total{result="forged"} 1.0' in world.metrics()


def test_a_new_token_is_taken_at_once_and_an_empty_one_is_nobodys(world: World) -> None:
    world.token_file.write_text("another")
    assert world.post(alert())[0] == 401
    assert world.post(alert(), "another")[0] == 200
    world.token_file.write_text("\n")
    assert not is_authentic("Bearer ", world.token_file)


@pytest.mark.parametrize("body", [b"", b"[]", b'{"alerts": [{}]}', b'{"alerts": 3}', b"\xff"])
def test_what_is_no_alert_is_refused_and_starts_nothing(world: World, body: bytes) -> None:
    assert world.post(body)[0] == 400
    assert world.cluster.created == []


@pytest.mark.parametrize(
    "body", [alert("ReplicasBusy"), alert(status="resolved"), alert(workload="churn"), {"alerts": []}]
)
def test_other_alerts_start_nothing(world: World, body: dict[str, Any]) -> None:
    assert world.post(body) == (200, {"result": "nothing-fires", "explanation": "no alert that starts a run fires"})
    assert world.cluster.created == []


def test_three_fruitless_runs_stop_it_until_a_person_looks(world: World) -> None:
    for _ in range(3):
        assert world.post(alert())[1]["result"] == "started"
        name = world.cluster.created[-1]["metadata"]["name"]
        world.cluster.end(name, "Failed")
        world.outcomes[name] = Outcome.FRUITLESS
        world.now += 2 * DAY
    status, told = world.post(alert())
    assert (status, told["result"]) == (200, "stopped-as-fruitless")
    assert "mlops_retraining_stopped 1.0" in world.metrics()
    assert len(world.cluster.created) == 3


def test_a_run_by_hand_counts_as_a_run_that_goes_on(world: World) -> None:
    world.cluster.create_job({"metadata": {"name": "by-hand", "labels": LABELS}})
    assert world.post(alert())[1]["result"] == "run-in-progress"


def test_a_job_that_the_cluster_refuses_is_told_and_counts_against_nothing(world: World) -> None:
    world.cluster.refuses_jobs = True
    assert world.post(alert())[0] == 503
    world.cluster.refuses_jobs = False
    assert world.post(alert())[1]["result"] == "started"


def test_too_large_a_body_and_another_path_are_refused(world: World) -> None:
    assert world.post(b" " * ((1 << 20) + 1))[0] == 413
    assert world.post(alert(), path="/other")[0] == 404


def test_the_command_asks_for_every_guard() -> None:
    options = {action.option_strings[0] for action in parser()._actions if action.required}
    assert {"--cooldown-hours", "--runs-max", "--budget-days", "--new-labels-min", "--fruitless-runs-max"} <= options
