import re
from typing import Any

import pytest

from sandbox.plugins.kubernetes.check import CheckRequest, check
from sandbox.plugins.kubernetes.kinds import is_namespaced_offline
from sandbox.plugins.kubernetes.naming import field_manager
from sandbox.plugins.protocol.naming import Autonaming, NamingRequest
from sandbox.plugins.protocol.resources import Failure
from sandbox.plugins.protocol.values import UNKNOWN, Secret

CONFIG_MAP_TOKEN = "kubernetes:core/v1:ConfigMap"
CONFIG_MAP = {"apiVersion": "v1", "kind": "ConfigMap"}
WAITED_FOR = {**CONFIG_MAP, "metadata": {"annotations": {"pulumi.com/waitFor": "condition=Ready"}}}


def checked(
    news: dict[str, Any],
    olds: dict[str, Any] | None = None,
    token: str = CONFIG_MAP_TOKEN,
    naming: NamingRequest | None = None,
) -> tuple[Any, list[Failure]]:
    request = CheckRequest(token, news, olds or {}, naming or NamingRequest("conf", b"seed"), "flights")
    return check(request, is_namespaced_offline)


def test_an_object_without_a_name_gets_one_that_a_seed_decides() -> None:
    inputs, failures = checked({**CONFIG_MAP})
    assert failures == []
    metadata = inputs["metadata"]
    assert metadata["name"].startswith("conf-")
    assert len(metadata["name"]) == len("conf-") + 8
    assert metadata["annotations"] == {"pulumi.com/autonamed": "true"}
    assert checked({**CONFIG_MAP})[0] == inputs
    other = checked({**CONFIG_MAP}, naming=NamingRequest("conf", b"other"))[0]
    assert other["metadata"]["name"] != metadata["name"]


def test_an_automatic_name_stays() -> None:
    olds, _ = checked({**CONFIG_MAP})
    news, _ = checked({**CONFIG_MAP, "data": {"a": "b"}}, olds, naming=NamingRequest("conf", b"other"))
    assert news["metadata"] == olds["metadata"]


def test_a_name_that_the_program_gave_before_is_not_adopted() -> None:
    olds = {**CONFIG_MAP, "metadata": {"name": "mine"}}
    assert checked({**CONFIG_MAP}, olds)[0]["metadata"]["name"].startswith("conf-")


def test_the_stack_may_propose_or_forbid_names() -> None:
    proposed = NamingRequest("conf", b"", Autonaming.ENFORCED, "conf-of-stack")
    assert checked({**CONFIG_MAP}, naming=proposed)[0]["metadata"]["name"] == "conf-of-stack"
    _, failures = checked({**CONFIG_MAP}, naming=NamingRequest("conf", b"", Autonaming.DISABLED))
    assert [failure.property for failure in failures] == ["metadata.name"]


def test_the_namespace_is_completed_only_where_there_is_one() -> None:
    assert checked({**CONFIG_MAP})[0]["metadata"]["namespace"] == "flights"
    given = {**CONFIG_MAP, "metadata": {"name": "x", "namespace": "own"}}
    assert checked(given)[0]["metadata"]["namespace"] == "own"
    later = {**CONFIG_MAP, "metadata": {"name": "x", "namespace": UNKNOWN}}
    assert checked(later)[0]["metadata"]["namespace"] is UNKNOWN
    scoped = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "x", "namespace": "no"}}
    assert "namespace" not in checked(scoped, token="kubernetes:core/v1:Namespace")[0]["metadata"]


def test_what_only_the_cluster_writes_is_dropped() -> None:
    metadata = {"name": "x", "uid": "1", "resourceVersion": "2", "creationTimestamp": "3", "managedFields": []}
    inputs, _ = checked({**CONFIG_MAP, "metadata": metadata, "status": {"phase": "x"}})
    assert inputs == {**CONFIG_MAP, "metadata": {"name": "x", "namespace": "flights"}}


def test_kind_and_version_follow_from_the_token() -> None:
    inputs, _ = checked({"metadata": {"name": "x"}}, token="kubernetes:core/v1:ConfigMapPatch")
    assert (inputs["apiVersion"], inputs["kind"]) == ("v1", "ConfigMap")


def test_the_content_of_a_secret_is_secret_even_when_nobody_says_so() -> None:
    news = {"apiVersion": "v1", "kind": "Secret", "data": {"a": "Yg=="}, "stringData": {"c": Secret("d")}}
    inputs, _ = checked(news, token="kubernetes:core/v1:Secret")
    assert inputs["data"] == Secret({"a": "Yg=="})
    assert inputs["stringData"] == Secret({"c": "d"})


@pytest.mark.parametrize(
    ("token", "news", "place"),
    [
        ("kubernetes:core/v1:ConfigMapList", {"apiVersion": "v1", "kind": "ConfigMapList"}, "kind"),
        ("kubernetes:core/v1:ConfigMapPatch", {**CONFIG_MAP}, "metadata.name"),
        ("kubernetes:core/v1:ConfigMap", {**CONFIG_MAP, "metadata": {"generateName": "x-"}}, "metadata.generateName"),
        ("kubernetes:core/v1:ConfigMap", WAITED_FOR, 'metadata.annotations["pulumi.com/waitFor"]'),
        ("kubernetes:core/v1:ConfigMap", {**CONFIG_MAP, "metadata": {"labels": ["x"]}}, "metadata.labels"),
        ("kubernetes:core/v1:ConfigMap", {**CONFIG_MAP, "metadata": "x"}, "metadata"),
        ("kubernetes:helm.sh/v3:Release", {"chart": "x"}, ""),
    ],
)
def test_what_cannot_be_made_is_refused(token: str, news: dict[str, Any], place: str) -> None:
    _, failures = checked(news, token=token)
    assert [failure.property for failure in failures] == [place]


def test_each_field_manager_is_a_new_one() -> None:
    """pulumi-kubernetes, provider/pkg/provider/provider.go, fieldManagerName."""
    assert field_manager() != field_manager()
    assert re.fullmatch(r"pulumi-kubernetes-[0-9a-f]{8}", field_manager())
