import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import packages
from sandbox.cluster import build, lifecycle, settings
from sandbox.doctor import Part
from sandbox.packages import private
from sandbox.packages.catalog import NODE
from tests.e2e.conftest import skip_unless_possible
from tests.e2e.sandbox.isolated_machine import IsolatedMachine

pytestmark = pytest.mark.e2e

UP = ("up", "--only", "cluster")

POD_WITH_VOLUME = """
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data, namespace: default}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
---
apiVersion: v1
kind: Pod
metadata: {name: holder, namespace: default}
spec:
  securityContext: {runAsNonRoot: true, runAsUser: 10001, fsGroup: 10001, seccompProfile: {type: RuntimeDefault}}
  containers:
  - name: holder
    image: localhost/pulumi-mlops/pause:1
    volumeMounts: [{name: data, mountPath: /data}]
  volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]
"""


@pytest.fixture(scope="module", autouse=True)
def compiled() -> None:
    skip_unless_possible(Part.CLUSTER)
    # The machine within the machine has no way out by which it could fetch or build anything.
    private.ensure(NODE)
    build.ensure()


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[IsolatedMachine]:
    with IsolatedMachine(tmp_path / "state") as made:
        yield made


def succeed(ended: subprocess.CompletedProcess[str]) -> str:
    assert ended.returncode == 0, ended.stderr
    return ended.stderr


def run_a_pod(machine: IsolatedMachine) -> None:
    machine.kubectl("apply", "-f", "-", manifest=POD_WITH_VOLUME)
    machine.kubectl("wait", "pod/holder", "--for=condition=Ready", "--timeout=90s")


def test_a_cluster_runs_pods_and_leaves_nothing_behind(machine: IsolatedMachine) -> None:
    before = machine.snapshot()

    succeed(machine.sandbox(*UP))
    first = machine.status()
    assert first["ready"]
    run_a_pod(machine)
    assert machine.kubectl("get", "pvc", "data", "-o", "jsonpath={.status.phase}") == "Bound"

    assert "already up" in succeed(machine.sandbox(*UP))
    assert machine.status()["programs"] == first["programs"]

    succeed(machine.sandbox("down"))
    assert machine.snapshot() == before
    assert not machine.state.exists()


def test_kept_data_is_there_again(machine: IsolatedMachine) -> None:
    before = machine.snapshot()
    succeed(machine.sandbox(*UP))
    run_a_pod(machine)

    succeed(machine.sandbox("down", "--keep-data"))
    assert machine.snapshot() == before

    succeed(machine.sandbox(*UP))
    assert machine.kubectl("get", "pvc", "data", "-o", "jsonpath={.status.phase}") == "Bound"
    machine.kubectl("wait", "pod/holder", "--for=condition=Ready", "--timeout=90s")
    succeed(machine.sandbox("down"))
    assert machine.snapshot() == before


@pytest.mark.parametrize("seconds", [0.6, 2.0, 6.0])
def test_a_start_that_was_killed_is_gone_on_with_or_undone(machine: IsolatedMachine, seconds: float) -> None:
    before = machine.snapshot()

    kill_after(machine.start(*UP), seconds)
    succeed(machine.sandbox("down"))
    assert machine.snapshot() == before

    kill_after(machine.start(*UP), seconds)
    succeed(machine.sandbox(*UP))
    assert machine.status()["ready"]
    count = len([words for words in machine.snapshot()["processes"] if "kube-apiserver" in words])
    assert count == 1

    kill_after(machine.start("down"), seconds / 3)
    succeed(machine.sandbox("down"))
    assert machine.snapshot() == before


def test_a_start_that_was_killed_before_it_made_anything_leaves_no_lock(machine: IsolatedMachine) -> None:
    before = machine.snapshot()
    machine.run("touch", str(lifecycle.LOCK))
    succeed(machine.sandbox("down"))
    assert machine.snapshot() == before


def test_a_program_that_was_killed_is_started_again(machine: IsolatedMachine) -> None:
    succeed(machine.sandbox(*UP))
    machine.kubectl("create", "configmap", "kept")
    programs = machine.status()["programs"]
    for name in ("kube-apiserver", "etcd", "containerd", "coredns"):
        machine.run("kill", "-KILL", str(programs[name]))
    assert not machine.status()["ready"]

    succeed(machine.sandbox(*UP))

    after = machine.status()
    assert after["ready"]
    assert after["programs"]["kube-scheduler"] is not None
    machine.kubectl("get", "configmap", "kept")


def test_a_state_folder_that_vanished_is_recovered_from(machine: IsolatedMachine) -> None:
    before = machine.snapshot()
    succeed(machine.sandbox(*UP))
    remove(machine.state)

    succeed(machine.sandbox(*UP))
    assert machine.status()["ready"]
    remove(machine.state)

    succeed(machine.sandbox("down"))
    assert machine.snapshot() == before


def test_a_second_cluster_on_one_machine_is_refused(machine: IsolatedMachine, tmp_path: Path) -> None:
    succeed(machine.sandbox(*UP))

    refused = machine.sandbox(*UP, state=tmp_path / "other")

    assert refused.returncode == 1
    assert str(machine.state) in refused.stderr
    assert machine.status()["ready"]


def test_pods_get_through_a_firewall_that_drops_forwarded_packets(machine: IsolatedMachine) -> None:
    chain = "add table ip filter; add chain ip filter FORWARD { type filter hook forward priority 0; policy drop; }"
    nft(machine, chain)
    before = machine.snapshot()

    succeed(machine.sandbox(*UP))
    rules = [line for line in machine.snapshot()["packet filter"] if "mlops-sandbox" in line]
    assert [settings.POD_RANGE in rule and "accept" in rule for rule in rules] == [True, True]

    succeed(machine.sandbox("down"))
    assert machine.snapshot() == before


def remove(folder: Path) -> None:
    while folder.exists():  # programs go on writing into it
        shutil.rmtree(folder, ignore_errors=True)


def kill_after(process: subprocess.Popen[bytes], seconds: float) -> None:
    time.sleep(seconds)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def nft(machine: IsolatedMachine, script: str) -> None:
    variables = [f"{name}={value}" for name, value in packages.environment().items()]
    succeed(machine.run("env", *variables, str(packages.tool("nft")), script))
