"""Requests against a small server that answers as an API server would."""

import json
import threading
from collections.abc import Iterator

import pytest

from sandbox.plugins.kubernetes.client import APPLY, Client
from sandbox.plugins.kubernetes.cluster import Cluster
from sandbox.plugins.kubernetes.configuration import Configuration
from sandbox.plugins.kubernetes.errors import ApiError, Cause, NoMatchError, UnreachableError
from sandbox.plugins.kubernetes.kinds import Kind
from sandbox.plugins.kubernetes.kubeconfig import load
from sandbox.plugins.protocol.errors import CancelledError
from tests.unit.sandbox.plugins.kubernetes.fake_api import KUBECONFIG, Answer, Api, serve


@pytest.fixture
def kubeconfig() -> Iterator[str]:
    yield from serve()


def a_client(kubeconfig: str, cancelled: threading.Event | None = None) -> Client:
    return Client(load(Configuration(kubeconfig=kubeconfig)), 5.0, cancelled or threading.Event())


def test_credentials_go_along_and_warnings_come_back(kubeconfig: str) -> None:
    warning = '299 - "would violate PodSecurity \\"restricted\\"", 299 - "and more"'
    Api.answers["PATCH /x"] = [(200, {"a": 1}, {"Warning": warning})]
    answer = a_client(kubeconfig).send("PATCH", "/x", query={"fieldManager": "m n"}, body={"b": 2}, content_type=APPLY)
    assert answer.body == {"a": 1}
    assert answer.warnings == ('would violate PodSecurity "restricted"', "and more")
    line, headers, body = Api.seen[0]
    assert line == "PATCH /x?fieldManager=m+n"
    assert headers["Authorization"] == "Bearer sesame"
    assert headers["Content-Type"] == "application/apply-patch+yaml"
    assert json.loads(body) == {"b": 2}


def test_a_refusal_carries_its_causes(kubeconfig: str) -> None:
    cause = {"reason": "FieldManagerConflict", "field": ".spec.replicas", "message": 'conflict with "hpa"'}
    Api.answers["PATCH /x"] = [(409, {"reason": "Conflict", "message": "m", "details": {"causes": [cause]}}, {})]
    with pytest.raises(ApiError) as caught:
        a_client(kubeconfig).send("PATCH", "/x", body={})
    assert caught.value.is_conflict_of_managers
    assert caught.value.causes == (Cause("FieldManagerConflict", ".spec.replicas", 'conflict with "hpa"'),)


def test_a_busy_server_is_asked_again(kubeconfig: str) -> None:
    busy: Answer = (429, {"message": "busy"}, {"Retry-After": "0"})
    Api.answers["GET /x"] = [busy, (200, {"a": 1}, {})]
    # A server that names no pause is given one; `Retry-After: 0` leaves it to the client as well.
    assert a_client(kubeconfig).get("/x") == {"a": 1}
    assert len(Api.seen) == 2


def test_a_creation_that_may_have_begun_is_not_sent_again(kubeconfig: str) -> None:
    created: Answer = (201, {"a": 1}, {})
    Api.answers["POST /x"] = [(503, {"message": "busy"}, {"Retry-After": "0"}), created]
    assert a_client(kubeconfig).send("POST", "/x", body={}).body == {"a": 1}
    Api.answers["POST /x"] = [(504, {"message": "timeout"}, {}), created]
    with pytest.raises(ApiError, match="timeout"):
        a_client(kubeconfig).send("POST", "/x", body={})


def test_waiting_for_a_busy_server_ends_when_the_person_asks(kubeconfig: str) -> None:
    Api.answers["GET /x"] = [(503, {"message": "busy"}, {"Retry-After": "9"})]
    cancelled = threading.Event()
    cancelled.set()
    with pytest.raises(CancelledError):
        a_client(kubeconfig, cancelled).get("/x")


def test_a_server_that_is_not_there_is_named() -> None:
    client = a_client(KUBECONFIG.replace("PORT", "1"))
    with pytest.raises(UnreachableError, match=r'context "c", server http://127\.0\.0\.1:1: connection refused'):
        client.get("/x")


def test_kinds_are_asked_for_once_and_again_when_definitions_change(kubeconfig: str) -> None:
    Api.answers["GET /version"] = [(200, {}, {})]
    listed = [
        {"name": "widgets", "kind": "Widget", "namespaced": True},
        {"name": "widgets/status", "kind": "Widget", "namespaced": True},
        {"name": "grids", "kind": "Grid", "namespaced": False},
    ]
    Api.answers["GET /apis/example.com/v1"] = [(404, {}, {}), (404, {}, {}), (200, {"resources": listed}, {})]
    cluster = Cluster(Configuration(kubeconfig=kubeconfig), threading.Event())
    assert cluster.default_namespace == "flights"
    with pytest.raises(NoMatchError, match=r"no Widget in example\.com/v1"):
        cluster.find(Kind("example.com/v1", "Widget"))
    assert cluster.find(Kind("example.com/v1", "Widget")).path("n", "a b") == (
        "/apis/example.com/v1/namespaces/n/widgets/a%20b"
    )
    assert cluster.find(Kind("example.com/v1", "Grid")).path("n", "x") == "/apis/example.com/v1/grids/x"
    assert not cluster.is_namespaced(Kind("example.com/v1", "Grid"))
    assert len([line for line, _, _ in Api.seen if "example.com" in line]) == 3


def test_a_cluster_that_refuses_the_credentials_says_so(kubeconfig: str) -> None:
    Api.answers["GET /version"] = [(401, {"message": "Unauthorized", "reason": "Unauthorized"}, {})]
    problem = Cluster(Configuration(kubeconfig=kubeconfig), threading.Event()).problem()
    assert problem is not None
    assert "Unauthorized" in problem
    assert "log in again" in problem
    assert "sesame" not in problem
