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
        self.managers: list[Object] | None = None

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

    def create(self, body: Object, manager: str, *, is_trial: bool = False) -> Answer:
        if self.live is not None:
            raise ApiError(409, "AlreadyExists", f'configmaps "{body["metadata"]["name"]}" already exists')
        return self.apply(body, manager, force=False, is_trial=is_trial)

    def set_managers(self, live: Object, entries: list[Object]) -> Object:
        self.managers = entries
        self.live = {**live, "metadata": {**live["metadata"], "managedFields": entries}}
        return self.live

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


def with_manager(manager: str, fields: Object | None = None, operation: str = "Apply") -> Object:
    entry = {"manager": manager, "operation": operation, "fieldsV1": fields or {}}
    return {**BODY, "metadata": {**BODY["metadata"], "managedFields": [entry]}}


def test_an_object_that_is_there_is_not_created_whoever_made_it() -> None:
    for manager in ("theirs", "ours"):
        cluster = FakeCluster(with_manager(manager))
        with pytest.raises(ApiError, match='configmaps "x" already exists'):
            created(cluster)
        assert cluster.sent == []


def test_an_object_that_is_there_is_taken_over_where_the_settings_say_so() -> None:
    cluster = FakeCluster(with_manager("theirs"), upsert_existing_objects=True)
    assert created(cluster) == BODY
    assert cluster.sent == [(BODY, False)]


def test_a_patch_needs_something_to_change() -> None:
    with pytest.raises(ProviderError, match="no such object to patch"):
        created(FakeCluster(), is_patch=True)
    assert created(FakeCluster(with_manager("theirs")), is_patch=True) == BODY


@pytest.mark.parametrize("error", [CancelledError("cancelled"), ProviderError("the annotation is wrong")])
def test_an_object_that_was_made_is_known_whatever_ends_the_wait(error: Exception) -> None:
    cluster = FakeCluster()
    create = cluster.create

    def create_then_fail(body: Object, manager: str, *, is_trial: bool = False) -> Answer:
        answer = create(body, manager, is_trial=is_trial)
        cluster.outcomes = [error]
        return answer

    cluster.create = create_then_fail  # type: ignore[method-assign]
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
    conflict = ApiError(409, "Conflict", 'Apply failed with 1 conflict: conflict with "theirs": .data.a', [cause])
    with pytest.raises(ApiError, match=r'field manager "ours" had an apply conflict: .*"theirs": \.data\.a'):
        updated(FakeCluster(with_manager("ours"), conflict))
    forced = {**BODY, "metadata": {**BODY["metadata"], "annotations": {"pulumi.com/patchForce": "true"}}}
    cluster = FakeCluster(with_manager("ours"))
    updated(cluster, forced)
    assert [force for _, force in cluster.sent] == [True]


@pytest.mark.parametrize(
    ("manager", "operation", "is_taken"),
    [
        ("kubectl-edit", "Update", True),
        ("kubectl", "Apply", True),
        ("before-first-apply", "Update", True),
        ("pulumi-kubernetes-0a1b2c3d", "Update", True),
        ("pulumi-kubernetes-0a1b2c3d", "Apply", False),
        ("helm", "Update", False),
    ],
)
def test_an_update_takes_over_what_kubectl_and_creations_own_and_forces_nothing(
    manager: str, operation: str, is_taken: bool
) -> None:
    cluster = FakeCluster(with_manager(manager, {"f:data": {"f:a": {}}}, operation))
    updated(cluster)
    taken = [{"manager": "ours", "operation": "Apply", "fieldsV1": {"f:data": {"f:a": {}}}}]
    assert cluster.managers == (taken if is_taken else None)
    assert [force for _, force in cluster.sent] == [False]


@pytest.mark.parametrize(
    ("live", "is_forced"),
    [
        (with_manager("kubectl-edit", operation="Update"), False),
        (with_manager("pulumi-kubernetes-0a1b2c3d", operation="Update"), True),
        (BODY, True),
    ],
    ids=["kubectl", "created-by-pulumi", "nobody"],
)
def test_a_preview_of_an_update_writes_nothing_and_meets_kubectls_fields(live: Object, is_forced: bool) -> None:
    cluster = FakeCluster(live)
    apply.try_update(cast("Cluster", cluster), apply.Application(BODY, "ours"))
    assert cluster.managers is None
    assert [force for _, force in cluster.sent] == [is_forced]


def test_an_object_that_is_gone_is_not_updated() -> None:
    cluster = FakeCluster()
    with pytest.raises(ProviderError, match="not found; run `pulumi refresh`"):
        updated(cluster)
    assert cluster.sent == []


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
