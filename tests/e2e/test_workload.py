"""The worked example's life on a real cluster: trained, pinned, served, changed, and everything that must not break it.

One stack serves all of these tests: training and starting take minutes. Each leaves it serving version 1.
"""

import json
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sandbox import images
from sandbox.cluster.target import Cluster
from tests.e2e.impostors import impostors_beside
from tests.e2e.load import load_on
from tests.e2e.pulumi_project import wait_for
from tests.e2e.workload_stack import STACK, WORKLOAD, WorkloadStack

pytestmark = pytest.mark.e2e


@dataclass(frozen=True)
class Trained:
    """A stack that has trained two versions and serves the first.

    Attributes:
        stack: The stack.
        images: The pinned reference of each image, by name.
        before_training: The workload's outputs when there was no model yet.
        first: Version and digest of the first model.
        second: Version and digest of the second.
        rows: Real flights to send.
        promoted: A namespace that may use the stack's registry.
    """

    stack: WorkloadStack
    images: Mapping[str, str]
    before_training: Mapping[str, str]
    first: Mapping[str, Any]
    second: Mapping[str, Any]
    rows: list[dict[str, Any]]
    promoted: str


def trained_model(stack: WorkloadStack, **parameters: Any) -> dict[str, Any]:
    exit_code, run = stack.train(**parameters)
    assert exit_code == 0, run
    return {"version": run["model_version"], "digest": run["model_digest"]}


@pytest.fixture(scope="module")
def trained(
    cluster: Cluster, engine_environment: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Trained]:
    references = images.ensure(cluster)
    folder: Path = tmp_path_factory.mktemp("workload")
    stack = WorkloadStack(folder, cluster, f"e2e-{uuid.uuid4().hex[:8]}", references, engine_environment)
    promoted = f"{stack.namespace}-prod"
    with stack.edited() as settings:
        settings["mlops:platform"]["registry"]["allowed_namespaces"] = [promoted]
    try:
        stack.up()
        before = stack.workload_outputs()
        first = trained_model(stack)
        second = trained_model(stack, **SECOND_MODEL)
        stack.pin(first)
        stack.up()
        yield Trained(stack, references, before, first, second, sample_rows(), promoted)
    finally:
        stack.destroy()


SECOND_MODEL = {"iterations": 60}


def sample_rows() -> list[dict[str, Any]]:
    from flight_delay.samples import samples  # noqa: PLC0415 - brings the example's libraries

    return [dict(sample.features) for sample in samples()]


def assert_serves(trained: Trained, model: Mapping[str, Any]) -> None:
    """Serves it, by what the endpoint itself says."""
    row = trained.stack.status()
    assert row["serving"] == {"version": int(model["version"]), "digest": model["digest"], "runtime": "onnx"}


def assert_first_is_back(trained: Trained) -> None:
    """A file with the old pin makes the stack whole again, and then there is nothing to do."""
    trained.stack.pin(trained.first)
    trained.stack.up()
    assert_serves(trained, trained.first)
    assert trained.stack.changes() == {}


def test_an_environment_without_a_model_is_a_legal_state(trained: Trained) -> None:
    assert trained.before_training == {
        "endpoint_url": "",
        "serving_version": "",
        "serving_digest": "",
        "pipeline_name": f"{WORKLOAD}-pipeline",
        "status": "waiting-for-model",
    }


def test_serves_what_is_pinned_and_says_so_everywhere(trained: Trained) -> None:
    outputs = trained.stack.workload_outputs()
    assert outputs["status"] == "serving"
    assert (outputs["serving_version"], outputs["serving_digest"]) == (
        str(trained.first["version"]),
        trained.first["digest"],
    )
    row = trained.stack.status()
    assert row["pinned"] == {"version": trained.first["version"], "digest": trained.first["digest"]}
    assert row["serving"] == {**row["pinned"], "runtime": "onnx"}
    assert row["registered"]["version"] == trained.second["version"]
    assert row["healthy"].startswith("yes")


def test_nothing_changed_means_an_empty_preview(trained: Trained) -> None:
    assert trained.stack.changes() == {}


def test_predicts_the_delay_of_real_flights(trained: Trained, tmp_path: Path) -> None:
    rows = tmp_path / "rows.json"
    rows.write_text(json.dumps(trained.rows))
    answer = trained.stack.mlops_json("predict", WORKLOAD, "--stack", STACK, "--rows", str(rows))
    predictions = answer["predictions"]
    assert len(predictions) == len(trained.rows)
    assert len({round(value, 3) for value in predictions}) > 1, "one answer for every flight"


def test_a_gate_that_is_missed_registers_nothing_and_says_why(trained: Trained) -> None:
    stack = trained.stack
    with stack.edited() as settings:
        settings["mlops:workloads"][WORKLOAD]["pipeline"]["gate"]["max"] = 0.5
    try:
        exit_code, run = stack.train()
    finally:
        with stack.edited() as settings:
            settings["mlops:workloads"][WORKLOAD]["pipeline"]["gate"]["max"] = 13.0
        stack.up()
    assert exit_code == 3
    assert run["status"] == "rejected"
    assert "mae_minutes" in str(run)
    assert "0.5" in str(run)
    assert stack.status()["registered"]["version"] == trained.second["version"]


def test_not_one_request_fails_while_the_version_changes_there_and_back(trained: Trained) -> None:
    with load_on(trained.stack, trained.rows[:2], trained.images["serving"]) as load:
        trained.stack.pin(trained.second)
        trained.stack.up()
        assert_serves(trained, trained.second)
        trained.stack.pin(trained.first)
        trained.stack.up()
    assert load.problems == {}
    assert set(load.answers) == {"200"}
    assert load.answers["200"] > 500
    assert_serves(trained, trained.first)


def test_an_artifact_that_was_tampered_with_is_refused_and_the_old_version_serves_on(trained: Trained) -> None:
    stack = trained.stack
    # The newest is the second version's: a run that its gate turned down stored none.
    model = stack.registry_shell("find /var/lib/mlflow/artifacts -name model.onnx -print0 | xargs -0 ls -t").split()[0]
    stack.registry_shell(f"cp -p {model} /tmp/kept.onnx && printf tampered >> {model}")
    try:
        with stack.impatient(), load_on(stack, trained.rows[:2], trained.images["serving"]) as load:
            stack.pin(trained.second)
            ended = stack.attempt("up", "--yes")
            why = str(stack.status()["healthy"])
    finally:
        stack.registry_shell(f"cp /tmp/kept.onnx {model}")
    assert ended.returncode != 0
    assert "they were changed after registration" in why, ended.stdout
    assert load.problems == {}
    assert_serves(trained, trained.first)
    assert_first_is_back(trained)


def test_a_digest_that_nobody_registered_is_refused_and_the_old_version_serves_on(trained: Trained) -> None:
    trained.stack.pin({"version": trained.second["version"], "digest": "sha256:" + "0" * 64})
    with trained.stack.impatient():
        ended = trained.stack.attempt("up", "--yes")
        why = str(trained.stack.status()["healthy"])
    assert ended.returncode != 0
    assert (
        f"got digest {trained.second['digest']} in the registry's tag mlops.digest, expected digest sha256:{'0' * 64}"
        in why
    ), ended.stdout
    assert_serves(trained, trained.first)
    assert_first_is_back(trained)


def test_an_update_while_the_registry_is_down_fails_clearly_and_the_next_converges(trained: Trained) -> None:
    stack = trained.stack
    stack.scale("mlflow", 0)
    try:
        stack.pin(trained.second)
        with stack.impatient():
            ended = stack.attempt("up", "--yes")
        answers = stack.status()
    finally:
        stack.scale("mlflow", 1)
    assert ended.returncode != 0
    assert "the registry: got no answer to the end" in str(answers["healthy"]), ended.stdout
    assert answers["serving"]["version"] == trained.first["version"], "the old version stopped"
    stack.up()
    assert_serves(trained, trained.second)
    assert_first_is_back(trained)


def test_an_image_that_is_not_there_is_named_and_the_old_version_serves_on(trained: Trained) -> None:
    missing = "localhost/pulumi-mlops/serving:0123456789abcdef"
    trained.stack.image("serving", missing)
    try:
        with trained.stack.impatient():
            ended = trained.stack.attempt("up", "--yes")
            why = str(trained.stack.status()["healthy"])
    finally:
        trained.stack.image("serving", trained.images["serving"])
    assert ended.returncode != 0
    assert missing in why, ended.stdout
    assert_serves(trained, trained.first)
    assert_first_is_back(trained)


def test_an_impostor_behind_the_address_fails_the_update(trained: Trained) -> None:
    with impostors_beside(trained.stack, trained.images["serving"]):
        trained.stack.pin(trained.second)
        ended = trained.stack.attempt("up", "--yes")
    assert ended.returncode != 0
    version, digest = trained.second["version"], trained.second["digest"]
    assert f"does not serve {WORKLOAD} version {version} {digest}" in ended.stdout, ended.stdout
    assert "got name impostor, expected flight-delay" in ended.stdout
    assert "impostor version 0 sha256:0 on" in ended.stdout, "who answers now"
    assert "run `pulumi up`" in ended.stdout, "the way back"
    assert_first_is_back(trained)


def test_a_model_is_promoted_by_its_line_alone(
    trained: Trained, cluster: Cluster, engine_environment: Mapping[str, str], tmp_path: Path
) -> None:
    stack = WorkloadStack(
        tmp_path, cluster, trained.promoted, trained.images, engine_environment, template="prod-local"
    )
    try:
        with stack.edited() as settings:
            settings["mlops:platform"]["registry"]["url"] = trained.stack.outputs()["registry"]
            # The pods' end is waited for.
            settings["mlops:workloads"][WORKLOAD]["endpoint"]["request_timeout_seconds"] = 5
        stack.pin(trained.first)
        stack.up()
        outputs = stack.workload_outputs()
        assert stack.changes() == {}
        # The autoscaler owns the number of pods, and adds the second one when it next looks.
        wait_for(lambda: stack.status()["healthy"].startswith("yes"), 120.0, lambda: stack.status()["healthy"])
        row = stack.status()
    finally:
        stack.destroy()
    assert outputs["serving_digest"] == trained.first["digest"]
    assert_serves(trained, trained.first)
    assert row["registered"]["digest"] == trained.second["digest"], "it asks the first stack's registry"


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


def test_a_workload_that_is_not_in_the_stack_is_named(trained: Trained) -> None:
    ended = trained.stack.mlops("train", "flight-dely", "--stack", STACK)
    assert ended.returncode != 0
    assert "flight-dely" in ended.stderr
    assert WORKLOAD in ended.stderr


def test_a_model_is_taken_away_by_taking_its_line_away(trained: Trained) -> None:
    trained.stack.pin(None)
    trained.stack.up()
    assert trained.stack.workload_outputs()["status"] == "waiting-for-model"
    assert (
        trained.stack.apps.list_namespaced_deployment(
            trained.stack.namespace, label_selector=f"app.kubernetes.io/name={WORKLOAD}"
        ).items
        == []
    )
    assert_first_is_back(trained)
