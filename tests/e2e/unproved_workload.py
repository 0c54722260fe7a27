"""More of the worked example's life, not yet tried on a cluster: `pytest tests/e2e/unproved_workload.py`."""
# ruff: noqa: F811 - fixtures are arguments by the same name

from collections.abc import Mapping
from pathlib import Path

import pytest

from sandbox.cluster.target import Cluster
from tests.e2e.impostors import impostors_beside
from tests.e2e.test_workload import Trained, assert_first_is_back, trained  # noqa: F401 - a fixture
from tests.e2e.workload_stack import WORKLOAD, WorkloadStack

pytestmark = pytest.mark.e2e


def test_an_impostor_behind_the_address_fails_the_update(trained: Trained) -> None:
    with impostors_beside(trained.stack, trained.images["serving"]):
        trained.stack.pin(trained.second)
        ended = trained.stack.attempt("up", "--yes", "--skip-preview")
    assert ended.returncode != 0
    version, digest = trained.second["version"], trained.second["digest"]
    assert f"does not serve {WORKLOAD} version {version} {digest}" in ended.stdout, ended.stdout
    assert "expected name flight-delay, got impostor" in ended.stdout
    assert_first_is_back(trained)


def test_a_model_is_promoted_by_its_line_alone(
    trained: Trained, cluster: Cluster, engine_environment: Mapping[str, str], tmp_path: Path
) -> None:
    stack = WorkloadStack(
        tmp_path, cluster, trained.promoted, trained.images, engine_environment, template="prod-local"
    )
    try:
        with stack.edited() as settings:
            settings["mlops:platform"]["registry"]["url"] = trained.stack.outputs()["registry_url"]
            settings["mlops:workloads"][WORKLOAD]["endpoint"]["drain_seconds"] = 5  # The pods' end is waited for.
        stack.pin(trained.first)
        stack.up()
        outputs, row = stack.workload_outputs(), stack.status()
        assert stack.changes() == {}
    finally:
        stack.destroy()
    assert outputs["serving_digest"] == trained.first["digest"]
    assert row["serving"] == {"version": int(trained.first["version"]), "digest": trained.first["digest"]}
    assert row["registered"]["digest"] == trained.second["digest"], "it asks the first stack's registry"
    assert row["healthy"].startswith("yes")


def test_a_stack_file_with_two_mistakes_is_refused_with_both_and_no_traceback(trained: Trained) -> None:
    right = trained.stack.stack_file.read_text()
    with trained.stack.edited() as settings:
        settings["mlops:platform"]["onwer"] = "me"
        settings["mlops:workloads"][WORKLOAD]["endpoint"]["rollout_timeout_seconds"] = 1
    try:
        ended = trained.stack.attempt("preview")
    finally:
        trained.stack.stack_file.write_text(right)
    assert ended.returncode != 0
    assert "mlops:platform.onwer: got an unknown key" in ended.stdout, ended.stdout
    assert f"mlops:workloads.{WORKLOAD}.endpoint.rollout_timeout_seconds: got the whole number 1" in ended.stdout
    assert "Traceback" not in ended.stdout
