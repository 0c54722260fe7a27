import base64
from typing import Any

from sandbox.plugins.kubernetes import state
from sandbox.plugins.kubernetes.refresh import imported_inputs, refreshed_inputs
from sandbox.plugins.protocol.values import Secret

BASE = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "namespace": "n"}}
SECRET = {**BASE, "kind": "Secret"}


def test_outputs_hold_all_that_a_later_update_needs() -> None:
    live = {**BASE, "data": {"a": "b"}, "metadata": {"name": "x", "uid": "1"}}
    outputs = state.outputs({**BASE, "data": {"a": Secret("b")}}, live, "v1", "manager")
    assert outputs["data"] == {"a": Secret("b")}
    read = state.parse(outputs)
    assert read == state.State(inputs={**BASE, "data": {"a": "b"}}, live=live, api_version="v1", manager="manager")


def test_a_secret_is_secret_in_every_place_of_the_state() -> None:
    outputs = state.outputs({**SECRET, "stringData": {"a": "b"}}, {**SECRET, "data": {"a": "Yg=="}}, "v1", "m")
    assert outputs["data"] == Secret({"a": "Yg=="})
    assert outputs["__inputs"]["stringData"] == Secret({"a": "b"})


def test_a_secrets_texts_are_applied_as_data() -> None:
    body = state.body({**SECRET, "data": {"a": "Yg==", "c": "old"}, "stringData": Secret({"c": "new"})})
    assert body["data"] == {"a": "Yg==", "c": base64.b64encode(b"new").decode()}
    assert "stringData" not in body


def test_names_with_dashes_survive_the_sdks() -> None:
    inputs = {"spec": {"x_kubernetes_preserve_unknown_fields": True, "x_other": 1}}
    sent = state.to_kubernetes(inputs)
    assert sent == {"spec": {"x-kubernetes-preserve-unknown-fields": True, "x_other": 1}}
    assert state.from_kubernetes(sent) == inputs


def test_what_the_cluster_rewrites_is_no_drift() -> None:
    asked: dict[str, Any] = {**BASE, "spec": {"cpu": "1000m", "empty": {}, "ports": [{"port": 80}], "kept": "a"}}
    before: dict[str, Any] = {
        **BASE,
        "spec": {"cpu": "1", "ports": [{"port": 80, "protocol": "TCP"}], "kept": "a", "added": 1},
    }
    assert refreshed_inputs(asked, before, before) == asked
    drifted = {**before, "spec": {**before["spec"], "kept": "b", "added": 2}}
    assert refreshed_inputs(asked, before, drifted) == {**asked, "spec": {**asked["spec"], "kept": "b"}}


def test_what_somebody_removed_or_changed_is_drift() -> None:
    asked = {**BASE, "data": {"a": "1", "b": "2"}}
    now = {**BASE, "data": {"a": "9"}}
    assert refreshed_inputs(asked, asked, now)["data"] == {"a": "9"}


def test_elements_of_lists_are_told_by_their_names() -> None:
    asked = {**BASE, "c": [{"name": "a", "cpu": "1000m"}, {"name": "b", "image": "x"}]}
    before = {**BASE, "c": [{"name": "a", "cpu": "1", "d": 1}, {"name": "b", "image": "x", "d": 1}]}
    now = {**BASE, "c": [{"name": "new"}, *before["c"]]}
    assert refreshed_inputs(asked, before, now)["c"] == [{"name": "new"}, *asked["c"]]


def test_drift_of_a_secrets_texts_is_seen_through_their_encoding() -> None:
    asked = {**SECRET, "stringData": {"a": "1", "b": "2", "c": "3"}}
    before = {**SECRET, "data": {"a": "MQ==", "b": "Mg==", "c": "Mw=="}}
    now = {**SECRET, "data": {"a": "MQ==", "b": "OQ=="}}
    assert refreshed_inputs(asked, before, now)["stringData"] == {"a": "1", "b": "9"}


def test_an_import_takes_what_a_person_would_have_written() -> None:
    last = "kubectl.kubernetes.io/last-applied-configuration"
    metadata = {"name": "x", "uid": "1", "resourceVersion": "2", "managedFields": [], "annotations": {last: "{}"}}
    live = {**BASE, "metadata": metadata, "data": {"a": "b"}, "status": {"x": 1}}
    assert imported_inputs(live) == {**BASE, "metadata": {"name": "x"}, "data": {"a": "b"}}
