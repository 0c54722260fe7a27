from sandbox.plugins.kubernetes.managed_fields import has_written, other_owners, taken_over
from sandbox.plugins.protocol.values import Object


def entry(manager: str, operation: str, fields: dict[str, object]) -> dict[str, object]:
    return {"manager": manager, "operation": operation, "fieldsV1": fields}


LIVE = {
    "metadata": {
        "finalizers": ["a", "b"],
        "managedFields": [
            entry("ours", "Apply", {"f:spec": {"f:replicas": {}, "f:image": {}}}),
            entry("hpa", "Update", {"f:spec": {"f:replicas": {}}}),
            entry("sidecar", "Update", {"f:spec": {"f:containers": {'k:{"name":"b"}': {".": {}, "f:image": {}}}}}),
            entry("janitor", "Update", {"f:metadata": {"f:finalizers": {'v:"b"': {}}}}),
        ],
    },
    "spec": {"replicas": 3, "image": "x", "containers": [{"name": "a", "image": "1"}, {"name": "b", "image": "2"}]},
}


def test_other_owners_of_a_field_are_found() -> None:
    assert other_owners(LIVE, ("spec", "replicas"), "ours") == ["hpa"]
    assert other_owners(LIVE, ("spec", "image"), "ours") == []
    assert other_owners(LIVE, ("spec", "image"), "hpa") == ["ours"]


def test_elements_of_lists_are_found_by_key_and_by_value() -> None:
    assert other_owners(LIVE, ("spec", "containers", 1, "image"), "ours") == ["sidecar"]
    assert other_owners(LIVE, ("spec", "containers", 0, "image"), "ours") == []
    assert other_owners(LIVE, ("metadata", "finalizers", 1), "ours") == ["janitor"]
    assert other_owners(LIVE, ("metadata", "finalizers", 0), "ours") == []


def test_a_creation_and_an_application_make_an_object_ones_own() -> None:
    assert has_written(LIVE, "ours")
    assert has_written(LIVE, "hpa")
    assert not has_written(LIVE, "nobody")


def test_fields_of_kubectl_and_of_a_creation_are_united_with_ones_own() -> None:
    """pulumi-kubernetes, provider/pkg/await/fluxssa/patch.go, PatchReplaceFieldsManagers."""
    scaled = {**entry("kubectl", "Update", {"f:spec": {"f:replicas": {}}}), "subresource": "scale"}
    entries = [
        entry("pulumi-kubernetes-1", "Update", {"f:spec": {"f:image": {}, "f:selector": {"f:a": {}}}}),
        entry("hpa", "Update", {"f:spec": {"f:replicas": {}}}),
        entry("ours", "Apply", {"f:spec": {"f:selector": {}}}),
        scaled,
        entry("kubectl-edit", "Update", {"f:spec": {"f:image": {}, "f:paused": {}}}),
    ]
    found = taken_over({"metadata": {"managedFields": entries}}, "ours")
    assert found is not None
    assert found[:2] == [entries[1], scaled]
    selector: Object = {".": {}, "f:a": {}}
    united: Object = {"f:spec": {"f:selector": selector, "f:image": {}, "f:paused": {}}}
    assert found[2:] == [entry("ours", "Apply", united)]
    assert taken_over({"metadata": {"managedFields": found}}, "ours") is None
