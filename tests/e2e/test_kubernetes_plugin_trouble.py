"""No cluster, a killed engine, a person who has had enough, settings that cannot be taken."""

import os
import signal
import time
from pathlib import Path

import pytest

from sandbox.ports import free_port
from tests.e2e.conftest import ProjectFactory
from tests.e2e.kubernetes_world import World, eventually
from tests.e2e.pulumi_project import kill

pytestmark = pytest.mark.e2e

KUBECONFIG = """
apiVersion: v1
kind: Config
current-context: gone
clusters: [{name: gone, cluster: {server: "https://127.0.0.1:PORT"}}]
contexts: [{name: gone, context: {cluster: gone, user: nobody}}]
users: [{name: nobody, user: {token: not-a-real-token}}]
"""
GONE = """
import pulumi
import pulumi_kubernetes as kubernetes
provider = kubernetes.Provider("cluster", kubeconfig="PATH")
kubernetes.core.v1.ConfigMap("conf", data={"a": "b"}, opts=pulumi.ResourceOptions(provider=provider))
"""
SLOW = """
Job("slow", metadata={"name": "slow"}, spec={"template": {"spec": pod("echo begun; sleep 1000")}}, opts=options)
"""
IMPATIENT = '{"name": "slow", "annotations": {"pulumi.com/timeoutSeconds": "2"}}'


def test_a_cluster_that_is_not_there_is_named(new_project: ProjectFactory) -> None:
    project = new_project("gone")
    port = free_port()
    kubeconfig = project.write("gone.yaml", KUBECONFIG.replace("PORT", str(port)))
    project.program(GONE.replace("PATH", str(kubeconfig)))
    preview = project.pulumi("preview")
    assert "configured Kubernetes cluster is unreachable" in preview
    ended = project.attempt("up", "--yes")
    assert ended.returncode != 0
    said = 'configured Kubernetes cluster is unreachable: context "gone", server https://127.0.0.1:'
    assert f"{said}{port}: connection refused" in ended.stdout
    assert "kubernetes:context" in ended.stdout
    assert "not-a-real-token" not in ended.stdout


def test_objects_of_a_cluster_that_is_gone_can_be_forgotten(new_project: ProjectFactory, world: World) -> None:
    project = new_project("forget")
    kubeconfig = project.write("kube.yaml", Path(project.environment["KUBECONFIG"]).read_text(encoding="utf-8"))
    program = GONE.replace("PATH", str(kubeconfig)).replace(
        'ConfigMap("conf",', f'ConfigMap("conf", metadata={{"namespace": "{world.namespace}"}},'
    )
    project.program(program)
    project.up()
    project.write("kube.yaml", KUBECONFIG.replace("PORT", str(free_port())))
    ended = project.attempt("destroy", "--yes", "--skip-preview")
    assert ended.returncode != 0
    assert "PULUMI_K8S_DELETE_UNREACHABLE=true" in ended.stdout
    assert len(project.resources()) == 3
    project.environment["PULUMI_K8S_DELETE_UNREACHABLE"] = "true"
    project.pulumi("destroy", "--yes", "--skip-preview")
    assert project.resources() == []


@pytest.mark.parametrize("signals", [1, 2], ids=["asked", "insisted"])
def test_a_cancelled_update_ends_promptly_and_loses_nothing(
    new_project: ProjectFactory, world: World, tmp_path: Path, signals: int
) -> None:
    project = new_project("cancel")
    project.program(world.program(SLOW))
    log = tmp_path / "up.log"
    process = project.start_up(log)
    eventually(lambda: "Active: 1" in log.read_text(encoding="utf-8"))
    for _ in range(signals):
        # The terminal sends Ctrl-C to everybody in the foreground, plugins as well.
        os.killpg(process.pid, signal.SIGINT)
        time.sleep(0.3)
    process.wait(timeout=120)  # The Job itself is waited for much longer.
    assert process.returncode != 0
    project.attempt("cancel", "--yes")
    kept = [each for each in project.resources() if each["type"] == "kubernetes:batch/v1:Job"]
    if signals == 1:
        assert kept[0]["id"] == f"{world.namespace}/slow"
        assert "cancelled" in log.read_text(encoding="utf-8")
    eventually(lambda: not plugins_of(process.pid))


def test_an_update_that_was_killed_converges_without_orphans(
    new_project: ProjectFactory, world: World, tmp_path: Path
) -> None:
    project = new_project("killed")
    program = SLOW + 'ConfigMap("conf", metadata={"name": "conf"}, data={"a": "b"}, opts=options)\n'
    project.program(world.program(program))
    log = tmp_path / "up.log"
    process = project.start_up(log)
    eventually(lambda: "Active: 1" in log.read_text(encoding="utf-8"))
    plugins = plugins_of(process.pid)
    assert plugins
    kill(process)
    eventually(lambda: not any(Path(f"/proc/{each}").exists() for each in plugins))
    # The Job exists, but the state does not know: the next update does not take it for its own by itself.
    project.attempt("cancel", "--yes")
    project.pulumi("refresh", "--yes", "--skip-preview", "--clear-pending-creates")
    project.program(world.program(program.replace('{"name": "slow"}', IMPATIENT, 1)))
    assert 'jobs.batch "slow" already exists' in project.attempt("up", "--yes").stdout
    project.environment["PULUMI_K8S_UPSERT_EXISTING_OBJECTS"] = "true"
    ended = project.attempt("up", "--yes")
    assert "already exists" not in ended.stdout
    assert "'slow' timed out waiting to be Ready" in ended.stdout
    assert any(each["type"] == "kubernetes:batch/v1:Job" for each in project.resources())
    project.destroy()
    assert world.config_map("conf") is None
    assert world.names(world.core.list_namespaced_pod) == []


def test_settings_that_cannot_be_taken_are_told(new_project: ProjectFactory) -> None:
    project = new_project("settings")
    project.program("""
import pulumi_kubernetes as kubernetes
kubernetes.Provider("cluster", render_yaml_to_directory="out", enable_server_side_apply=False)
""")
    ended = project.attempt("preview")
    assert ended.returncode != 0
    assert "renderYamlToDirectory: not supported here" in ended.stdout
    assert "enableServerSideApply: got false" in ended.stdout


def test_values_of_the_future_and_ignored_changes(new_project: ProjectFactory, world: World) -> None:
    project = new_project("future")
    program = """
first = ConfigMap("first", data={"a": "b"}, opts=options)
ConfigMap("second", metadata={"name": "second"}, data={
    "uid": first.metadata.uid, "fixed": FIXED, "mine": "1"},
    opts=pulumi.ResourceOptions(provider=provider, ignore_changes=["data.fixed"]))
labels = {"app": "web"}
Deployment("web", metadata={"name": "web"}, spec={"replicas": REPLICAS, "selector": {"match_labels": labels},
    "template": {"metadata": {"labels": labels}, "spec": pod("sleep 1000", restart_policy="Always")}},
    opts=pulumi.ResourceOptions(provider=provider, ignore_changes=["spec.replicas"]))
"""
    project.program(world.program(program.replace("FIXED", '"x"').replace("REPLICAS", "1")))
    assert project.changes()["create"] == 5
    project.up()
    found = world.config_map("second") or {}
    assert len(found["uid"]) == 36
    assert project.changes() == {}
    project.program(world.program(program.replace("FIXED", '"y"').replace("REPLICAS", "7")))
    assert project.changes() == {}


def plugins_of(process_id: int) -> list[int]:
    """Returns the processes that the engine has started, and theirs."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                fields = (entry / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
            except OSError:
                continue
            if fields[0] != "Z":
                parents[int(entry.name)] = int(fields[1])
    found = {process_id}
    while True:
        more = {child for child, parent in parents.items() if parent in found} - found
        if not more:
            return sorted(found - {process_id})
        found |= more
