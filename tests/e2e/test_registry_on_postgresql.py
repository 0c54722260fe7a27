"""The registry on PostgreSQL: what it was told survives its database's pod and, from a backup, its data's end."""

import json
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from pulumi_mlops.model_registry.kubernetes.database import DATABASE, SECRET_FOLDER, USER
from pulumi_mlops.model_registry.kubernetes.render import ARTIFACTS_FOLDER
from sandbox import images
from sandbox.cluster.target import Cluster
from tests.e2e.pod_shell import run_in_pod
from tests.e2e.pulumi_project import wait_for
from tests.e2e.workload_stack import STACK, WorkloadStack

pytestmark = pytest.mark.e2e

PASSWORD = "with 'quotes', spaces & a %-sign"
_ASK = """
import json, sys, urllib.request
path, body = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None
request = urllib.request.Request(f"http://localhost:5000/api/2.0/mlflow/{path}", data=body and body.encode())
request.add_header("Content-Type", "application/json")
print(urllib.request.urlopen(request, timeout=20).read().decode())
"""


@pytest.fixture
def stack(cluster: Cluster, engine_environment: Mapping[str, str], tmp_path: Path) -> Iterator[WorkloadStack]:
    references = images.ensure(cluster)
    made = WorkloadStack(tmp_path, cluster, f"e2e-{uuid.uuid4().hex[:8]}", references, engine_environment)
    try:
        with made.edited() as settings:
            settings["mlops:platform"]["registry"]["database"] = "postgresql"
            settings["mlops:platform"]["images"]["postgres"] = references["postgres"]
        made.pulumi("config", "set", "--secret", "mlops:registry_database_password", PASSWORD)
        yield made
    finally:
        made.destroy()


def ask(stack: WorkloadStack, path: str, body: str | None = None) -> str:
    arguments = [path, *([body] if body else [])]
    quoted = " ".join(f"'{argument}'" for argument in [_ASK.replace("'", '"'), *arguments])
    return stack.registry_shell(f"python -c {quoted}")


def end_database(stack: WorkloadStack, grace_seconds: int) -> None:
    """Ends the database's pod, and waits until another stands in its place."""
    selector = "app.kubernetes.io/component=model-registry-database"
    (ended,) = stack.core.list_namespaced_pod(stack.namespace, label_selector=selector).items
    stack.core.delete_namespaced_pod(ended.metadata.name, stack.namespace, grace_period_seconds=grace_seconds)

    def is_another() -> bool:
        pods = stack.core.list_namespaced_pod(stack.namespace, label_selector=selector).items
        return [pod.metadata.uid for pod in pods] not in ([], [ended.metadata.uid])

    wait_for(is_another, timeout_seconds=120.0)


def wait_until_known(stack: WorkloadStack, experiment_id: str) -> None:
    said = ""

    def is_known() -> bool:
        nonlocal said
        said = ask(stack, "experiments/get-by-name?experiment_name=kept")
        return f'"{experiment_id}"' in said

    wait_for(is_known, timeout_seconds=180.0, explain=lambda: said)


def versions(stack: WorkloadStack) -> list[tuple[str, str, object]]:
    found = json.loads(ask(stack, "model-versions/search")).get("model_versions", [])
    return sorted((each["version"], each["source"], each["tags"]) for each in found)


def lose_everything(stack: WorkloadStack) -> None:
    """Empties the database and the artifacts, and kills the server; the next one makes its tables anew."""
    (database,) = stack.core.list_namespaced_pod(
        stack.namespace, label_selector="app.kubernetes.io/component=model-registry-database"
    ).items
    words = "drop schema public cascade; create schema public"
    query = f"PGPASSWORD=$(cat {SECRET_FOLDER}/password) psql -h 127.0.0.1 -U {USER} -d {DATABASE} -qc '{words}'"
    run_in_pod(stack.core, stack.namespace, database.metadata.name, query)
    stack.registry_shell(f"rm -r {ARTIFACTS_FOLDER}/*")
    selector = "app.kubernetes.io/name=mlflow,app.kubernetes.io/component=model-registry"
    (server,) = stack.core.list_namespaced_pod(stack.namespace, label_selector=selector).items
    stack.core.delete_namespaced_pod(server.metadata.name, stack.namespace, grace_period_seconds=0)

    def is_empty() -> bool:
        pods = stack.core.list_namespaced_pod(stack.namespace, label_selector=selector).items
        ready = [pod for pod in pods if pod.metadata.uid != server.metadata.uid and is_ready(pod.to_dict())]
        return bool(ready) and versions(stack) == []

    def is_ready(pod: dict[str, Any]) -> bool:
        conditions = (pod["status"] or {}).get("conditions") or []
        return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)

    wait_for(is_empty, timeout_seconds=120.0)


def test_what_it_knows_outlives_the_databases_pod(stack: WorkloadStack, tmp_path: Path) -> None:
    said = stack.pulumi("up", "--yes")
    assert PASSWORD not in said
    assert PASSWORD not in stack.pulumi("stack", "export")
    assert PASSWORD not in stack.stack_file.read_text()
    assert stack.changes() == {}
    made = json.loads(ask(stack, "experiments/create", '{"name": "kept"}'))

    for grace_seconds in (60, 0):  # Told to end, and killed.
        end_database(stack, grace_seconds)
        wait_until_known(stack, made["experiment_id"])

    # Killed, and restored: the same digests, and the same files.
    ask(stack, "registered-models/create", '{"name": "flights"}')
    for number in (1, 2):
        tags = [{"key": "mlops.digest", "value": f"sha256:{number:064}"}]
        body = {"name": "flights", "source": f"mlflow-artifacts:/1/{number}", "tags": tags}
        ask(stack, "model-versions/create", json.dumps(body))
    stack.registry_shell(f"mkdir -p {ARTIFACTS_FOLDER}/1 && echo weights > {ARTIFACTS_FOLDER}/1/model")
    before = versions(stack)
    assert len(before) == 2
    file = str(tmp_path / "registry.tar.gz")
    assert stack.mlops_json("registry", "backup", "--stack", STACK, "--to", file)["rows"]["model_versions"] == 2
    lose_everything(stack)
    assert stack.mlops_json("registry", "restore", "--stack", STACK, "--from", file)["has_artifacts"] is True
    assert versions(stack) == before
    assert "weights" in stack.registry_shell(f"cat {ARTIFACTS_FOLDER}/1/model")

    # The sandbox's StorageClass lets no volume grow, which the API server would tell only in the update.
    with stack.edited() as settings:
        settings["mlops:platform"]["registry"]["artifacts_volume_gib"] = 9
    refused = stack.attempt("preview")
    assert refused.returncode != 0
    assert "artifacts_volume_gib: got 9, expected at most 5" in refused.stdout
    assert "does not say allowVolumeExpansion: true" in refused.stdout
