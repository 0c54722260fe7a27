import io
from typing import Any

import pytest
from rich.console import Console

from pulumi_mlops.cli.cluster import ClusterError
from pulumi_mlops.cli.registry import read_rows, registry_url
from pulumi_mlops.cli.stacks import Place
from pulumi_mlops.cli.status import Known, Version, judge_health, to_table, workload_status
from pulumi_mlops.config import StackConfig

DIGEST = "sha256:" + "a" * 64
SEVEN = Version(7, DIGEST)
PLATFORM: dict[str, Any] = {
    "environment": "dev",
    "target": "kubernetes",
    "namespace": "flights-dev",
    "owner": "team",
    "images": {"pipeline": f"p@{DIGEST}", "serving": f"s@{DIGEST}", "registry": f"r@{DIGEST}"},
    "kubernetes": {"context": "mlops-sandbox"},
    "registry": {},
}


def place(**workload: Any) -> Place:
    config = StackConfig.model_validate({"platform": PLATFORM, "workloads": {"flight-delay": workload}})
    return Place("dev-local", "flight-delay", config)


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
    document = ask(pinned, replicas=(2, 2), serving=SERVING, registered=REGISTERED)
    assert document["pinned"] == document["serving"] == {"version": 7, "digest": DIGEST}
    assert document["registered"] == {"version": 8, "digest": "sha256:b"}
    assert document["healthy"] == "yes (2 of 2)"


def test_no_model_yet_is_a_state_and_not_an_error() -> None:
    document = ask(place(), replicas=None, registered={})
    assert document == {
        "stack": "dev-local",
        "workload": "flight-delay",
        "pinned": None,
        "registered": None,
        "serving": None,
        "healthy": "waiting-for-model",
    }


def test_says_by_cell_what_cannot_be_reached() -> None:
    pinned = place(model={"version": 7, "digest": DIGEST})
    document = ask(pinned, replicas=(1, 1), serving=SERVING, registered=ClusterError("no pod of it is ready"))
    assert document["registered"] == {"problem": "no pod of it is ready"}
    assert document["healthy"] == "yes (1 of 1)"


def test_a_lost_cluster_leaves_what_the_stack_file_says() -> None:
    def connect(_: StackConfig) -> Any:
        raise ClusterError("no context")

    document = cells(workload_status(place(model={"version": 7, "digest": DIGEST}), connect))
    assert document["pinned"] == {"version": 7, "digest": DIGEST}
    assert document["registered"] == document["serving"] == document["healthy"] == {"problem": "no context"}


@pytest.mark.parametrize(
    ("pinned", "serving", "replicas", "verdict"),
    [
        (SEVEN, Known(SEVEN), Known((1, 2)), "no: 1 of 2 ready"),
        (SEVEN, Known(Version(6, DIGEST)), Known((1, 1)), "no: serves 6"),
        (
            SEVEN,
            Known(Version(7, "sha256:" + "b" * 64)),
            Known((1, 1)),
            "no: serves 7 (bbbbbbbb), pinned is 7 (aaaaaaaa)",
        ),
        (None, Known(SEVEN), Known((1, 1)), "pinned is nothing"),
        (SEVEN, Known(), Known(), "not deployed"),
        (SEVEN, Known(SEVEN), Known((0, 0)), "no: 0 of 0 ready"),
    ],
)
def test_healthy_means_that_what_is_pinned_serves_on_every_replica(
    pinned: Version | None, serving: Known[Version], replicas: Known[tuple[int, int]], verdict: str
) -> None:
    assert verdict in str(judge_health(pinned, serving, replicas).value)


def test_the_same_reason_is_one_note() -> None:
    cluster: Any = SmallCluster(replicas=(1, 1), serving=ClusterError("lost"), registered=ClusterError("lost"))
    table, notes = to_table([workload_status(place(), lambda _: cluster)])
    text = io.StringIO()
    Console(file=text, width=100).print(table)
    assert notes == ["(1) lost"]
    assert text.getvalue().count("unknown (1)") == 3


def test_the_registry_is_the_stacks_own_or_anothers() -> None:
    assert registry_url(place().config) == "http://mlflow.flights-dev.svc.cluster.local:5000"
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
