"""`pulumi up --skip-preview`, as Pulumi's Automation API passes it: nobody refuses an update before it has begun.

What a registry knows must not be lost all the same: its volumes stay, and the file from before brings all of it back.
"""

import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from sandbox import images
from sandbox.cluster.target import Cluster
from tests.e2e.pulumi_project import wait_for
from tests.e2e.workload_stack import WorkloadStack

pytestmark = pytest.mark.e2e

Edit = Callable[[WorkloadStack], None]
# What an update takes back that one before it has let go of, and left in the cluster.
TAKES_OVER = "PULUMI_K8S_UPSERT_EXISTING_OBJECTS"
_ASK = """
import sys, urllib.request
body = sys.argv[2].encode() if len(sys.argv) > 2 else None
request = urllib.request.Request("http://localhost:5000/api/2.0/mlflow/" + sys.argv[1], data=body)
request.add_header("Content-Type", "application/json")
print(urllib.request.urlopen(request, timeout=20).read().decode())
"""


def ask(stack: WorkloadStack, *arguments: str) -> str:
    quoted = " ".join(f"'{argument}'" for argument in (_ASK, *arguments))
    return stack.registry_shell(f"python -c {quoted}")


def volumes(stack: WorkloadStack) -> dict[str, str]:
    """The stack's claims, each by its name with what tells it from another of that name."""
    claims = stack.core.list_namespaced_persistent_volume_claim(stack.namespace).items
    return {claim.metadata.name: claim.metadata.uid for claim in claims if not claim.metadata.deletion_timestamp}


def another_namespace(stack: WorkloadStack) -> None:
    with stack.edited() as settings:
        settings["mlops:platform"]["namespace"] = f"{stack.namespace}-other"


def another_storage_class(stack: WorkloadStack) -> None:
    with stack.edited() as settings:
        settings["mlops:platform"]["kubernetes"]["storage_class_name"] = "another"


def another_database(stack: WorkloadStack) -> None:
    with stack.edited() as settings:
        platform = settings["mlops:platform"]
        platform["registry"]["database"] = "postgresql"
        # Its server must never come: any image will do.
        platform["images"]["postgres"] = platform["images"]["registry"]
    stack.pulumi("config", "set", "--secret", "mlops:registry_database_password", "correct horse")


def another_registry(stack: WorkloadStack) -> None:
    with stack.edited() as settings:
        platform = settings["mlops:platform"]
        platform["registry"] = {"url": "http://mlflow.somewhere-else.svc:5000"}
        del platform["images"]["registry"]


def another_storage_class_without_protection(stack: WorkloadStack) -> None:
    with stack.edited() as settings:
        settings["mlops:platform"]["registry"]["protect_data"] = False
    another_storage_class(stack)


@pytest.fixture(scope="module")
def stack(
    cluster: Cluster, engine_environment: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[WorkloadStack]:
    references = images.ensure(cluster)
    folder: Path = tmp_path_factory.mktemp("without-preview")
    made = WorkloadStack(folder, cluster, f"e2e-{uuid.uuid4().hex[:8]}", references, engine_environment)
    try:
        with made.edited() as settings:
            settings["mlops:platform"]["registry"]["protect_data"] = True
        made.up()
        ask(made, "experiments/create", json.dumps({"name": "kept"}))
        yield made
    finally:
        # What is retained stays in the cluster; the namespace takes it along.
        made.attempt("state", "unprotect", "--all", "--yes")
        made.core.delete_namespace(made.namespace)
        made.destroy()


@pytest.mark.parametrize(
    "edit",
    [another_namespace, another_storage_class, another_database, another_registry],
    ids=lambda edit: edit.__name__,
)
def test_an_edit_that_would_take_the_registrys_volumes_is_refused_and_they_stay(
    stack: WorkloadStack, edit: Edit
) -> None:
    before, text = volumes(stack), stack.stack_file.read_text(encoding="utf-8")
    edit(stack)
    try:
        ended = stack.attempt("up", "--yes", "--skip-preview")
    finally:
        stack.stack_file.write_text(text, encoding="utf-8")
    assert ended.returncode != 0, ended.stdout
    assert "protect" in ended.stdout, ended.stdout
    assert before.items() <= volumes(stack).items()
    assert f"{stack.namespace}-other" not in namespaces(stack)
    assert_all_is_back(stack, before)


def test_volumes_outlive_an_update_that_lifts_their_protection_and_replaces_them(stack: WorkloadStack) -> None:
    before, text = volumes(stack), stack.stack_file.read_text(encoding="utf-8")
    names = {volume: claim.spec.volume_name for volume, claim in claims(stack).items()}
    another_storage_class_without_protection(stack)
    try:
        stack.attempt("up", "--yes", "--skip-preview")
    finally:
        stack.stack_file.write_text(text, encoding="utf-8")
    assert before.items() <= volumes(stack).items()
    assert {volume: claim.spec.volume_name for volume, claim in claims(stack).items()} == names


def claims(stack: WorkloadStack) -> dict[str, Any]:
    found = stack.core.list_namespaced_persistent_volume_claim(stack.namespace).items
    return {claim.metadata.name: claim for claim in found}


def namespaces(stack: WorkloadStack) -> set[str]:
    return {one.metadata.name for one in stack.core.list_namespace().items}


def assert_all_is_back(stack: WorkloadStack, before: Mapping[str, str]) -> None:
    """The file from before makes the stack what it was, with what the registry knew, and then nothing is to do."""
    stack.environment[TAKES_OVER] = "true"
    try:
        stack.up()
    finally:
        del stack.environment[TAKES_OVER]
    stack.up()
    assert stack.changes() == {}
    assert volumes(stack) == before
    wait_for(lambda: '"kept"' in ask(stack, "experiments/get-by-name?experiment_name=kept"), timeout_seconds=120.0)
