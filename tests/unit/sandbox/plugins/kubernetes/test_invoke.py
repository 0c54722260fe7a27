import pytest

from sandbox.plugins.kubernetes.invoke import invoke
from sandbox.plugins.kubernetes.kinds import is_namespaced_offline
from sandbox.plugins.protocol.errors import ProviderError
from sandbox.plugins.protocol.values import Object

TWO = """
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Namespace, metadata: {name: a}}
- {apiVersion: v1, kind: ConfigMap, metadata: {name: b}, data: {on: yes, when: 2013-01-01, really: true}}
---
---
apiVersion: v1
kind: ConfigMap
metadata: {name: c, namespace: own}
"""


def decoded(text: object, namespace: str = "flights") -> list[Object]:
    arguments = {"text": text, "defaultNamespace": namespace}
    found: list[Object] = invoke("kubernetes:yaml:decode", arguments, is_namespaced_offline)["result"]
    return found


def test_documents_and_lists_become_objects() -> None:
    found = decoded(TWO)
    assert [each["metadata"] for each in found] == [
        {"name": "a"},
        {"name": "b", "namespace": "flights"},
        {"name": "c", "namespace": "own"},
    ]
    assert found[1]["data"] == {"on": "yes", "when": "2013-01-01", "really": True}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [", "line 1"),
        ("just text", "document 1: got str"),
        ("kind: ConfigMap", "document 1: apiVersion: missing"),
        ("{apiVersion: v1, kind: List, items: [{kind: x}]}", "item 0: apiVersion: missing"),
        (7, "expected a string"),
    ],
)
def test_what_is_no_object_is_refused(text: object, said: str) -> None:
    with pytest.raises(ProviderError, match=said):
        decoded(text)


@pytest.mark.parametrize("token", ["kubernetes:helm:template", "kubernetes:kustomize:directory", "kubernetes:x:y"])
def test_functions_that_are_not_here_are_refused(token: str) -> None:
    with pytest.raises(ProviderError, match=token):
        invoke(token, {}, is_namespaced_offline)
