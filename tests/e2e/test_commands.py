"""The commands against a real cluster: a pipeline and an endpoint so small that only what the commands do counts."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from kubernetes import client, config

from sandbox import images
from sandbox.cluster.target import Cluster
from tests.e2e.pod_shell import run_in_pod
from tests.e2e.pulumi_project import wait_for

pytestmark = pytest.mark.e2e

DIGEST = "sha256:" + "a" * 64
PIPELINE = "flight-delay-pipeline"
LABELS = {"app.kubernetes.io/name": PIPELINE, "app.kubernetes.io/component": "training-pipeline"}
STEP = """
import json, os, sys, time
step, status, awaited = sys.argv[2:]
print("the log of", step, flush=True)
while awaited and not os.path.exists(awaited):
    time.sleep(0.1)
report = {"step": step, "status": status, "message": step + " says so"}
if step == "register" and status == "succeeded":
    report |= {"model_version": "3", "model_digest": "sha256:" + "c" * 64}
open("/dev/termination-log", "w").write(json.dumps(report))
sys.exit(status == "failed")
"""
SERVER = """
import http.server, json
class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self, document, status=200):
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def do_GET(self):
        self.answer({"name": "flight-delay", "version": "7", "digest": "sha256:" + "a" * 64})
    def do_POST(self):
        rows = json.loads(self.rfile.read(int(self.headers["content-length"])))["instances"]
        if rows == [0]:
            return self.answer({"error": "row 0 is nothing"}, 400)
        self.answer({"predictions": [2.0 * row for row in rows]})
http.server.ThreadingHTTPServer(("", 8080), Handler).serve_forever()
"""
STACK = """\
config:
  mlops:platform:
    environment: test
    target: kubernetes
    namespace: {namespace}
    owner: tests
    images: {{pipeline: "{image}", serving: "{image}", registry: "{image}"}}
    kubernetes: {{context: {context}}}
    registry: {{}}
  mlops:workloads:
    flight-delay: {{model: {{version: 7, digest: "{digest}"}}}}
"""
GO_FILE = "/tmp/go"  # noqa: S108 - in a container of the test's own
Mlops = Callable[..., subprocess.Popen[str]]


class Small:
    """A pipeline and an endpoint in a namespace of the test's own."""

    def __init__(self, cluster: Cluster, namespace: str, image: str) -> None:
        api = config.new_client_from_config(str(cluster.kubeconfig), context=cluster.context)
        self.core, self.apps, self.batch = client.CoreV1Api(api), client.AppsV1Api(api), client.BatchV1Api(api)
        self.namespace, self.image = namespace, image
        self.core.create_namespace({"metadata": {"name": namespace}})

    def pipeline(self, *steps: tuple[str, str], held: str = "") -> None:
        """Declare the pipeline: each step's name and how it ends. The held one goes on until it is released."""
        containers = [
            self._container(name, STEP, "--step", name, status, GO_FILE if name == held else "")
            for name, status in steps
        ]
        pod = {"restartPolicy": "Never", "initContainers": containers[:-1], "containers": containers[-1:]}
        job = {"backoffLimit": 0, "template": {"metadata": {"labels": LABELS}, "spec": pod}}
        template = {"metadata": {"labels": LABELS}, "spec": job}
        spec = {"schedule": "0 0 1 1 *", "suspend": True, "concurrencyPolicy": "Forbid", "jobTemplate": template}
        self.batch.create_namespaced_cron_job(self.namespace, {"metadata": {"name": PIPELINE}, "spec": spec})

    def release(self, step: str) -> None:
        """Let the held step of the only run end."""
        wait_for(lambda: self._is_running(step), timeout_seconds=180.0)
        (pod,) = self.core.list_namespaced_pod(self.namespace).items
        run_in_pod(self.core, self.namespace, pod.metadata.name, f"touch {GO_FILE}", container=step)

    def _is_running(self, step: str) -> bool:
        statuses = [
            status
            for pod in self.core.list_namespaced_pod(self.namespace).items
            for status in [*(pod.status.init_container_statuses or []), *(pod.status.container_statuses or [])]
        ]
        return any(status.name == step and status.state.running is not None for status in statuses)

    def endpoint(self) -> None:
        """Declare the endpoint and wait until it serves."""
        labels, name = {"app": "small"}, "flight-delay"
        container = self._container("server", SERVER) | {
            "ports": [{"name": "http", "containerPort": 8080}],
            "readinessProbe": {"httpGet": {"path": "/", "port": "http"}, "periodSeconds": 1},
        }
        pod = {"terminationGracePeriodSeconds": 1, "containers": [container]}
        template = {"metadata": {"labels": labels}, "spec": pod}
        deployment = {"selector": {"matchLabels": labels}, "template": template}
        service = {"selector": labels, "ports": [{"port": 80, "targetPort": "http"}]}
        self.apps.create_namespaced_deployment(self.namespace, {"metadata": {"name": name}, "spec": deployment})
        self.core.create_namespaced_service(self.namespace, {"metadata": {"name": name}, "spec": service})
        wait_for(lambda: self.apps.read_namespaced_deployment(name, self.namespace).status.ready_replicas == 1, 180.0)

    def _container(self, name: str, program: str, *arguments: str) -> dict[str, Any]:
        return {"name": name, "image": self.image, "command": ["python", "-c", program, *arguments]}


@pytest.fixture
def small(cluster: Cluster, namespace: str) -> Small:
    return Small(cluster, namespace, images.ensure(cluster, ("pipeline",))["pipeline"])


@pytest.fixture
def mlops(small: Small, cluster: Cluster, tmp_path: Path) -> Iterator[Mlops]:
    """Starts the command `mlops` in a project whose one stack is the small one."""
    (tmp_path / "Pulumi.yaml").write_text("name: mlops\n")
    stack = STACK.format(namespace=small.namespace, image=f"a@{DIGEST}", context=cluster.context, digest=DIGEST)
    (tmp_path / "Pulumi.test.yaml").write_text(stack)
    environment = {**os.environ, "KUBECONFIG": str(cluster.kubeconfig)}
    environment.pop("MLOPS_KUBE_CONTEXT", None)
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str) -> subprocess.Popen[str]:
        # A shell without job control lets what it starts in the background ignore Ctrl-C, this command included.
        command = ["env", "--default-signal=INT", sys.executable, "-m", "pulumi_mlops", *arguments]
        pipe = subprocess.PIPE
        process = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=pipe, stderr=pipe, text=True)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    text, error = process.communicate(timeout=300)
    return process.returncode, text, error


def wait_until_following(process: subprocess.Popen[str]) -> None:
    """Waits for the line with which a command begins to follow a run. What it says later is left to read."""
    assert process.stdout is not None
    for line in iter(process.stdout.readline, ""):
        if line.startswith("run ") and line.endswith(" started\n"):
            return
    pytest.fail(f"it ended without following a run: {ended(process)}")


TRAIN = ("train", "flight-delay", "--stack", "test")


def test_a_run_is_followed_to_its_registered_version(small: Small, mlops: Mlops) -> None:
    small.pipeline(("ingest", "succeeded"), ("register", "succeeded"))
    code, text, progress = ended(mlops(*TRAIN, "--follow", "--json"))
    run = json.loads(text)
    assert code == 0, progress
    assert (run["status"], run["model_version"], run["model_digest"]) == ("succeeded", 3, "sha256:" + "c" * 64)
    assert [step["status"] for step in run["steps"]] == ["succeeded", "succeeded"]
    assert "ingest says so" in progress
    assert ended(mlops(*TRAIN, "--follow"))[0] == 0, "a second run must be allowed as soon as the first was said to end"


def test_a_rejected_model_has_an_exit_code_of_its_own(small: Small, mlops: Mlops) -> None:
    small.pipeline(("evaluate", "rejected"), ("register", "skipped"))
    code, text, _ = ended(mlops(*TRAIN, "--follow"))
    assert code == 3
    assert text.splitlines()[-1] == "! rejected, nothing registered: evaluate says so"


def test_a_failed_step_shows_its_log(small: Small, mlops: Mlops) -> None:
    small.pipeline(("train", "failed"), ("register", "succeeded"))
    code, text, error = ended(mlops(*TRAIN, "--follow"))
    assert code == 1
    assert "failed: train: train says so (exit code 1)" in text
    assert error == "the last lines of step train:\nthe log of train\n"


def test_one_run_at_a_time_and_ctrl_c_ends_only_the_following(small: Small, mlops: Mlops) -> None:
    small.pipeline(("train", "succeeded"), ("register", "succeeded"), held="train")
    follower = mlops(*TRAIN, "--follow")
    wait_until_following(follower)
    code, _, error = ended(mlops(*TRAIN))
    assert code == 1
    assert "got the active run flight-delay-pipeline-" in error
    follower.send_signal(signal.SIGINT)
    code, _, error = ended(follower)
    assert code == 130
    assert "goes on, and --attach shows it again" in error
    attached = mlops(*TRAIN, "--attach")
    wait_until_following(attached)
    small.release("train")
    code, text, _ = ended(attached)
    assert code == 0
    assert "registered version 3" in text
    assert len(small.batch.list_namespaced_job(small.namespace).items) == 1


def test_what_is_not_deployed_is_an_error_that_says_so(small: Small, mlops: Mlops) -> None:
    code, _, error = ended(mlops(*TRAIN))
    assert code == 1
    assert f'CronJob {small.namespace}/{PIPELINE}: cronjobs.batch "{PIPELINE}" not found' in error


def test_status_asks_the_endpoint_itself_and_says_what_cannot_be_asked(small: Small, mlops: Mlops) -> None:
    small.endpoint()
    code, text, _ = ended(mlops("status", "--json"))
    (workload,) = json.loads(text)["workloads"]
    assert code == 0
    assert workload["serving"] == workload["pinned"] == {"version": 7, "digest": DIGEST}
    # The server is the test's own: no update has proved it.
    assert workload["healthy"] == "yes (1 of 1), no truth check of this rollout"
    assert "mlflow" in workload["registered"]["problem"]


def test_predict_calls_the_endpoint_once(small: Small, mlops: Mlops, tmp_path: Path) -> None:
    small.endpoint()
    rows = tmp_path / "rows.json"
    rows.write_text("[1, 2]")
    predict = ("predict", "flight-delay", "--stack", "test", "--rows", str(rows))
    assert ended(mlops(*predict))[:2] == (0, "2.0\n4.0\n")
    rows.write_text("[0]")
    code, _, error = ended(mlops(*predict))
    assert code == 1
    assert "got status 400: row 0 is nothing" in error
