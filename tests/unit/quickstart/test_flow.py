from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from kubernetes.client.exceptions import ApiException
from kubernetes.config import ConfigException
from urllib3.connectionpool import HTTPSConnectionPool
from urllib3.exceptions import MaxRetryError

from pulumi_mlops.cli.kubernetes.errors import ClusterError, UnreachableError
from pulumi_mlops.stack.problems import ConfigError, Problem
from pulumi_mlops.stack.project import ProjectError
from quickstart import flow as module
from quickstart.context import QuickStart
from quickstart.personal_stack import ModelPin, Place, with_model
from sandbox.cluster.target import Cluster
from sandbox.errors import SandboxError

IMAGES = {name: f"localhost/pulumi-mlops/{name}@sha256:{'ab' * 32}" for name in ("pipeline", "serving", "registry")}
TEMPLATE = """\
# yaml-language-server: $schema=schema.json
config:
  mlops:platform:
    environment: dev
    target: kubernetes
    namespace: flights-dev
    images: {pipeline: old, serving: old, registry: old}
    kubernetes: {context: mlops-sandbox}
    registry: {database: sqlite}
  mlops:workloads:
    flight-delay:
      pipeline: {}
"""
TRAINED = ModelPin(1, "sha256:" + "11" * 32)


class FakeStack:
    """Notes what the quick start asks of Pulumi, and which model the file pinned at each update."""

    def __init__(self, events: list[str]) -> None:
        self.events = events
        self.known = False
        self.has_made = False
        self.start: QuickStart | None = None
        self.failure: str | None = None
        self.busy_times = 0
        self.was_killed = False

    def exists(self) -> bool:
        return self.known

    def has_resources(self) -> bool:
        return self.has_made

    def init(self) -> None:
        self.known = True
        self.events.append("init")

    def is_busy(self) -> bool:
        if self.busy_times:
            self.busy_times -= 1
            self.events.append("busy")
            return True
        return False

    def recover(self) -> bool:
        return self.was_killed

    def up(self, log: Path, report: Callable[[str], None], *, refresh: bool) -> str:
        assert self.start is not None
        pin = self.start.pin
        self.events.append(f"up pin={pin.version if pin else None} refresh={refresh}")
        if self.failure:
            raise SandboxError(self.failure)
        return "done"


class World:
    """A checkout and a cluster that are not there."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.events: list[str] = []
        (folder / "stacks").mkdir()
        (folder / "stacks" / "Pulumi.dev-local.yaml").write_text(TEMPLATE)
        self.stack = FakeStack(self.events)
        access: Any = None
        pulumi: Any = self.stack
        self.start = self.stack.start = QuickStart(folder, Place("mlops-sandbox", IMAGES), pulumi, access)
        self.has_namespace = True
        monkeypatch.setenv("MLOPS_SANDBOX_STATE", str(folder / "state"))
        monkeypatch.setattr(module, "_prepared", lambda cluster: self.start)
        monkeypatch.setattr(module, "_has_namespace", lambda start: self.has_namespace)
        monkeypatch.setattr(module, "trained", self.train)
        monkeypatch.setattr(module, "real_flights", lambda: ["a flight"])
        monkeypatch.setattr(module, "show", lambda start, flights: self.events.append(f"show {flights}"))

    def train(self, start: QuickStart) -> ModelPin:
        self.events.append("train")
        return TRAINED

    def run(self) -> list[str]:
        self.events.clear()
        module.quickstart(Cluster("mlops-sandbox", Path("kubeconfig")))
        return list(self.events)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    return World(tmp_path, monkeypatch)


FIRST = ["init", "up pin=None refresh=False", "train", "up pin=1 refresh=False", "show ['a flight']"]
AGAIN = ["up pin=1 refresh=False", "show ['a flight']"]


def test_the_first_run_trains_and_the_second_has_nothing_to_do(world: World) -> None:
    assert world.run() == FIRST
    text = world.start.text
    assert world.run() == AGAIN
    assert world.start.text == text, "not one byte of the file changes"


def test_a_run_that_was_stopped_goes_on_from_there(world: World) -> None:
    world.stack.failure = "the disk is full"
    with pytest.raises(SandboxError, match="the disk is full"):
        world.run()
    assert world.start.pin is None
    world.stack.failure = None
    assert world.run() == ["up pin=None refresh=False", "train", "up pin=1 refresh=False", "show ['a flight']"]


def test_an_update_that_is_under_way_is_waited_for(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.run()
    monkeypatch.setattr(module, "_OTHER_UPDATE_POLL_SECONDS", 0.0)
    world.stack.busy_times = 3
    assert world.run() == ["busy", "busy", "busy", *AGAIN]
    monkeypatch.setattr(module, "_OTHER_UPDATE_SECONDS", -1.0)
    world.stack.busy_times = 3
    with pytest.raises(SandboxError, match="another `pulumi` has been updating stack local"):
        world.run()


def test_a_lost_cluster_takes_its_models_with_it(world: World) -> None:
    world.run()
    world.has_namespace = False
    assert world.run() == ["up pin=None refresh=True", "train", "up pin=1 refresh=False", "show ['a flight']"]


def test_a_lost_backend_takes_models_and_secrets_with_it(world: World) -> None:
    world.run()
    world.start.file.write_text("encryptionsalt: v1:lost\n" + world.start.text)
    world.stack.known = False
    assert world.run() == FIRST
    assert "encryptionsalt" not in world.start.text


def test_what_the_owner_changed_stays(world: World) -> None:
    world.run()
    own = ModelPin(7, "sha256:" + "77" * 32)
    edited = with_model(world.start.text, "flight-delay", own).replace("flights-local", "flights-mine")
    world.start.file.write_text(edited)
    assert world.run() == ["up pin=7 refresh=False", "show ['a flight']"]
    assert world.start.text == edited


def test_new_images_reach_the_file_of_a_stack_that_is_known(world: World) -> None:
    world.run()
    world.start.file.write_text(world.start.text.replace(IMAGES["serving"], "older"))
    assert world.run() == AGAIN
    assert IMAGES["serving"] in world.start.text


PROBLEM = Problem("stacks/Pulumi.local.yaml", 3, "mlops:platform.onwer", "an unknown key", "owner", "rename it")


@pytest.mark.parametrize(
    ("failure", "problem"),
    [
        (ClusterError("flights-local/mlflow: no pod of it is ready"), "flights-local/mlflow: no pod of it is ready"),
        (UnreachableError("pods of x: cluster y cannot be reached"), "pods of x: cluster y cannot be reached"),
        (ApiException(status=503, reason="Unavailable"), "cluster mlops-sandbox: answered 503 Unavailable"),
        (
            MaxRetryError(HTTPSConnectionPool("127.0.0.1", 6443), "/api", OSError("connection refused")),
            r"cluster mlops-sandbox: cannot be reached \(.*connection refused",
        ),
        (ConfigException("Invalid kube-config file"), "cluster mlops-sandbox: Invalid kube-config file"),
        (ConfigError([PROBLEM]), r"stacks/Pulumi.local.yaml:3: mlops:platform.onwer: got an unknown key"),
        (ProjectError("no Pulumi.yaml here"), "no Pulumi.yaml here"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_what_goes_wrong_on_the_way_is_told_with_its_place_and_a_fix(
    world: World, monkeypatch: pytest.MonkeyPatch, failure: Exception, problem: str
) -> None:
    def fail(start: QuickStart) -> ModelPin:
        raise failure

    monkeypatch.setattr(module, "trained", fail)
    with pytest.raises(SandboxError, match=problem) as caught:
        world.run()
    assert "run `make up` again" in caught.value.fix


def test_a_mistake_of_our_own_keeps_its_traceback(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(start: QuickStart) -> ModelPin:
        raise KeyError("missing")

    monkeypatch.setattr(module, "trained", fail)
    with pytest.raises(KeyError):
        world.run()


def test_a_stack_that_stands_in_another_cluster_does_not_move(world: World) -> None:
    world.run()
    world.start.file.write_text(world.start.text.replace("context: mlops-sandbox", "context: kind-dev"))
    text = world.start.text
    world.stack.has_made = True
    with pytest.raises(SandboxError, match="kind-dev, and cannot move to mlops-sandbox") as refused:
        world.run()
    assert "MLOPS_KUBE_CONTEXT=kind-dev make up" in refused.value.fix
    assert world.start.text == text

    world.stack.has_made = False
    assert world.run() == AGAIN
    assert "context: mlops-sandbox" in world.start.text
