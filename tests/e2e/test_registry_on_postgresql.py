"""The registry on PostgreSQL: what it was told survives its database's pod, and the password stays a secret."""

import json
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from sandbox import images
from sandbox.cluster.target import Cluster
from tests.e2e.pulumi_project import wait_for
from tests.e2e.workload_stack import WorkloadStack

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


def test_what_it_knows_outlives_the_databases_pod(stack: WorkloadStack) -> None:
    said = stack.pulumi("up", "--yes")
    assert PASSWORD not in said
    assert PASSWORD not in stack.pulumi("stack", "export")
    assert PASSWORD not in stack.stack_file.read_text()
    assert stack.changes() == {}
    made = json.loads(ask(stack, "experiments/create", '{"name": "kept"}'))

    for grace_seconds in (60, 0):  # Told to end, and killed.
        end_database(stack, grace_seconds)
        wait_until_known(stack, made["experiment_id"])
