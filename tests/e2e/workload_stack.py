"""The project's own program on a stack of the test's own: the worked example, in a namespace of its own."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from kubernetes import client, config
from ruamel.yaml import YAML

from sandbox.cluster.target import Cluster
from tests.e2e.pod_shell import run_in_pod
from tests.e2e.pulumi_project import Project, wait_for

CHECKOUT = Path(__file__).parents[2]
WORKLOAD = "flight-delay"
STACK = "test"
ROLLOUT_TIMEOUT_SECONDS = 180
IMPATIENT_ROLLOUT_TIMEOUT_SECONDS = 60
"""Longer than the 45 s for which a new pod tries an unreachable registry, so that it can tell."""


class ProgramStack(Project):
    """The checkout's program with a stack file of the test's own, on any target.

    Args:
        folder: An empty folder.
        environment: The whole environment of the engine.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        super().__init__(folder, "mlops", environment)
        self.stack_file = self.folder / "stacks" / f"Pulumi.{STACK}.yaml"
        self.stack_file.parent.mkdir()
        shutil.copy(CHECKOUT / "Pulumi.yaml", self.folder)
        for shared in ("infra", ".venv"):
            (self.folder / shared).symlink_to(CHECKOUT / shared)

    @contextlib.contextmanager
    def edited(self) -> Iterator[dict[str, Any]]:
        """Gives the stack file's config to change, and writes it."""
        document = YAML().load(self.stack_file)
        yield document["config"]
        YAML().dump(document, self.stack_file)

    def pin(self, model: Mapping[str, Any] | None) -> None:
        """Pins a version and digest, or none."""
        with self.edited() as settings:
            workload = settings["mlops:workloads"][WORKLOAD]
            workload.pop("model", None)
            if model is not None:
                workload["model"] = {"version": int(model["version"]), "digest": str(model["digest"])}

    def mlops(self, *arguments: str, timeout_seconds: float = 900.0) -> subprocess.CompletedProcess[str]:
        """Runs the command `mlops` in the project to its end, however that is."""
        return subprocess.run(
            [sys.executable, "-m", "pulumi_mlops", *arguments],
            cwd=self.folder,
            env={**self.environment, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout_seconds,
            check=False,
        )

    def mlops_json(self, *arguments: str) -> Any:
        """Runs `mlops … --json`, which must succeed, and returns what it wrote."""
        ended = self.mlops(*arguments, "--json")
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return json.loads(ended.stdout)

    def workload_outputs(self) -> dict[str, str]:
        """The outputs of the workload."""
        outputs: dict[str, str] = self.outputs()["workloads"][WORKLOAD]
        return outputs

    def status(self) -> dict[str, Any]:
        """What `mlops status` says of the workload."""
        (row,) = self.mlops_json("status", "--stack", STACK)["workloads"]
        found: dict[str, Any] = row
        return found


class WorkloadStack(ProgramStack):
    """The checkout's program with a stack file made from one of the tests' own.

    Args:
        folder: An empty folder.
        cluster: Where it runs.
        namespace: The stack's namespace.
        images: The pinned reference of each image, by name.
        environment: The whole environment of the engine.
        template: The stack whose file it is made from.
    """

    def __init__(
        self,
        folder: Path,
        cluster: Cluster,
        namespace: str,
        images: Mapping[str, str],
        environment: Mapping[str, str],
        template: str = "dev-local",
    ) -> None:
        super().__init__(folder, {**environment, "MLOPS_KUBE_CONTEXT": cluster.context})
        self.namespace = namespace
        self._check_out(template, images, cluster.context)
        self._api = config.new_client_from_config(str(cluster.kubeconfig), context=cluster.context)
        self.core, self.apps = client.CoreV1Api(self._api), client.AppsV1Api(self._api)

    def _check_out(self, template: str, images: Mapping[str, str], context: str) -> None:
        document = YAML().load(CHECKOUT / "tests" / "stacks" / f"Pulumi.{template}.yaml")
        platform = document["config"]["mlops:platform"]
        platform["environment"] = STACK
        platform["namespace"] = self.namespace
        platform["kubernetes"]["context"] = context
        platform["registry"].pop("allowed_namespaces", None)
        if "url" not in platform["registry"]:
            platform["registry"]["protect_data"] = False
        for name in platform["images"]:
            platform["images"][name] = images[name]
        workload = document["config"]["mlops:workloads"][WORKLOAD]
        workload.pop("model", None)
        workload["endpoint"]["rollout_timeout_seconds"] = ROLLOUT_TIMEOUT_SECONDS
        YAML().dump(document, self.stack_file)

    @contextlib.contextmanager
    def impatient(self) -> Iterator[None]:
        """Gives a rollout up soon for as long as the block runs: for an update that must fail."""
        self._give_up_rollouts_after(IMPATIENT_ROLLOUT_TIMEOUT_SECONDS)
        try:
            yield
        finally:
            self._give_up_rollouts_after(ROLLOUT_TIMEOUT_SECONDS)

    def _give_up_rollouts_after(self, seconds: int) -> None:
        with self.edited() as settings:
            settings["mlops:workloads"][WORKLOAD]["endpoint"]["rollout_timeout_seconds"] = seconds

    def train(self, **parameters: Any) -> tuple[int, dict[str, Any]]:
        """Runs the pipeline with parameters of its own; returns the exit code and the run."""
        with self.edited() as settings:
            settings["mlops:workloads"][WORKLOAD]["pipeline"]["parameters"] = parameters
        self.up()
        ended = self.mlops("train", WORKLOAD, "--stack", STACK, "--follow", "--json")
        assert ended.stdout, ended.stderr
        return ended.returncode, json.loads(ended.stdout)

    def image(self, name: str, reference: str) -> None:
        """Pins an image."""
        with self.edited() as settings:
            settings["mlops:platform"]["images"][name] = reference

    def scale(self, deployment: str, replicas: int) -> None:
        """Sets the number of a Deployment's pods past Pulumi, and waits until it is so."""
        self.apps.patch_namespaced_deployment_scale(deployment, self.namespace, {"spec": {"replicas": replicas}})

        def is_so() -> bool:
            status = self.apps.read_namespaced_deployment(deployment, self.namespace).status
            return (status.replicas or 0, status.ready_replicas or 0) == (replicas, replicas)

        wait_for(is_so, timeout_seconds=120.0)

    def destroy(self) -> None:
        """Destroys what the stack made, and lets go of the cluster."""
        super().destroy()
        self._api.rest_client.pool_manager.clear()

    def registry_shell(self, script: str) -> str:
        """Runs a shell script in the registry's pod and returns what it wrote."""
        return self.shell(self._pod_of("mlflow"), script)

    def shell(self, pod: str, script: str) -> str:
        """Runs a shell script in a pod and returns what it wrote."""
        return run_in_pod(self.core, self.namespace, pod, script)

    def _pod_of(self, name: str) -> str:
        pods = self.core.list_namespaced_pod(self.namespace, label_selector=f"app.kubernetes.io/name={name}").items
        (pod,) = [pod for pod in pods if pod.status.phase == "Running" and not pod.metadata.deletion_timestamp]
        return str(pod.metadata.name)
