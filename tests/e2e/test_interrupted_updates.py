"""Updates that end in the middle: nothing is lost, nothing is left over, and the next one converges."""

import contextlib
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kubernetes import client, config

from sandbox.cluster.settings import PAUSE_IMAGE
from sandbox.cluster.target import Cluster
from sandbox.engine.stack import PulumiStack
from tests.e2e.api_gate import ApiGate, Way
from tests.e2e.conftest import ProjectFactory
from tests.e2e.pulumi_project import Project, kill, wait_for

pytestmark = pytest.mark.e2e

_ENDS_SECONDS = 300.0
"""More than the server's own timeout; what remains is for requests that hang."""
_FINALIZER = "pulumi-mlops.test/held"

LABEL = "e2e-interrupted"

# Version 2 replaces five settings, adds one and removes one, and rolls the server over.
PROGRAM = """
import pulumi
import pulumi_kubernetes as k8s

config = pulumi.Config()
version = config.require_int("version")
patience = config.get("patience") or "120s"
space = config.require("namespace")
provider = k8s.Provider("cluster", context=config.require("context"), kubeconfig=config.require("kubeconfig"))
opts = pulumi.ResourceOptions(provider=provider)
labels = {"test": "LABEL"}
namespace = k8s.core.v1.Namespace("namespace", metadata={"name": space, "labels": labels}, opts=opts)

def metadata(name):
    return {"name": name, "namespace": namespace.metadata["name"], "labels": labels}

settings = [
    k8s.core.v1.ConfigMap(
        f"settings-{i}", metadata=metadata(f"settings-{i}"), data={"version": str(version)}, opts=opts
    )
    for i in range(version, 6 + version)
]
server = k8s.apps.v1.Deployment(
    "server",
    metadata=metadata("server"),
    spec={
        "replicas": 1,
        "minReadySeconds": 3,
        "selector": {"matchLabels": labels},
        "template": {
            "metadata": {"labels": labels | {"version": str(version)}},
            "spec": {
                "terminationGracePeriodSeconds": 1,
                "containers": [{"name": "pause", "image": "IMAGE"}],
            },
        },
    },
    opts=pulumi.ResourceOptions(
        provider=provider, depends_on=settings, custom_timeouts=pulumi.CustomTimeouts(create=patience, update=patience)
    ),
)
k8s.core.v1.Service(
    "front",
    metadata=metadata("front"),
    spec={"selector": labels, "ports": [{"port": 80}]},
    opts=pulumi.ResourceOptions(provider=provider, depends_on=[server]),
)
pulumi.export("version", str(version))
""".replace("LABEL", LABEL).replace("IMAGE", PAUSE_IMAGE)


class Observer:
    """Looks at the cluster past everything that the test interrupts."""

    def __init__(self, cluster: Cluster, namespace: str) -> None:
        api = config.new_client_from_config(str(cluster.kubeconfig), context=cluster.context)
        self._core, self._apps = client.CoreV1Api(api), client.AppsV1Api(api)
        self._namespace = namespace

    def objects(self) -> dict[str, str]:
        """Uids of the test's objects by kind and name."""
        found: dict[str, str] = {}
        space = self._namespace
        lists: dict[str, Any] = {
            "Namespace": self._core.list_namespace,
            "ConfigMap": lambda **kw: self._core.list_namespaced_config_map(space, **kw),
            "Service": lambda **kw: self._core.list_namespaced_service(space, **kw),
            "Deployment": lambda **kw: self._apps.list_namespaced_deployment(space, **kw),
        }
        for kind, read in lists.items():
            for item in read(label_selector=f"test={LABEL}").items:
                if kind != "Namespace" or item.metadata.name == space:
                    found[f"{kind}/{item.metadata.name}"] = item.metadata.uid
        return found

    def settings(self) -> set[str]:
        """The versions that the ConfigMaps hold."""
        items = self._core.list_namespaced_config_map(self._namespace, label_selector=f"test={LABEL}").items
        return {item.data["version"] for item in items}

    @contextlib.contextmanager
    def held(self, config_map: str) -> Iterator[None]:
        """Keeps a ConfigMap from being gone for as long as the block runs, also once it is being deleted."""
        self._finalizers(config_map, [_FINALIZER])
        try:
            yield
        finally:
            self._finalizers(config_map, None)

    def _finalizers(self, config_map: str, names: list[str] | None) -> None:
        metadata = {"metadata": {"finalizers": names}}
        self._core.patch_namespaced_config_map(config_map, self._namespace, metadata)

    def served_versions(self) -> set[str]:
        """The versions of the pods that are ready and stay."""
        pods = self._core.list_namespaced_pod(self._namespace, label_selector=f"test={LABEL}").items
        return {
            pod.metadata.labels["version"]
            for pod in pods
            if pod.metadata.deletion_timestamp is None
            and any(c.type == "Ready" and c.status == "True" for c in pod.status.conditions or [])
        }


def lasting(objects: dict[str, str], version: int) -> dict[str, str]:
    """The objects that no update to a version removes or replaces, as new settings do replace old ones."""
    return {name: uid for name, uid in objects.items() if version == 1 or not name.startswith("ConfigMap/")}


def expected(version: int, namespace: str) -> set[str]:
    settings = {f"ConfigMap/settings-{i}" for i in range(version, 6 + version)}
    return settings | {f"Namespace/{namespace}", "Deployment/server", "Service/front"}


@pytest.fixture
def observer(cluster: Cluster, namespace: str) -> Observer:
    return Observer(cluster, namespace)


@pytest.fixture
def gate(cluster: Cluster, tmp_path: Path) -> Iterator[ApiGate]:
    made = ApiGate(cluster.kubeconfig, tmp_path)
    yield made
    made.end()


@pytest.fixture
def project(gate: ApiGate, new_project: ProjectFactory, cluster: Cluster, namespace: str) -> Project:
    made = new_project("interrupted")
    made.program(PROGRAM)
    made.pulumi("config", "set", "context", cluster.context)
    made.pulumi("config", "set", "kubeconfig", str(gate.kubeconfig))
    made.pulumi("config", "set", "namespace", namespace)
    made.pulumi("config", "set", "version", "1")
    return made


def up_after_kill(project: Project) -> None:
    """Updates again as the quick start does."""
    stack = PulumiStack("interrupted", "test", project.folder, project.backend, project.environment)
    assert stack.recover(), "the dead engine left no lock"
    stack.up(project.folder / "recovered.log")


def kill_at(moment: str, project: Project, log: Path) -> None:
    """Starts an update and kills its engine at a moment, told by a line of what it prints."""
    engine = project.start_up(log)
    wait_for(lambda: moment in log.read_text(errors="replace") or engine.poll() is not None, timeout_seconds=180.0)
    was_running = engine.poll() is None
    kill(engine)
    assert was_running, f"the update ended before it came to {moment!r}:\n{log.read_text()}"


@pytest.mark.parametrize(
    ("version", "moment"),
    [
        (1, "ConfigMap settings-3 creating"),
        (2, "ConfigMap settings-4 deleting original"),
        (2, "Deployment server updating"),
        (2, "ConfigMap settings-1 deleting"),
    ],
)
def test_a_killed_update_is_made_good_by_the_next(
    project: Project, observer: Observer, namespace: str, tmp_path: Path, version: int, moment: str
) -> None:
    if version == 2:
        project.up()
        project.pulumi("config", "set", "version", "2")
    # The last thing that the update to version 2 does is to remove these settings, so it cannot end before its moment.
    with observer.held("settings-1") if version == 2 else contextlib.nullcontext():
        kill_at(moment, project, tmp_path / "killed.log")
    before = observer.objects()

    up_after_kill(project)

    after = observer.objects()
    assert set(after) == expected(version, namespace), "an orphan, or something missing"
    assert lasting(before, version).items() <= after.items(), "made anew, so lost before"
    assert observer.settings() == {str(version)}
    wait_for(lambda: observer.served_versions() == {str(version)})
    # pulumi-kubernetes' SDK notes the variable as a setting of the provider, which the next update takes back.
    project.up()
    assert observer.objects() == after
    assert project.changes() == {}
    assert project.pending_operations() == []


def start_version_2(project: Project, tmp_path: Path) -> tuple[subprocess.Popen[bytes], Path]:
    """Starts an update and waits until all that it still waits for is the server."""
    project.up()
    project.pulumi("config", "set", "version", "2")
    log = tmp_path / "cut-off.log"
    engine = project.start_up(log)
    wait_for(lambda: "Waiting for app ReplicaSet" in log.read_text(errors="replace"), timeout_seconds=180.0)
    return engine, log


def assert_version_2(project: Project, observer: Observer, namespace: str) -> None:
    assert set(observer.objects()) == expected(2, namespace)
    wait_for(lambda: observer.served_versions() == {"2"})
    assert project.changes() == {}


@pytest.mark.parametrize("way", [Way.REFUSES, Way.HANGS])
def test_a_cluster_that_goes_in_mid_update_and_comes_back_loses_nothing(
    project: Project, observer: Observer, gate: ApiGate, namespace: str, tmp_path: Path, way: Way
) -> None:
    project.pulumi("config", "set", "patience", "30s")
    engine, log = start_version_2(project, tmp_path)
    before = observer.objects()
    with gate.closed(way):
        exit_code = engine.wait(_ENDS_SECONDS)
    assert exit_code != 0, "an update without a cluster cannot succeed"
    assert re.search("lost the cluster|no connection to the cluster|cluster is unreachable", log.read_text()), (
        log.read_text()
    )

    project.pulumi("config", "rm", "patience")
    project.up()

    assert lasting(before, 2).items() <= observer.objects().items()
    assert_version_2(project, observer, namespace)


def test_an_update_goes_on_when_the_cluster_is_soon_back(
    project: Project, observer: Observer, gate: ApiGate, namespace: str, tmp_path: Path
) -> None:
    engine, log = start_version_2(project, tmp_path)
    with gate.closed(Way.REFUSES):
        time.sleep(5)
        assert engine.poll() is None, log.read_text()
    assert engine.wait(_ENDS_SECONDS) == 0, log.read_text()
    assert_version_2(project, observer, namespace)


@pytest.mark.parametrize("way", [Way.REFUSES, Way.HANGS])
def test_an_update_without_its_cluster_can_be_cancelled(
    project: Project, observer: Observer, gate: ApiGate, namespace: str, tmp_path: Path, way: Way
) -> None:
    engine, _ = start_version_2(project, tmp_path)
    with gate.closed(way):
        engine.send_signal(signal.SIGINT)
        exit_code = engine.wait(_ENDS_SECONDS)
    assert exit_code != 0
    project.up()
    assert_version_2(project, observer, namespace)


def test_a_cluster_that_is_gone_from_the_start_is_named_and_nothing_is_begun(
    project: Project, gate: ApiGate, observer: Observer
) -> None:
    with gate.closed(Way.REFUSES):
        ended = project.attempt("up", "--yes")
    assert ended.returncode != 0
    assert "cluster is unreachable" in ended.stdout
    assert "127.0.0.1" in ended.stdout
    assert observer.objects() == {}
    project.up()
    assert project.changes() == {}
