"""The cluster enforces NetworkPolicies: the product's own rules keep a stranger's pod out, and nobody else."""

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from pulumi_mlops._shared.kubernetes import network
from pulumi_mlops._shared.kubernetes.labels import PART_OF
from sandbox.cluster import build, settings
from sandbox.doctor import Part
from sandbox.packages import private
from sandbox.packages.catalog import NODE
from tests.e2e.conftest import skip_unless_possible
from tests.e2e.sandbox.isolated_machine import IsolatedMachine
from tests.e2e.sandbox.test_cluster_life import nft, succeed

pytestmark = pytest.mark.e2e

PORT = 8080
OURS, OTHERS = "ours", "others"
LABELS = {"app.kubernetes.io/part-of": PART_OF}
SERVER = {**LABELS, "app.kubernetes.io/name": "server"}
PYTHON = os.path.realpath(sys.executable)
# The image of these pods is empty: they see the Python of this machine, and the libraries that it may need.
FOLDERS = sorted(
    {folder for folder in ("/usr", "/lib", "/lib64", str(Path(PYTHON).parents[1])) if Path(folder).is_dir()}
)

CONNECT = """
import socket, sys
try:
    socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=3).close()
    print("reached")
except TimeoutError:
    print("kept out")
"""


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IsolatedMachine]:
    skip_unless_possible(Part.CLUSTER)
    private.ensure(NODE)
    build.ensure()
    with IsolatedMachine(tmp_path_factory.mktemp("policies") / "state") as made:
        succeed(made.sandbox("up", "--only", "cluster"))
        for namespace in (OURS, OTHERS):
            made.kubectl("create", "namespace", namespace)
        pods = [
            pod("server", OURS, SERVER),
            pod("friend", OURS, LABELS),
            pod("stranger", OURS, {}),
            pod("friend-elsewhere", OTHERS, LABELS),
        ]
        made.kubectl("apply", "-f", "-", manifest=yaml.safe_dump_all(pods))
        for namespace in (OURS, OTHERS):
            made.kubectl("wait", "pod", "--all", "--namespace", namespace, "--for=condition=Ready", "--timeout=120s")
        yield made


def pod(name: str, namespace: str, labels: dict[str, str]) -> dict[str, object]:
    mounts = [
        {"name": f"folder-{index}", "mountPath": folder, "readOnly": True} for index, folder in enumerate(FOLDERS)
    ]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {
            "terminationGracePeriodSeconds": 0,
            "containers": [
                {
                    "name": "main",
                    "image": settings.PAUSE_IMAGE,
                    "command": [PYTHON, "-m", "http.server", str(PORT)],
                    "readinessProbe": {"tcpSocket": {"port": PORT}, "periodSeconds": 1},
                    "volumeMounts": mounts,
                }
            ],
            "volumes": [{"name": mount["name"], "hostPath": {"path": mount["mountPath"]}} for mount in mounts],
        },
    }


def connect(machine: IsolatedMachine, namespace: str, name: str, to: str) -> str:
    address = machine.kubectl("get", "pod", to, "--namespace", OURS, "--output", "jsonpath={.status.podIP}")
    call = ("exec", "--namespace", namespace, name, "--", PYTHON, "-c", CONNECT, address, str(PORT))
    return machine.kubectl(*call).strip()


def await_connection(machine: IsolatedMachine, namespace: str, name: str, expected: str) -> None:
    """Waits until a change of policies has arrived in the kernel."""
    deadline = time.monotonic() + 20
    while (seen := connect(machine, namespace, name, to="server")) != expected:
        assert time.monotonic() < deadline, f"{name}: got {seen}, expected {expected}"
        time.sleep(0.2)


def test_the_products_policy_keeps_strangers_out_and_its_own_pods_in_touch(machine: IsolatedMachine) -> None:
    clients = ((OURS, "friend"), (OURS, "stranger"), (OTHERS, "friend-elsewhere"))
    assert [connect(machine, *client, to="server") for client in clients] == ["reached"] * 3, "nothing guards it yet"

    guard = network.policy(
        {"name": "server", "namespace": OURS},
        SERVER,
        ingress=[{"from": network.from_our_pods([OURS]), "ports": [network.tcp(PORT)]}],
        egress=[network.to_dns()],
    )
    machine.kubectl("apply", "-f", "-", manifest=yaml.safe_dump(guard))
    await_connection(machine, OURS, "stranger", "kept out")

    assert connect(machine, OURS, "friend", to="server") == "reached"
    assert connect(machine, OTHERS, "friend-elsewhere", to="server") == "kept out", "its labels are not enough"
    assert connect(machine, OURS, "server", to="friend") == "kept out", "the way out is guarded as well"
    assert connect(machine, OURS, "stranger", to="friend") == "reached", "no policy is about that one"

    machine.kubectl("delete", "networkpolicy", "server", "--namespace", OURS)
    await_connection(machine, OURS, "stranger", "reached")


def test_a_cluster_without_the_rules_is_not_ready_and_gets_them_back(machine: IsolatedMachine) -> None:
    assert machine.status()["ready"]
    nft(machine, f"delete table inet {settings.POLICY_TABLE}")
    assert not machine.status()["ready"]

    succeed(machine.sandbox("up", "--only", "cluster"))

    assert machine.status()["ready"]
