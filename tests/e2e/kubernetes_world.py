"""A namespace of its own on the sandbox's cluster for one test, seen through the official client."""

import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import kubernetes

from sandbox.cluster.settings import PAUSE_IMAGE
from sandbox.cluster.target import SANDBOX_CONTEXT, Cluster

PREAMBLE = f"""
import pulumi
import pulumi_kubernetes as kubernetes
from pulumi_kubernetes.apps.v1 import Deployment
from pulumi_kubernetes.batch.v1 import Job
from pulumi_kubernetes.core.v1 import ConfigMap, ConfigMapPatch, Namespace, PersistentVolumeClaim, Secret, Service

provider = kubernetes.Provider("cluster", context="{SANDBOX_CONTEXT}", namespace="NAMESPACE")
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


def open_world(cluster: Cluster) -> Iterator[World]:
    """Makes the namespace, and removes it at the end."""
    api = kubernetes.config.new_client_from_config(str(cluster.kubeconfig), context=cluster.context)
    core = kubernetes.client.CoreV1Api(api)
    name = f"try-plugin-{secrets.token_hex(4)}"
    core.create_namespace({"metadata": {"name": name}})
    try:
        yield World(name, PAUSE_IMAGE, core, api)
    finally:
        core.delete_namespace(name)
        api.close()


def eventually(condition: Callable[[], bool], timeout_seconds: float = 60.0) -> None:
    """Waits until something is so; fails the test when it never is."""
    end = time.monotonic() + timeout_seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.1)
