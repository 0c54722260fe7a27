import io
from dataclasses import replace
from functools import cache
from http.client import BadStatusLine, IncompleteRead
from typing import Any

import pytest
from rich.console import Console

from pulumi_mlops import KubernetesEndpoint
from pulumi_mlops.cli.kubernetes.cluster import Replicas, replicas_of
from pulumi_mlops.cli.kubernetes.errors import ClusterError
from pulumi_mlops.cli.kubernetes.registry import registry_url
from pulumi_mlops.cli.kubernetes.status import judge_health, workload_status
from pulumi_mlops.cli.predict import read_rows
from pulumi_mlops.cli.sagemaker.status import judge_health as judge_sagemaker_health
from pulumi_mlops.cli.stacks import Place
from pulumi_mlops.cli.status import to_table
from pulumi_mlops.cli.workload_status import Known, Version
from pulumi_mlops.stack import StackConfig
from tests.recording import declare
from tests.unit_platform import PLATFORM

DIGEST = "sha256:" + "a" * 64
ROLLOUT = "uid-of-flight-delay/1"
ONE, TWO = Replicas(1, 1, 1, 1, rollout=ROLLOUT), Replicas(2, 2, 2, 2, rollout=ROLLOUT)
SEVEN = Version(7, DIGEST)


def place(**workload: Any) -> Place:
    config = StackConfig.model_validate({"platform": PLATFORM, "workloads": {"flight-delay": workload}})
    return Place("dev-local", "flight-delay", config)


@cache
def declared_job() -> dict[str, Any]:
    """The truth check's Job as the component declares it."""

    def program() -> None:
        KubernetesEndpoint(
            "flight-delay",
            {
                "image": f"s@{DIGEST}",
                "registry_url": "http://mlflow.flights-dev.svc:5000",
                "model": {"version": "7", "digest": DIGEST},
                "kubernetes": {"namespace": "flights-dev"},
            },
        )

    return declare(program).one("Job").inputs


def rendered_check(
    condition: str = "Complete", message: str = "", created: str = "1", **metadata: str
) -> dict[str, Any]:
    conditions = [{"type": condition, "status": "True", "message": message}] if condition else []
    job = declared_job()
    return {
        **job,
        "metadata": {**job["metadata"], "name": f"check-{created}", "creationTimestamp": created, **metadata},
        "status": {"conditions": [{"type": "FailureTarget", "status": "False"}, *conditions]},
    }


class SmallCluster:
    """A cluster in which each question has an answer or fails."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers

    def _answer(self, name: str) -> Any:
        answer = self.answers[name]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def replicas(self, namespace: str, deployment: str) -> Any:
        assert (namespace, deployment) == ("flights-dev", "flight-delay")
        return self._answer("replicas")

    def jobs(self, namespace: str, selector: dict[str, str]) -> list[dict[str, Any]]:
        assert namespace == "flights-dev"
        answer = self.answers.get("jobs", [rendered_check()])
        if isinstance(answer, Exception):
            raise answer
        return [job for job in answer if selector.items() <= job["metadata"]["labels"].items()]

    def trouble(self, namespace: str, selector: dict[str, str]) -> str:
        assert (namespace, list(selector)) == ("flights-dev", ["batch.kubernetes.io/job-name"])
        return str(self.answers.get("trouble", ""))

    def request(self, service: Any, path: str) -> Any:
        return self._answer("serving" if path == "/mlops/identity" else "registered")


def cells(status: Any) -> dict[str, Any]:
    document: dict[str, Any] = status.to_document()
    return document


SERVING = {"name": "flight-delay", "version": "7", "digest": DIGEST}
REGISTERED = {"model_versions": [{"version": "8", "tags": [{"key": "mlops.digest", "value": "sha256:b"}]}]}


def ask(where: Place, **answers: Any) -> dict[str, Any]:
    cluster: Any = SmallCluster(**answers)
    return cells(workload_status(where, lambda _: cluster))


def test_shows_pinned_registered_and_serving() -> None:
    pinned = place(model={"version": 7, "digest": DIGEST})
    document = ask(pinned, replicas=TWO, serving=SERVING, registered=REGISTERED)
    assert document["pinned"] == document["serving"] == {"version": 7, "digest": DIGEST}
    assert document["registered"] == {"version": 8, "digest": "sha256:b"}
    assert (document["healthy"], document["is_healthy"]) == ("yes (2 of 2)", True)


def test_no_model_yet_is_a_state_and_not_an_error() -> None:
    document = ask(place(), replicas=None, registered={})
    assert document == {
        "stack": "dev-local",
        "workload": "flight-delay",
        "pinned": None,
        "registered": None,
        "serving": None,
        "healthy": "waiting-for-model",
        "is_healthy": None,
    }


def test_says_by_cell_what_cannot_be_reached() -> None:
    pinned = place(model={"version": 7, "digest": DIGEST})
    document = ask(pinned, replicas=ONE, serving=SERVING, registered=ClusterError("no pod of it is ready"))
    assert document["registered"] == {"problem": "no pod of it is ready"}
    assert document["healthy"] == "yes (1 of 1)"


def test_a_lost_cluster_leaves_what_the_stack_file_says() -> None:
    def connect(_: StackConfig) -> Any:
        raise ClusterError("no context")

    document = cells(workload_status(place(model={"version": 7, "digest": DIGEST}), connect))
    assert document["pinned"] == {"version": 7, "digest": DIGEST}
    assert document["registered"] == document["serving"] == document["healthy"] == {"problem": "no context"}
    assert document["is_healthy"] is None


@pytest.mark.parametrize(
    ("pinned", "serving", "replicas", "verdict"),
    [
        (SEVEN, Known(SEVEN), Known(Replicas(2, 2, 2, 1)), "no: 1 of 2 ready"),
        (SEVEN, Known(Version(6, DIGEST)), Known(ONE), "no: serves 6"),
        (
            SEVEN,
            Known(Version(7, "sha256:" + "b" * 64)),
            Known(ONE),
            "no: serves 7 (bbbbbbbb), pinned is 7 (aaaaaaaa)",
        ),
        (None, Known(SEVEN), Known(ONE), "pinned is nothing"),
        (SEVEN, Known(), Known(), "not deployed"),
        (SEVEN, Known(SEVEN), Known(Replicas(0, 0, 0, 0)), "no: 0 of 0 ready"),
        (SEVEN, Known(SEVEN), Known(Replicas(2, 3, 1, 2)), "no: an update is under way, 1 of 3 pods are new"),
        (SEVEN, Known(SEVEN), Known(Replicas(2, 3, 2, 3)), "no: an update is under way, 2 of 3 pods are new"),
        (SEVEN, Known(SEVEN), Known(Replicas(2, 3, 3, 2)), "no: an update is under way, 3 of 3 pods are new"),
    ],
)
def test_healthy_means_that_what_is_pinned_serves_on_every_replica(
    pinned: Version | None, serving: Known[Version], replicas: Known[Replicas], verdict: str
) -> None:
    health = judge_health(pinned, serving, replicas).value
    assert health is not None
    assert verdict in health.text
    assert health.is_healthy is False


def test_a_declaration_that_was_not_seen_yet_has_no_new_pods() -> None:
    status = {"replicas": 2, "updatedReplicas": 2, "readyReplicas": 2, "observedGeneration": 3}
    metadata = {"uid": "uid-of-flight-delay", "annotations": {"deployment.kubernetes.io/revision": "1"}}
    deployment = {"metadata": {**metadata, "generation": 3}, "spec": {"replicas": 2}, "status": status}
    assert replicas_of(deployment) == TWO
    unseen = deployment | {"metadata": {**metadata, "generation": 4}}
    assert replicas_of(unseen) == Replicas(2, 2, 0, 2, rollout=ROLLOUT)
    assert replicas_of({"metadata": {"generation": 1}, "spec": {}}) == Replicas(1, 0, 0, 0, rollout="/")


@pytest.mark.parametrize(
    ("jobs", "trouble", "told", "is_healthy"),
    [
        ([rendered_check()], "", "yes (1 of 1)", True),
        ([rendered_check("Failed", "BackoffLimit")], "", "no: the truth check check-1 failed (BackoffLimit)", False),
        ([rendered_check("Failed")], "pod p: got 8", "no: the truth check check-1 failed (pod p: got 8)", False),
        ([rendered_check("")], "", "no: the truth check check-1 is under way", False),
        # The check of the rollout before, one that is being deleted, and somebody else's.
        ([rendered_check("Failed", created="1"), rendered_check(created="2")], "", "yes (1 of 1)", True),
        ([rendered_check(), rendered_check("Failed", created="2", deletionTimestamp="3")], "", "yes (1 of 1)", True),
        ([], "", "yes (1 of 1), no truth check of this rollout", True),
        (ClusterError("jobs is forbidden"), "", {"problem": "jobs is forbidden"}, None),
    ],
)
def test_healthy_means_that_the_truth_check_says_so_too(jobs: Any, trouble: str, told: Any, is_healthy: Any) -> None:
    pinned = place(model={"version": 7, "digest": DIGEST})
    document = ask(pinned, replicas=ONE, serving=SERVING, registered=REGISTERED, jobs=jobs, trouble=trouble)
    assert (document["healthy"], document["is_healthy"]) == (told, is_healthy)


def test_the_check_of_another_rollout_says_nothing_of_this_one() -> None:
    pinned = place(model={"version": 7, "digest": DIGEST})
    later = replace(ONE, rollout="uid-of-flight-delay/2")
    document = ask(pinned, replicas=later, serving=SERVING, registered=REGISTERED, jobs=[rendered_check("Failed")])
    assert document["healthy"] == "yes (1 of 1), no truth check of this rollout"


@pytest.mark.parametrize(
    ("more", "told", "is_healthy"),
    [
        ({}, "yes (2 in service)", True),
        ({"FailureReason": "an alarm went off"}, "no: the last update failed (an alarm went off)", False),
        ({"EndpointStatus": "Updating"}, "no: Updating", False),
        ({"EndpointStatus": "Failed", "FailureReason": "no ping"}, "no: Failed (no ping)", False),
    ],
)
def test_an_endpoint_whose_last_update_was_rolled_back_is_not_healthy(
    more: dict[str, str], told: str, is_healthy: bool
) -> None:
    variants = [{"VariantName": "main", "CurrentInstanceCount": 2}]
    described = {"EndpointStatus": "InService", "ProductionVariants": variants, **more}
    health = judge_sagemaker_health(SEVEN, Known(SEVEN), Known(described)).value
    assert health is not None
    assert (health.text, health.is_healthy) == (told, is_healthy)


def test_an_endpoint_that_went_back_to_the_version_before_says_why() -> None:
    described = {"EndpointStatus": "InService", "FailureReason": "an alarm went off"}
    health = judge_sagemaker_health(SEVEN, Known(Version(6, DIGEST)), Known(described)).value
    assert str(health) == "no: serves 6 (aaaaaaaa), pinned is 7 (aaaaaaaa) (an alarm went off)"


@pytest.mark.parametrize("odd", [{}, [], "up", 3, None, {"version": "latest", "digest": "d"}, {"version": None}])
def test_an_odd_answer_is_one_cells_problem(odd: Any) -> None:
    pinned = place(model={"version": 7, "digest": DIGEST})
    document = ask(pinned, replicas=ONE, serving=odd, registered=REGISTERED)
    assert document["registered"] == {"version": 8, "digest": "sha256:b"}
    assert document["serving"]["problem"].startswith("the endpoint answered in another form (")


@pytest.mark.parametrize("odd", [[], {"model_versions": [{}]}, IncompleteRead(b"{"), BadStatusLine("x")])
def test_an_odd_answer_of_the_registry_leaves_what_serves(odd: Any) -> None:
    pinned = place(model={"version": 7, "digest": DIGEST})
    document = ask(pinned, replicas=ONE, serving=SERVING, registered=odd)
    assert document["healthy"] == "yes (1 of 1)"
    assert document["registered"]["problem"].startswith("the registry answered in another form (")


def test_the_same_reason_is_one_note() -> None:
    cluster: Any = SmallCluster(replicas=ONE, serving=ClusterError("lost"), registered=ClusterError("lost"))
    table, notes = to_table([workload_status(place(), lambda _: cluster)])
    text = io.StringIO()
    Console(file=text, width=100).print(table)
    assert notes == ["(1) lost"]
    assert text.getvalue().count("unknown (1)") == 3


def test_the_registry_is_the_stacks_own_or_anothers() -> None:
    assert registry_url(place().config) == "http://mlflow.flights-dev.svc:5000"
    images = {"pipeline": f"p@{DIGEST}", "serving": f"s@{DIGEST}"}
    config = StackConfig.model_validate(
        {"platform": PLATFORM | {"registry": {"url": "http://mlflow:5000/"}, "images": images}}
    )
    assert registry_url(config) == "http://mlflow:5000"


@pytest.mark.parametrize("text", ['[{"a": 1}]', '{"rows": [{"a": 1}]}', '{"instances": [{"a": 1}], "b": 2}'])
def test_rows_may_stand_alone_or_in_a_golden_file(text: str) -> None:
    assert read_rows(text) == [{"a": 1}]


@pytest.mark.parametrize("text", ["", "{", "[]", "3", '{"a": 1}', '{"rows": 3}'])
def test_refuses_what_holds_no_rows(text: str) -> None:
    with pytest.raises(ValueError, match="fix: "):
        read_rows(text)
