import json
from typing import Any

import pytest

from pulumi_mlops.cli.kubernetes.runs import is_active, job_of, run_of
from pulumi_mlops.cli.progress import ending
from pulumi_mlops.cli.runs import Run, Status, Step

STEPS = ("ingest", "train", "register")


def container(step: str) -> dict[str, Any]:
    return {"name": step, "command": ["python", "-m", "mlops_runtime", "step", "--step", step]}


def ended(step: str, status: str | None = "succeeded", exit_code: int = 0, **more: Any) -> dict[str, Any]:
    report = None if status is None else json.dumps({"step": step, "status": status, "message": f"{step} done", **more})
    times = {"startedAt": "2026-01-01T00:00:00+00:00", "finishedAt": "2026-01-01T00:00:05+00:00"}
    state = {"terminated": {"exitCode": exit_code, "reason": "Error" if exit_code else "Completed", **times}}
    if report is not None:
        state["terminated"]["message"] = report
    return {"name": step, "state": state}


def pod(*states: dict[str, Any], conditions: list[dict[str, str]] | None = None) -> dict[str, Any]:
    return {
        "metadata": {"name": "run-abc", "creationTimestamp": "2026-01-01T00:00:00+00:00"},
        "spec": {"initContainers": [container(step) for step in STEPS[:-1]], "containers": [container(STEPS[-1])]},
        "status": {
            "initContainerStatuses": [state for state in states if state["name"] != STEPS[-1]],
            "containerStatuses": [state for state in states if state["name"] == STEPS[-1]],
            "conditions": conditions or [],
        },
    }


def job(condition: str | None = None, message: str = "") -> dict[str, Any]:
    conditions = [{"type": condition, "status": "True", "message": message}] if condition else []
    return {"metadata": {"name": "run"}, "status": {"conditions": conditions}}


def test_a_run_that_registered_tells_version_and_digest() -> None:
    last = ended("register", model_version="3", model_digest="sha256:c")
    run = run_of(job("Complete"), [pod(ended("ingest"), ended("train"), last)])
    assert (run.status, run.model_version, run.model_digest) == (Status.SUCCEEDED, 3, "sha256:c")
    assert [step.status for step in run.steps] == [Status.SUCCEEDED] * 3


def test_a_rejected_model_is_told_with_its_reason() -> None:
    run = run_of(job("Complete"), [pod(ended("ingest"), ended("train", "rejected"), ended("register", "skipped"))])
    assert (run.status, run.message, run.model_version) == (Status.REJECTED, "train done", None)


def test_a_failed_step_fails_the_run_once_its_job_has_ended() -> None:
    states = pod(ended("ingest"), ended("train", "failed", 1))
    assert run_of(job(), [states]).status is Status.RUNNING
    run = run_of(job("Failed", "Job has reached the specified backoff limit"), [states])
    assert (run.status, run.message) == (Status.FAILED, "train: train done (exit code 1)")
    assert run.steps[2].status is Status.WAITING


def test_a_step_killed_for_its_memory_says_so() -> None:
    state = ended("train", None, 137)
    state["state"]["terminated"]["reason"] = "OOMKilled"
    run = run_of(job("Failed"), [pod(ended("ingest"), state)])
    assert run.message == "train: OOMKilled, exit code 137"


def test_a_step_without_a_readable_report_succeeds_by_its_exit_code() -> None:
    state = ended("ingest", None)
    state["state"]["terminated"]["message"] = "not JSON"
    step = run_of(job(), [pod(state)]).steps[0]
    assert (step.status, step.message) == (Status.SUCCEEDED, "not JSON")


def test_a_deadline_fails_the_run_although_no_step_failed() -> None:
    run = run_of(job("Failed", "Job was active longer than specified deadline"), [pod(ended("ingest"))])
    assert (run.status, run.message) == (Status.FAILED, "Job was active longer than specified deadline")


@pytest.mark.parametrize("reason", ["ErrImagePull", "ImagePullBackOff", "CreateContainerConfigError"])
def test_a_container_that_cannot_start_makes_the_run_stuck(reason: str) -> None:
    waiting = {"name": "ingest", "state": {"waiting": {"reason": reason, "message": "no such image"}}}
    assert run_of(job(), [pod(waiting)]).stuck == f"ingest: {reason}: no such image"


def test_a_container_that_is_being_made_is_not_stuck() -> None:
    waiting = {"name": "ingest", "state": {"waiting": {"reason": "PodInitializing"}}}
    assert run_of(job(), [pod(waiting)]).stuck is None


def test_a_refused_pod_is_told_from_the_events() -> None:
    event = {"reason": "FailedCreate", "message": "violates PodSecurity"}
    assert run_of(job(), [], [event]) == Run("run", Status.WAITING, stuck="violates PodSecurity")
    assert run_of(job("Failed", "too late"), []).status is Status.FAILED


def test_a_run_that_ended_well_has_ended_although_its_pod_is_gone() -> None:
    run = run_of(job("Complete"), [])
    assert run.status is Status.SUCCEEDED
    assert ending(run) == "succeeded: its pod is gone; the registry knows what it registered"


def test_a_pod_that_no_node_takes_says_why() -> None:
    condition = {"type": "PodScheduled", "status": "False", "message": "Insufficient cpu"}
    run = run_of(job(), [pod(conditions=[condition])])
    assert (run.status, run.message) == (Status.WAITING, "Insufficient cpu")


def test_only_a_job_that_has_not_ended_is_active() -> None:
    assert is_active(job())
    assert not is_active(job("Complete"))
    assert not is_active(job("Failed"))


def test_a_run_by_hand_is_a_job_of_the_cron_job() -> None:
    pod = {"spec": {}, "metadata": {"annotations": {"c": "d"}}}
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"backoffLimit": 0, "template": pod}}
    metadata = {"name": "flight-delay-pipeline", "namespace": "flights-dev", "uid": "u1"}
    made = job_of({"metadata": metadata, "spec": {"jobTemplate": template}}, "flight-delay-pipeline-1", "ada")
    by = {"pulumi-mlops.dev/started-by": "ada"}
    assert made["spec"] == {"backoffLimit": 0, "template": {"spec": {}, "metadata": {"annotations": {"c": "d"} | by}}}
    assert made["metadata"]["labels"] == {"a": "b"}
    assert made["metadata"]["annotations"] == {"cronjob.kubernetes.io/instantiate": "manual"} | by
    (owner,) = made["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["uid"], owner["controller"]) == ("CronJob", "u1", True)


def test_a_document_names_the_run_once() -> None:
    document = Run("run", Status.SUCCEEDED, steps=(Step("ingest", "ingest", Status.SUCCEEDED),)).to_document()
    assert document["run"] == "run"
    assert json.loads(json.dumps(document))["steps"][0]["status"] == "succeeded"
