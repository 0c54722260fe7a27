"""What is applied, and that nothing which exists is forgotten, with a cluster that the test has written down."""

from typing import Any, cast

import pytest

from sandbox.plugins.kubernetes import apply, remove
from sandbox.plugins.kubernetes.client import Answer
from sandbox.plugins.kubernetes.cluster import Cluster
from sandbox.plugins.kubernetes.configuration import Configuration
from sandbox.plugins.kubernetes.errors import ApiError, Cause, InitializationError
from sandbox.plugins.kubernetes.kinds import Kind
from sandbox.plugins.protocol.engine import Engine
from sandbox.plugins.protocol.errors import CancelledError, ProviderError
from sandbox.plugins.protocol.report import Report
from sandbox.plugins.protocol.values import Object

BODY: Object = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "x", "namespace": "n"},
    "data": {"a": "1"},
}
JOB: Object = {**BODY, "apiVersion": "batch/v1", "kind": "Job"}


class FakeCluster:
    """One object, and answers or errors in the order in which they are to come."""

    def __init__(self, live: Object | None = None, *outcomes: Exception, **settings: Any) -> None:
        self.configuration = Configuration(**settings)
        self.live = live
        self.outcomes = list(outcomes)
        self.sent: list[tuple[Object, bool]] = []
        self.deleted: list[str] = []

    def get(self, kind: Kind, namespace: str, name: str) -> Object | None:
        return self.live

    def list_objects(self, kind: Kind, namespace: str, query: dict[str, str] | None = None) -> list[Object]:
        return []

    def apply(self, body: Object, manager: str, *, force: bool, is_trial: bool = False) -> Answer:
        self.sent.append((body, force))
        if self.outcomes:
            raise self.outcomes.pop(0)
        self.live = body
        return Answer(body, ())

    def delete(self, kind: Kind, namespace: str, name: str, propagation: str) -> None:
        self.deleted.append(propagation)

    def pause(self, seconds: float) -> None:
        if self.outcomes:
            raise self.outcomes.pop(0)


def report() -> Report:
    return Report(Engine(), "urn", lambda text: text)


def created(cluster: FakeCluster, body: Object = BODY, **more: Any) -> Object:
    return apply.create(cast("Cluster", cluster), apply.Application(body, "ours", **more), report())


def updated(cluster: FakeCluster, body: Object = BODY, **more: Any) -> Object:
    return apply.update(cast("Cluster", cluster), apply.Application(body, "ours", **more), report())


def with_manager(manager: str, fields: Object | None = None, body: Object = BODY) -> Object:
    entry = {"manager": manager, "operation": "Apply", "fieldsV1": fields or {}}
    return {**body, "metadata": {**body["metadata"], "managedFields": [entry]}}


def test_an_object_of_somebody_else_is_not_taken_over() -> None:
    cluster = FakeCluster(with_manager("theirs"))
    with pytest.raises(ProviderError, match="already exists"):
        created(cluster)
    assert cluster.sent == []
    assert created(FakeCluster(with_manager("theirs"), upsert_existing_objects=True)) == BODY


def test_what_this_resource_has_made_before_it_was_killed_is_taken_up() -> None:
    assert created(FakeCluster(with_manager("ours"))) == BODY


def test_a_patch_needs_something_to_change() -> None:
    with pytest.raises(ProviderError, match="no such object to patch"):
        created(FakeCluster(), is_patch=True)
    assert created(FakeCluster(with_manager("theirs")), is_patch=True) == BODY


@pytest.mark.parametrize("error", [CancelledError("cancelled"), ProviderError("the annotation is wrong")])
def test_an_object_that_was_made_is_known_whatever_ends_the_wait(error: Exception) -> None:
    cluster = FakeCluster()
    cluster.outcomes = []
    applied = cluster.apply

    def apply_then_fail(body: Object, manager: str, *, force: bool, is_trial: bool = False) -> Answer:
        answer = applied(body, manager, force=force, is_trial=is_trial)
        cluster.outcomes = [error]
        return answer

    cluster.apply = apply_then_fail  # type: ignore[method-assign]
    with pytest.raises(InitializationError, match=str(error)) as caught:
        created(cluster, JOB)
    assert caught.value.live == JOB


def test_a_timeout_that_is_no_number_does_not_lose_the_object() -> None:
    body = {**JOB, "metadata": {**JOB["metadata"], "annotations": {"pulumi.com/timeoutSeconds": "soon"}}}
    with pytest.raises(InitializationError, match="expected seconds") as caught:
        created(FakeCluster(), body)
    assert caught.value.live == body


def test_fields_of_others_are_named_and_taken_only_when_asked() -> None:
    cause = Cause("FieldManagerConflict", ".data.a", 'conflict with "theirs"')
    conflict = ApiError(409, "Conflict", "conflict", [cause])
    with pytest.raises(ApiError, match=r'\.data\.a: conflict with "theirs"'):
        updated(FakeCluster(with_manager("ours"), conflict))
    forced = {**BODY, "metadata": {**BODY["metadata"], "annotations": {"pulumi.com/patchForce": "true"}}}
    cluster = FakeCluster(with_manager("ours"))
    updated(cluster, forced)
    assert [force for _, force in cluster.sent] == [True]


@pytest.mark.parametrize(("manager", "is_forced"), [("ours", False), ("kubectl", True)])
def test_an_imported_object_is_taken_over_once(manager: str, is_forced: bool) -> None:
    cluster = FakeCluster(with_manager(manager))
    updated(cluster)
    assert [force for _, force in cluster.sent] == [is_forced]


def test_ignored_fields_are_left_to_others_or_kept() -> None:
    live = with_manager("hpa", {"f:data": {"f:a": {}}}) | {"data": {"a": "7", "b": "8"}}
    cluster = FakeCluster(live)
    updated(cluster, {**BODY, "data": {"a": "1", "b": "2"}}, ignored=(("data", "a"), ("data", "b")))
    assert cluster.sent[0][0]["data"] == {"b": "8"}


def removed(cluster: FakeCluster, inputs: Object, **more: Any) -> None:
    remove.remove(cast("Cluster", cluster), remove.Removal(inputs, "n", "x", **more), report())


def test_what_is_not_there_is_deleted_already() -> None:
    cluster = FakeCluster()
    removed(cluster, BODY)
    assert cluster.deleted == []


def test_a_deletion_waits_and_says_what_holds_the_object() -> None:
    metadata = {**BODY["metadata"], "uid": "1", "deletionTimestamp": "now", "finalizers": ["example.com/slow"]}
    cluster = FakeCluster({**BODY, "metadata": metadata})
    with pytest.raises(ProviderError, match=r"waits for its finalizers: example\.com/slow"):
        removed(cluster, BODY, timeout_seconds=0.01)
    assert cluster.deleted == ["Foreground"]
    conditions = [{"type": "NamespaceContentRemaining", "status": "True", "message": "pods: 2 remain"}]
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata, "status": {"conditions": conditions}}
    with pytest.raises(ProviderError, match="pods: 2 remain"):
        removed(FakeCluster(namespace), namespace, timeout_seconds=0.01)


def test_an_object_made_anew_under_the_name_ends_the_deletion() -> None:
    cluster = FakeCluster({**BODY, "metadata": {**BODY["metadata"], "uid": "1"}})
    begin = cluster.delete

    def delete(kind: Kind, namespace: str, name: str, propagation: str) -> None:
        begin(kind, namespace, name, propagation)
        cluster.live = {**BODY, "metadata": {**BODY["metadata"], "uid": "2"}}

    cluster.delete = delete  # type: ignore[method-assign]
    removed(cluster, BODY, timeout_seconds=0.01)


@pytest.mark.parametrize(("asked", "sent"), [("orphan", "Orphan"), ("Background", "Background")])
def test_a_deletion_may_spread_otherwise(asked: str, sent: str) -> None:
    annotations = {"pulumi.com/deletionPropagationPolicy": asked, "pulumi.com/skipAwait": "true"}
    cluster = FakeCluster(BODY)
    removed(cluster, {**BODY, "metadata": {**BODY["metadata"], "annotations": annotations}})
    assert cluster.deleted == [sent]
