"""The quick start from a checkout as a newcomer has it, twice: the second time there is nothing to do."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from kubernetes import client, config
from ruamel.yaml import YAML

from quickstart.personal_stack import FILE_NAME, NAMESPACE, TEMPLATE_NAME
from sandbox import images, paths
from sandbox.cluster.target import Cluster
from tests.e2e.workload_stack import ROLLOUT_TIMEOUT_SECONDS, WORKLOAD

pytestmark = pytest.mark.e2e

CHECKOUT = Path(__file__).parents[2]
LEFT_OUT = (".git", ".venv", ".uv", ".*_cache", "__pycache__", "Pulumi.local*.yaml")
OF_ITS_OWN = ("pulumi-backend", "locks", "logs")
FEW_ROWS = {"training_rows_max": 20_000, "iterations": 20}
IN_SHELL = 'eval "$("$0" -m sandbox env)" && "$@"'
TABLE = "Arrival delays in minutes"


class Newcomer:
    """A copy of the checkout, and a state of the sandbox that shares the cluster and has a backend of its own."""

    def __init__(self, folder: Path, cluster: Cluster, namespace: str) -> None:
        self.checkout, self._state = folder / "checkout", folder / "state"
        self._namespace = namespace
        shutil.copytree(CHECKOUT, self.checkout, ignore=shutil.ignore_patterns(*LEFT_OUT))
        (self.checkout / ".venv").symlink_to(CHECKOUT / ".venv")
        self._make_small()
        self._commit()
        self._state.mkdir(mode=0o711)
        for entry in paths.state_root().iterdir():
            if entry.name not in OF_ITS_OWN:
                (self._state / entry.name).symlink_to(entry)
        self._api = config.new_client_from_config(str(cluster.kubeconfig), context=cluster.context)

    @property
    def file(self) -> Path:
        """The personal stack's file."""
        return self.checkout / "stacks" / FILE_NAME

    def _make_small(self) -> None:
        personal = self.checkout / "quickstart" / "personal_stack.py"
        text = personal.read_text()
        assert text.count(f'"{NAMESPACE}"') == 1
        personal.write_text(text.replace(f'"{NAMESPACE}"', f'"{self._namespace}"'))
        template = self.checkout / "stacks" / TEMPLATE_NAME
        document = YAML().load(template)
        workload = document["config"]["mlops:workloads"][WORKLOAD]
        workload["pipeline"]["parameters"] = FEW_ROWS
        workload["pipeline"]["gate"]["max"] = 100.0
        workload["endpoint"]["rollout_timeout_seconds"] = ROLLOUT_TIMEOUT_SECONDS
        YAML().dump(document, template)

    def _commit(self) -> None:
        self.git("init", "--quiet")
        (self.checkout / ".git" / "info" / "exclude").write_text(".venv\n")  # A folder elsewhere; here it is a link.
        self.git("add", "--all")
        author = ("-c", "user.name=Newcomer", "-c", "user.email=newcomer@example.com", "-c", "commit.gpgsign=false")
        self.git(*author, "commit", "--quiet", "--message", "As cloned")

    def git(self, *arguments: str) -> str:
        """Runs git in the checkout and returns what it wrote."""
        return subprocess.run(["git", *arguments], cwd=self.checkout, capture_output=True, text=True, check=True).stdout

    def quickstart(self) -> str:
        """Runs the quick start, which must succeed, and returns all that it said."""
        return self.run(sys.executable, "-m", "quickstart", "kubernetes")

    def destroy(self) -> None:
        """Removes what the stack made, as the README's shell does, and lets go of the cluster."""
        try:
            if self.file.is_file():
                destroy = ("pulumi", "destroy", "--stack", "local", "--yes", "--skip-preview", "--non-interactive")
                self.run("sh", "-c", IN_SHELL, sys.executable, *destroy)
        finally:
            self._api.rest_client.pool_manager.clear()

    def run(self, *command: str) -> str:
        """Runs a command in the checkout, which must succeed, and returns all that it said."""
        folders = [str(self.checkout / name) for name in ("", "components", "pipelines")]
        environment = {name: value for name, value in os.environ.items() if name != "MLOPS_KUBE_CONTEXT"} | {
            "MLOPS_SANDBOX_STATE": str(self._state),
            "PYTHONPATH": os.pathsep.join(folders),
        }
        ended = subprocess.run(
            command,
            cwd=self.checkout,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=800,
            check=False,
        )
        assert ended.returncode == 0, ended.stdout
        return ended.stdout

    def objects(self) -> dict[str, tuple[str, int | None]]:
        """Identity and declaration of what runs: every run of the pipeline, every server."""
        apps, batch = client.AppsV1Api(self._api), client.BatchV1Api(self._api)
        lists = (batch.list_namespaced_job, batch.list_namespaced_cron_job, apps.list_namespaced_deployment)
        return {
            f"{read.__name__} {item.metadata.name}": (item.metadata.uid, item.metadata.generation)
            for read in lists
            for item in read(self._namespace).items
        }


@pytest.fixture
def newcomer(
    cluster: Cluster, namespace: str, engine_environment: Mapping[str, str], tmp_path: Path
) -> Iterator[Newcomer]:
    images.ensure(cluster)
    made = Newcomer(tmp_path, cluster, namespace)
    yield made
    made.destroy()


def before_table(said: str) -> str:
    """What was said on the way; the advice after the table names the commands for training again."""
    return said.partition(TABLE)[0]


def test_the_quick_start_serves_a_model_and_has_nothing_to_do_the_second_time(newcomer: Newcomer) -> None:
    first = newcomer.quickstart()
    assert TABLE in first, first
    assert f"train {WORKLOAD}" in before_table(first)
    text, objects = newcomer.file.read_text(), newcomer.objects()
    assert newcomer.git("status", "--porcelain") == ""

    second = newcomer.quickstart()

    assert TABLE in second, second
    assert f"train {WORKLOAD}" not in before_table(second)
    assert newcomer.file.read_text() == text
    assert newcomer.objects() == objects
    assert newcomer.git("status", "--porcelain") == ""
