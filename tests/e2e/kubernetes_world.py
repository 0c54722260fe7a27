"""A namespace of its own on the sandbox's cluster for one test, seen through the official client."""

import os
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import kubernetes
import pytest

CONTEXT = os.environ.get("MLOPS_KUBE_CONTEXT", "mlops-sandbox")

PREAMBLE = f"""
import pulumi
import pulumi_kubernetes as kubernetes
from pulumi_kubernetes.apps.v1 import Deployment
from pulumi_kubernetes.batch.v1 import Job
from pulumi_kubernetes.core.v1 import ConfigMap, ConfigMapPatch, Namespace, PersistentVolumeClaim, Secret, Service

provider = kubernetes.Provider("cluster", context="{CONTEXT}", namespace="NAMESPACE")
options = pulumi.ResourceOptions(provider=provider)
SHELL_VOLUMES = [
    {{"name": "usr", "host_path": {{"path": "/usr"}}}},
    {{"name": "lib", "host_path": {{"path": "/usr/lib"}}}},
    {{"name": "lib64", "host_path": {{"path": "/usr/lib64"}}}},
]

def shell(script, name="main"):
    return {{
        "name": name,
        "image": "IMAGE",
        "command": ["/usr/bin/sh", "-c", script],
        "volume_mounts": [{{"name": n, "mount_path": f"/{{n}}", "read_only": True}} for n in ("usr", "lib", "lib64")],
    }}

def pod(script, **others):
    return {{
        "restart_policy": "Never",
        "termination_grace_period_seconds": 0,
        "containers": [shell(script)],
        "volumes": SHELL_VOLUMES,
        **others,
    }}
"""


@dataclass(frozen=True)
class World:
    """The cluster, with one namespace that belongs to the test.

    Attributes:
        namespace: Its name.
        image: One that is on the node and holds nothing; the programs mount the host's shell into it.
        core: The official client.
        api: The same, for other groups.
    """

    namespace: str
    image: str
    core: Any
    api: Any

    def program(self, text: str) -> str:
        """Returns a program that has a provider for the namespace, and a shell to run in pods."""
        return PREAMBLE.replace("NAMESPACE", self.namespace).replace("IMAGE", self.image) + text

    def config_map(self, name: str) -> dict[str, str] | None:
        """Returns a ConfigMap's content, or None when there is none."""
        try:
            return dict(self.core.read_namespaced_config_map(name, self.namespace).data or {})
        except kubernetes.client.ApiException as error:
            if error.status == 404:
                return None
            raise

    def names(self, listing: Callable[..., Any]) -> list[str]:
        """Returns the names of what a list call of the client finds in the namespace."""
        return sorted(item.metadata.name for item in listing(self.namespace).items)


def open_world(environment: Mapping[str, str]) -> Iterator[World]:
    """Makes the namespace, and removes it at the end.

    Args:
        environment: Names the kubeconfig.
    """
    kubeconfig = environment.get("KUBECONFIG", "")
    if not Path(kubeconfig).is_file():
        pytest.skip("needs the sandbox's cluster: run `make up` or `python -m sandbox up`")
    api = kubernetes.config.new_client_from_config(kubeconfig, context=CONTEXT)
    core = kubernetes.client.CoreV1Api(api)
    try:
        core.list_namespace(limit=1, _request_timeout=5)
    except Exception:  # noqa: BLE001 - whatever it is, there is no cluster
        pytest.skip("needs the sandbox's cluster, which does not answer: run `make up`")
    name = f"try-plugin-{secrets.token_hex(4)}"
    core.create_namespace({"metadata": {"name": name}})
    try:
        yield World(name, _empty_image(core), core, api)
    finally:
        core.delete_namespace(name)
        api.close()


def eventually(condition: Callable[[], bool], timeout_seconds: float = 60.0) -> None:
    """Waits until something is so; fails the test when it never is."""
    end = time.monotonic() + timeout_seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.1)


def _empty_image(core: Any) -> str:
    names = [
        name for node in core.list_node().items for image in node.status.images or [] for name in image.names or []
    ]
    found = [name for name in names if "/pause" in name and "@" not in name]
    if not found:
        pytest.skip("needs the sandbox's own node, whose pause image lends these tests its file system")
    return str(found[0])
