from sandbox.plugins.kubernetes.managed_fields import has_applied, other_owners


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


def test_only_an_apply_makes_an_object_ones_own() -> None:
    assert has_applied(LIVE, "ours")
    assert not has_applied(LIVE, "hpa")
