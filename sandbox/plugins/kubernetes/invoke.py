"""The functions that programs call beside their resources."""

import re
from collections.abc import Callable
from typing import Any

import yaml

from sandbox.plugins.kubernetes.kinds import Kind
from sandbox.plugins.kubernetes.objects import kind_of
from sandbox.plugins.kubernetes.state import from_kubernetes
from sandbox.plugins.protocol.errors import ProviderError
from sandbox.plugins.protocol.values import Object

DECODE = "kubernetes:yaml:decode"
_NOT_SERVED = {
    "kubernetes:helm:template": "Helm charts",
    "kubernetes:kustomize:directory": "kustomizations",
}


class _Loader(yaml.SafeLoader):
    """Reads YAML as Kubernetes does: dates stay texts, and only true and false are booleans."""


_Loader.yaml_implicit_resolvers = {
    first: [
        (tag, pattern)
        for tag, pattern in resolvers
        if tag not in {"tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:bool"}
    ]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)


def invoke(token: str, arguments: Object, is_namespaced: Callable[[Kind], bool]) -> Object:
    """Calls a function.

    Args:
        token: Its name.
        arguments: Plain.
        is_namespaced: Tells whether objects of a kind live in namespaces.

    Returns:
        What it returns.

    Raises:
        ProviderError: There is no such function here, or an argument is wrong.
    """
    if token == DECODE:
        text, namespace = arguments.get("text"), arguments.get("defaultNamespace", "")
        if not isinstance(text, str):
            raise ProviderError(f"{DECODE}: argument text: got {type(text).__name__}, expected a string")
        return {"result": decode(text, str(namespace), is_namespaced)}
    if token in _NOT_SERVED:
        what = _NOT_SERVED[token]
        raise ProviderError(f"{token}: {what} need the official pulumi-kubernetes plugin; render them to YAML first")
    raise ProviderError(f"{token}: unknown function; this plugin has {DECODE}")


def decode(text: str, default_namespace: str, is_namespaced: Callable[[Kind], bool]) -> list[Object]:
    """Reads the objects of a YAML text; lists are opened.

    Args:
        text: One or more documents.
        default_namespace: For objects that live in a namespace and name none; empty to leave them without.
        is_namespaced: Tells whether objects of a kind live in namespaces.

    Raises:
        ProviderError: The text is not YAML, or a document is no Kubernetes object; says where.
    """
    try:
        documents = list(yaml.load_all(text, Loader=_Loader))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 1}, column {mark.column + 1}" if mark else "the text"
        raise ProviderError(f"{place}: not YAML: {getattr(error, 'problem', None) or 'cannot be read'}") from None
    found = []
    for position, document in enumerate(documents, start=1):
        found += _objects(document, f"document {position}")
    for body in found:
        if default_namespace and is_namespaced(kind_of(body)):
            body.setdefault("metadata", {}).setdefault("namespace", default_namespace)
    return [from_kubernetes(body) for body in found]


def _objects(document: Any, place: str) -> list[Object]:
    if document is None:
        return []
    if not isinstance(document, dict):
        raise ProviderError(f"{place}: got {type(document).__name__}, expected an object with apiVersion and kind")
    for name in ("apiVersion", "kind"):
        if not isinstance(document.get(name), str):
            raise ProviderError(f"{place}: {name}: missing, expected a string")
    if str(document["kind"]).endswith("List") and isinstance(document.get("items"), list):
        return [
            body for index, item in enumerate(document["items"]) for body in _objects(item, f"{place}, item {index}")
        ]
    return [document]
