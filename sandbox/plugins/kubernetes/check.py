"""Turns a program's inputs into what is compared, stored and applied."""

from collections.abc import Callable
from dataclasses import dataclass

from sandbox.plugins.kubernetes.kinds import Kind, is_list, is_patch, token_kind
from sandbox.plugins.kubernetes.naming import assign_name, is_unnamed
from sandbox.plugins.kubernetes.objects import WAIT_FOR, annotation, kind_of, text_at
from sandbox.plugins.kubernetes.state import secretive
from sandbox.plugins.protocol.naming import NamingError, NamingRequest
from sandbox.plugins.protocol.resources import Failure
from sandbox.plugins.protocol.values import UNKNOWN, Object, marked_like, plain

_WRITTEN_BY_THE_CLUSTER = (
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "selfLink",
    "uid",
)
_NOT_SERVED = {
    "kubernetes:helm.sh/v3:Release": "Helm releases",
    "kubernetes:helm.sh/v2:Chart": "Helm charts",
}


@dataclass(frozen=True)
class CheckRequest:
    """What a program asks for.

    Attributes:
        token: The resource's type.
        news: Its inputs.
        olds: Its inputs at the last update; empty when it is new or to be replaced.
        naming: How to name it.
        default_namespace: For an object that lives in a namespace and names none.
    """

    token: str
    news: Object
    olds: Object
    naming: NamingRequest
    default_namespace: str


def check(request: CheckRequest, is_namespaced: Callable[[Kind], bool]) -> tuple[Object, list[Failure]]:
    """Completes and judges inputs.

    Args:
        request: The inputs.
        is_namespaced: Tells whether objects of a kind live in namespaces.

    Returns:
        The inputs with their secrets marked, and what is wrong with them.
    """
    if request.token in _NOT_SERVED:
        what = _NOT_SERVED[request.token]
        return request.news, [Failure("", f"{what} need the official pulumi-kubernetes plugin; this one has no Helm")]
    inputs = plain(request.news)
    _complete_kind(inputs, request.token)
    failures = [*_form_failures(inputs), *_kind_failures(inputs, request.token)]
    if failures:
        return request.news, failures
    _drop_cluster_fields(inputs)
    try:
        assign_name(inputs, plain(request.olds), request.naming)
    except NamingError as error:
        return request.news, [Failure("metadata.name", str(error))]
    _complete_namespace(inputs, request.default_namespace, is_namespaced)
    return secretive(marked_like(inputs, request.news)), []


def _complete_kind(inputs: Object, token: str) -> None:
    kind = token_kind(token)
    inputs.setdefault("apiVersion", kind.api_version)
    inputs.setdefault("kind", kind.kind.removesuffix("Patch") if is_patch(token, "") else kind.kind)


def _form_failures(inputs: Object) -> list[Failure]:
    metadata = inputs.get("metadata", {})
    if metadata is UNKNOWN:
        return []
    if not isinstance(metadata, dict):
        return [Failure("metadata", f"got {type(metadata).__name__}, expected an object")]
    return [
        Failure(f"metadata.{name}", f"got {type(metadata[name]).__name__}, expected an object of strings")
        for name in ("annotations", "labels")
        if name in metadata and metadata[name] is not UNKNOWN and not isinstance(metadata[name], dict)
    ]


def _kind_failures(inputs: Object, token: str) -> list[Failure]:
    kind = kind_of(inputs)
    if is_list(kind):
        return [Failure("kind", f"{kind.kind}: a list cannot be created; create what is in it")]
    failures = []
    if is_patch(token, kind.kind) and is_unnamed(inputs):
        failures.append(Failure("metadata.name", "missing; a patch must name the object that it changes"))
    if annotation(inputs, WAIT_FOR):
        reason = "the official pulumi-kubernetes plugin waits for what it names; this one does not: leave it out"
        failures.append(Failure(f'metadata.annotations["{WAIT_FOR}"]', reason))
    if text_at(inputs, "metadata", "generateName"):
        reason = "generateName cannot be applied on the server's side; give a name, or none at all for an automatic one"
        failures.append(Failure("metadata.generateName", reason))
    return failures


def _drop_cluster_fields(inputs: Object) -> None:
    metadata = inputs.get("metadata")
    if isinstance(metadata, dict):
        for name in _WRITTEN_BY_THE_CLUSTER:
            metadata.pop(name, None)
    inputs.pop("status", None)


def _complete_namespace(inputs: Object, default: str, is_namespaced: Callable[[Kind], bool]) -> None:
    metadata = inputs.get("metadata")
    if not isinstance(metadata, dict):
        return
    if not is_namespaced(kind_of(inputs)):
        metadata.pop("namespace", None)
    elif not metadata.get("namespace") and metadata.get("namespace") is not UNKNOWN:
        metadata["namespace"] = default
