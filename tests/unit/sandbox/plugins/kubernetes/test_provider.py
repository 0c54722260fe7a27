"""Creations and updates, tried and real, against an API server that answers as Kubernetes does.

What is held here is what pulumi-kubernetes does, in provider/pkg/provider/provider.go (Create, Update) and
provider/pkg/await/await.go (Creation, ssaUpdate); creations are those of 4.29 and later:
https://github.com/pulumi/pulumi-kubernetes/pull/4278
"""

import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sandbox.plugins.kubernetes import state
from sandbox.plugins.kubernetes.configuration import Configuration
from sandbox.plugins.kubernetes.provider import Provider
from sandbox.plugins.protocol.engine import Engine
from sandbox.plugins.protocol.errors import FailedOutcomeError, ProviderError
from sandbox.plugins.protocol.resources import Resource
from sandbox.plugins.protocol.values import UNKNOWN, Object, has_unknown
from tests.unit.sandbox.plugins.kubernetes.fake_api import Answer, Api, serve

KINDS = [
    {"name": "namespaces", "kind": "Namespace", "namespaced": False},
    {"name": "secrets", "kind": "Secret", "namespaced": True},
    {"name": "configmaps", "kind": "ConfigMap", "namespaced": True},
    {"name": "persistentvolumeclaims", "kind": "PersistentVolumeClaim", "namespaced": True},
]
CONFIG_MAPS = "/api/v1/namespaces/ml/configmaps"
CONFIG_MAP: Object = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "x", "namespace": "ml"},
    "data": {"a": "1"},
}
RESOURCE = Resource("urn:pulumi:dev::mlops::kubernetes:core/v1:ConfigMap::x", "kubernetes:core/v1:ConfigMap", "x")
NO_NAMESPACE: Answer = (
    404,
    {"reason": "NotFound", "message": 'namespaces "ml" not found', "details": {"kind": "namespaces"}},
    {},
)
EXISTS: Answer = (409, {"reason": "AlreadyExists", "message": 'configmaps "x" already exists'}, {})
FORBIDDEN: Answer = (403, {"reason": "Forbidden", "message": 'configmaps is forbidden: User "u" cannot create'}, {})
INVALID: Answer = (422, {"reason": "Invalid", "message": "data: Invalid value"}, {})
CONFLICT: Answer = (
    409,
    {
        "reason": "Conflict",
        "message": 'Apply failed with 1 conflict: conflict with "kubectl-edit" using v1: .data.a',
        "details": {"causes": [{"reason": "FieldManagerConflict", "field": ".data.a", "message": "kubectl-edit"}]},
    },
    {},
)

ProviderFactory = Callable[..., Provider]


@pytest.fixture
def new_provider() -> Iterator[ProviderFactory]:
    serving = serve()
    kubeconfig = next(serving)
    Api.answers["GET /version"] = [(200, {}, {})]
    Api.answers["GET /api/v1"] = [(200, {"resources": KINDS}, {})]

    def make(**settings: Any) -> Provider:
        return Provider(Configuration(kubeconfig=kubeconfig, **settings), Engine(), threading.Event())

    yield make
    next(serving, None)


def sent(method: str) -> list[tuple[str, Any]]:
    """Returns path with query, and body, of the requests of a method."""
    return [(line.partition(" ")[2], json.loads(body)) for line, _, body in Api.seen if line.startswith(f"{method} ")]


def stored(live: Object, inputs: Object = CONFIG_MAP, manager: str = "pulumi-kubernetes-0a1b2c3d") -> Object:
    return state.outputs(inputs, live, "v1", manager)


def with_managers(*entries: tuple[str, str]) -> Object:
    fields: Object = {"f:data": {"f:a": {}}}
    managed = [{"manager": name, "operation": operation, "fieldsV1": fields} for name, operation in entries]
    return {**CONFIG_MAP, "metadata": {**CONFIG_MAP["metadata"], "uid": "1", "managedFields": managed}}


@pytest.mark.parametrize("answer", [NO_NAMESPACE, EXISTS, FORBIDDEN], ids=["namespace", "exists", "forbidden"])
def test_a_new_objects_preview_is_its_bare_inputs_where_no_trial_can_tell(
    new_provider: ProviderFactory, answer: Answer
) -> None:
    """So `secret.metadata["uid"]` is a KeyError in the preview of a new stack, whose namespace is still to come."""
    Api.answers[f"POST {CONFIG_MAPS}"] = [answer]
    outcome = new_provider().create(RESOURCE, CONFIG_MAP, is_preview=True)
    assert outcome.outputs == CONFIG_MAP
    assert "uid" not in outcome.outputs["metadata"]


def test_inputs_of_the_future_are_not_tried(new_provider: ProviderFactory) -> None:
    news = {**CONFIG_MAP, "data": {"a": UNKNOWN}}
    assert new_provider().create(RESOURCE, news, is_preview=True).outputs == news
    assert sent("POST") == []


def test_a_trial_tells_all_but_the_status_and_marks_nothing_as_unknown(new_provider: ProviderFactory) -> None:
    tried = {**CONFIG_MAP, "metadata": {**CONFIG_MAP["metadata"], "uid": "trial"}, "status": {}}
    Api.answers[f"POST {CONFIG_MAPS}"] = [(201, tried, {})]
    outputs = new_provider().create(RESOURCE, CONFIG_MAP, is_preview=True).outputs
    assert outputs["metadata"]["uid"] == "trial"
    assert "status" not in outputs
    assert not has_unknown(outputs)
    assert [path.partition("dryRun=")[2] for path, _ in sent("POST")] == ["All"]


def test_what_the_cluster_refuses_fails_in_the_preview(new_provider: ProviderFactory) -> None:
    Api.answers[f"POST {CONFIG_MAPS}"] = [INVALID]
    said = f'resource "{RESOURCE.urn}" was not successfully created by the Kubernetes API server: data: Invalid value'
    with pytest.raises(ProviderError, match=said):
        new_provider().create(RESOURCE, CONFIG_MAP, is_preview=True)


def test_an_update_that_was_killed_finds_that_its_object_already_exists(new_provider: ProviderFactory) -> None:
    """After `cancel`, `refresh --clear-pending-creates` and `up`; with `upsertExistingObjects` it goes on."""
    Api.answers[f"POST {CONFIG_MAPS}"] = [(201, with_managers(("pulumi-kubernetes-1", "Update")), {}), EXISTS]
    provider = new_provider()
    provider.create(RESOURCE, CONFIG_MAP, is_preview=False)
    with pytest.raises(ProviderError, match=r'created by the Kubernetes API server: configmaps "x" already exists'):
        provider.create(RESOURCE, CONFIG_MAP, is_preview=False)
    assert sent("PATCH") == []

    Api.answers[f"PATCH {CONFIG_MAPS}/x"] = [(200, with_managers(("pulumi-kubernetes-1", "Update")), {})]
    outcome = new_provider(upsert_existing_objects=True).create(RESOURCE, CONFIG_MAP, is_preview=False)
    assert outcome.id == "ml/x"
    assert len(sent("POST")) == 2
    assert [("force=false" in path, body) for path, body in sent("PATCH")] == [(True, CONFIG_MAP)]


def test_a_changed_label_leaves_all_of_the_metadata_known(new_provider: ProviderFactory) -> None:
    """So a namespace's new label replaces nothing in it: no name, no uid becomes unknown in the preview."""
    path = "/api/v1/namespaces/ml"
    namespace: Object = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "ml", "labels": {"owner": "a"}}}
    metadata = {**namespace["metadata"], "uid": "1", "resourceVersion": "7", "managedFields": [{"manager": "ours"}]}
    live = {**namespace, "metadata": metadata, "status": {"phase": "Active"}}
    news = {**namespace, "metadata": {"name": "ml", "labels": {"owner": "b"}}}
    tried = {**live, "metadata": {**metadata, "labels": {"owner": "b"}}}
    Api.answers[f"GET {path}"] = [(200, live, {})]
    Api.answers[f"PATCH {path}"] = [(200, tried, {})]
    resource = Resource("urn:pulumi:dev::mlops::kubernetes:core/v1:Namespace::ml", "kubernetes:core/v1:Namespace", "ml")
    provider = new_provider()
    olds = stored(live, namespace)
    found = provider.diff(resource, namespace, olds, news, [])
    assert [change.text for change in found.changes] == ["metadata.labels.owner"]
    assert not found.replaces
    outputs = provider.update(resource, olds, news, [], is_preview=True).outputs
    assert not has_unknown(outputs)
    assert outputs["metadata"] == tried["metadata"]
    assert outputs["status"] == {"phase": "Active"}


def test_the_preview_of_a_change_meets_what_kubectl_has_set_and_the_update_takes_it_over(
    new_provider: ProviderFactory,
) -> None:
    live = with_managers(("pulumi-kubernetes-0a1b2c3d", "Apply"), ("kubectl-edit", "Update"))
    taken = with_managers(("pulumi-kubernetes-0a1b2c3d", "Apply"))
    news = {**CONFIG_MAP, "data": {"a": "2"}}
    Api.answers[f"GET {CONFIG_MAPS}/x"] = [(200, live, {})]
    Api.answers[f"PATCH {CONFIG_MAPS}/x"] = [CONFLICT]
    provider = new_provider()
    with pytest.raises(ProviderError, match="Server-Side Apply field conflict detected") as caught:
        provider.update(RESOURCE, stored(live), news, [], is_preview=True)
    assert 'conflict with "kubectl-edit" using v1: .data.a' in str(caught.value)

    Api.seen.clear()
    Api.answers[f"PATCH {CONFIG_MAPS}/x"] = [(200, taken, {}), (200, {**taken, "data": {"a": "2"}}, {})]
    provider.update(RESOURCE, stored(live), news, [], is_preview=False)
    managers, applied = sent("PATCH")
    assert [(each["op"], each["path"]) for each in managers[1]] == [("replace", "/metadata/managedFields")]
    assert [entry["manager"] for entry in managers[1][0]["value"]] == ["pulumi-kubernetes-0a1b2c3d"]
    assert "force=false" in applied[0]
    assert applied[1] == news


def test_other_managers_keep_their_fields(new_provider: ProviderFactory) -> None:
    live = with_managers(("pulumi-kubernetes-0a1b2c3d", "Apply"), ("helm", "Update"))
    Api.answers[f"GET {CONFIG_MAPS}/x"] = [(200, live, {})]
    Api.answers[f"PATCH {CONFIG_MAPS}/x"] = [CONFLICT]
    with pytest.raises(ProviderError, match="field conflict detected"):
        new_provider().update(RESOURCE, stored(live), {**CONFIG_MAP, "data": {"a": "2"}}, [], is_preview=False)
    assert len(sent("PATCH")) == 1


def test_what_was_created_and_never_applied_is_still_pulumis(new_provider: ProviderFactory) -> None:
    live = with_managers(("pulumi-kubernetes-0a1b2c3d", "Update"))
    news = {key: value for key, value in CONFIG_MAP.items() if key != "data"}
    found = new_provider().diff(RESOURCE, CONFIG_MAP, stored(live), news, [])
    assert [change.text for change in found.changes] == ["data"]


def test_an_empty_list_shows_no_change_after_a_refresh(new_provider: ProviderFactory) -> None:
    token = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
    resource = Resource(f"urn:pulumi:dev::mlops::{token}::p", token, "p")
    base = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "p", "namespace": "ml"}}
    refreshed = {**base, "spec": {"podSelector": {}}}
    news = {**base, "spec": {"podSelector": {}, "ingress": []}}
    assert new_provider().diff(resource, refreshed, stored(refreshed, refreshed), news, []).changes == ()


def test_an_object_that_does_not_become_ready_is_kept_with_the_official_words(
    new_provider: ProviderFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.plugins.kubernetes.awaiters.volume_claim.TIMEOUT_SECONDS", 0.05)
    claims = "/api/v1/namespaces/ml/persistentvolumeclaims"
    claim = {**CONFIG_MAP, "kind": "PersistentVolumeClaim", "status": {"phase": "Pending"}}
    Api.answers[f"POST {claims}"] = [(201, claim, {})]
    Api.answers[f"GET {claims}/x"] = [(200, claim, {})]
    token = "kubernetes:core/v1:PersistentVolumeClaim"
    resource = Resource(f"urn:pulumi:dev::mlops::{token}::x", token, "x", timeout_seconds=3)
    with pytest.raises(FailedOutcomeError) as caught:
        new_provider().create(resource, {**CONFIG_MAP, "kind": "PersistentVolumeClaim"}, is_preview=False)
    assert caught.value.outcome.id == "ml/x"
    assert caught.value.reasons[0] == (
        f'resource "{resource.urn}" was successfully created, but the Kubernetes API server reported that it failed to '
        "fully initialize or become live: Timeout occurred polling for 'x'"
    )
