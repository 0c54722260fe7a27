from typing import Any

import pytest

from sandbox.plugins.kubernetes.configuration import Configuration
from sandbox.plugins.kubernetes.diff import DiffRequest, difference
from sandbox.plugins.protocol.changes import Difference, path_text
from sandbox.plugins.protocol.property_path import parse
from sandbox.plugins.protocol.values import UNKNOWN


def compared(
    old: dict[str, Any],
    new: dict[str, Any],
    kind: str = "apps/v1:Deployment",
    configuration: Configuration | None = None,
    **more: Any,
) -> Difference:
    api_version, _, name = kind.partition(":")
    metadata = {"name": "x", "namespace": "n"}
    base = {"apiVersion": api_version, "kind": name.removesuffix("Patch"), "metadata": metadata}
    token = f"kubernetes:{'core/' if '/' not in api_version else ''}{kind}"
    request = DiffRequest(token, {**base, **old}, {**base, **new}, more.pop("live", base), **more)
    return difference(request, configuration or Configuration())


def shown(found: Difference) -> dict[str, str]:
    return {change.text: change.kind.value + ("!" if change.replaces else "") for change in found.changes}


def selecting(value: str) -> dict[str, Any]:
    return {"spec": {"selector": {"matchLabels": {"a": value}}}}


def running(template: int) -> dict[str, Any]:
    return {"spec": {"jobTemplate": {"spec": {"template": template}}}}


def test_each_property_that_differs_is_named() -> None:
    old = {"spec": {"replicas": 1, "template": {"spec": {"containers": [{"name": "a", "image": "x:1"}]}}}}
    new = {
        "spec": {"paused": True, "template": {"spec": {"containers": [{"name": "a", "image": "x:2"}, {"name": "b"}]}}}
    }
    assert shown(compared(old, new)) == {
        "spec.replicas": "delete",
        "spec.paused": "add",
        "spec.template.spec.containers[0].image": "update",
        "spec.template.spec.containers[1]": "add",
    }


@pytest.mark.parametrize(("old", "new"), [(1, 1.0), (0.5, 0.5), ("a", "a"), ([1, {"x": 2.0}], [1.0, {"x": 2}])])
def test_equal_values_do_not_differ(old: object, new: object) -> None:
    assert compared({"spec": {"v": old}}, {"spec": {"v": new}}).changes == ()


@pytest.mark.parametrize(
    ("old", "new"), [(1, True), (0, False), ("1", 1), ([1], [1, 2]), ({"a": 1}, [1]), ("x", UNKNOWN)]
)
def test_different_values_differ(old: object, new: object) -> None:
    assert len(compared({"spec": {"v": old}}, {"spec": {"v": new}}).changes) == 1


@pytest.mark.parametrize(
    ("kind", "old", "new"),
    [
        ("apps/v1:Deployment", selecting("1"), selecting("2")),
        ("apps/v1:StatefulSet", {"spec": {"serviceName": "a"}}, {"spec": {"serviceName": "b"}}),
        ("batch/v1:Job", {"spec": {"template": {"spec": {"x": 1}}}}, {"spec": {"template": {"spec": {"x": 2}}}}),
        ("batch/v1:Job", {"spec": {"template": {"spec": {"x": 1}}}}, {"spec": {"template": {"spec": {"x": UNKNOWN}}}}),
        ("v1:Service", {"spec": {"clusterIP": "None"}}, {"spec": {}}),
        ("v1:PersistentVolumeClaim", {"spec": {"storageClassName": "a"}}, {"spec": {"storageClassName": "b"}}),
        ("apps/v1:StatefulSet", {"spec": {"revisionHistoryLimit": 3}}, {"spec": {"revisionHistoryLimit": 4}}),
        ("v1:ConfigMap", {"data": {"a": "1"}}, {"data": {"a": "2"}}),
        ("v1:ConfigMap", {"data": {"a": "1"}}, {}),
        ("v1:Secret", {"stringData": {"a": "1"}}, {"stringData": {"a": "2"}}),
        ("rbac.authorization.k8s.io/v1:RoleBinding", {"roleRef": {"name": "a"}}, {"roleRef": {"name": "b"}}),
        ("v1:ConfigMap", {}, {"metadata": {"name": "other", "namespace": "n"}}),
        ("v1:ConfigMap", {}, {"metadata": {"name": "x", "namespace": "other"}}),
    ],
)
def test_fixed_properties_need_another_object(kind: str, old: dict[str, Any], new: dict[str, Any]) -> None:
    assert compared(old, new, kind).replaces


@pytest.mark.parametrize(
    ("kind", "old", "new"),
    [
        ("apps/v1:Deployment", {"spec": {"replicas": 1}}, {"spec": {"replicas": 2}}),
        ("batch/v1:Job", {"spec": {"ttlSecondsAfterFinished": 1}}, {"spec": {"ttlSecondsAfterFinished": 2}}),
        ("batch/v1:CronJob", running(1), running(2)),
        ("v1:ConfigMap", {}, {"metadata": {"name": "x", "namespace": "n", "labels": {"a": "b"}}}),
        ("v1:ConfigMapPatch", {"data": {"a": "1"}}, {"data": {"a": "2"}}),
        ("batch/v1:Job", {"spec": {"completionMode": "Indexed"}}, {"spec": {"completionMode": "NonIndexed"}}),
        ("example.com/v1:Widget", {"spec": {"selector": 1}}, {"spec": {"selector": 2}}),
    ],
)
def test_other_properties_change_in_place(kind: str, old: dict[str, Any], new: dict[str, Any]) -> None:
    found = compared(old, new, kind)
    assert found.changes
    assert not found.replaces


@pytest.mark.parametrize("size", ["2Gi", "1024Mi", "500Mi"])
def test_a_claim_of_another_size_is_updated_and_the_cluster_judges_it(size: str) -> None:
    old = {"spec": {"resources": {"requests": {"storage": "1Gi"}}}}
    new = {"spec": {"resources": {"requests": {"storage": size}}}}
    found = compared(old, new, "v1:PersistentVolumeClaim")
    assert found.changes
    assert not found.replaces


@pytest.mark.parametrize("old", [{}, {"ingress": []}, {"ingress": None}])
@pytest.mark.parametrize("new", [{}, {"ingress": []}])
def test_an_empty_list_is_none(old: dict[str, Any], new: dict[str, Any]) -> None:
    """After a refresh of pulumi-kubernetes the state has none (provider.go, normalizeInputs and pruneLiveState)."""
    assert compared({"spec": old}, {"spec": new}, "networking.k8s.io/v1:NetworkPolicy").changes == ()
    assert shown(compared({"spec": {"ingress": [{"from": []}]}}, {"spec": new})) != {}


def test_an_empty_list_of_a_custom_resource_is_what_it_says() -> None:
    assert shown(compared({"spec": {}}, {"spec": {"rules": []}}, "example.com/v1:Widget")) == {"spec.rules": "add"}


def test_content_may_change_in_place_where_the_provider_says_so() -> None:
    mutable = Configuration(config_map_mutable=True, secret_mutable=True)
    old, new = {"data": {"a": "1"}}, {"data": {"a": "2"}}
    assert not compared(old, new, "v1:ConfigMap", mutable).replaces
    assert not compared(old, new, "v1:Secret", mutable).replaces
    assert compared(old, {**new, "immutable": True}, "v1:ConfigMap", mutable).replaces


def test_a_named_object_goes_before_its_replacement_comes() -> None:
    assert compared({}, {}).deletes_first
    assert not compared({}, {}, live={"metadata": {"name": "x", "namespace": "other"}}).deletes_first
    automatic = {"metadata": {"name": "x", "namespace": "n", "annotations": {"pulumi.com/autonamed": "true"}}}
    assert not compared(automatic, automatic).deletes_first


def test_after_an_import_what_the_program_does_not_name_is_left_alone() -> None:
    old = {"spec": {"replicas": 1, "strategy": {"type": "Recreate"}}}
    assert shown(compared(old, {"spec": {"replicas": 2}}, is_applied=False)) == {"spec.replicas": "update"}
    assert shown(compared(old, {"spec": {"replicas": 1}})) == {"spec.strategy": "delete"}


def test_ignored_changes_are_left_out_with_all_that_is_in_them() -> None:
    old, new = {"spec": {"a": {"b": 1}, "ab": 1}}, {"spec": {"a": {"b": 2}, "ab": 2}}
    assert shown(compared(old, new, ignored=("spec.a",))) == {"spec.ab": "update"}


@pytest.mark.parametrize(
    "text", ["spec.replicas", 'metadata.annotations["a.b/c"]', "spec.containers[0].env[12].value", 'data["a\\"b"]']
)
def test_paths_are_written_as_pulumi_reads_them(text: str) -> None:
    assert path_text(parse(text)) == text


def test_a_path_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="not understood"):
        parse("spec[")
