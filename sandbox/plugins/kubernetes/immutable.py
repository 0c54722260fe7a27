"""Which changes need another object, as pulumi-kubernetes has it."""

from collections.abc import Iterable

from sandbox.plugins.kubernetes.configuration import Configuration
from sandbox.plugins.kubernetes.kinds import GroupKind, Kind
from sandbox.plugins.kubernetes.objects import at
from sandbox.plugins.protocol.values import Object

Path = tuple[str | int, ...]
Pattern = tuple[str, ...]

_IDENTITY = ("metadata.name", "metadata.namespace")
# pulumi-kubernetes, provider/pkg/provider/diff.go. What Kubernetes refuses to change and the table does not know fails
# in the preview, there as here.
_TABLE: dict[GroupKind, tuple[str, ...]] = {
    GroupKind("", "PersistentVolumeClaim"): (
        "spec.accessModes",
        "spec.selector",
        "spec.storageClassName",
        "spec.volumeName",
    ),
    GroupKind("", "Service"): ("spec.clusterIP",),
    GroupKind("apps", "Deployment"): ("spec.selector",),
    GroupKind("apps", "StatefulSet"): (
        "spec.podManagementPolicy",
        "spec.revisionHistoryLimit",
        "spec.selector",
        "spec.serviceName",
        "spec.volumeClaimTemplates",
    ),
    GroupKind("batch", "Job"): ("spec.completions", "spec.parallelism", "spec.selector", "spec.template"),
    GroupKind("rbac.authorization.k8s.io", "ClusterRoleBinding"): ("roleRef",),
    GroupKind("rbac.authorization.k8s.io", "RoleBinding"): ("roleRef",),
}


def patterns(kind: Kind, inputs: Object, configuration: Configuration, *, is_patch: bool) -> list[Pattern]:
    """Return the paths whose change means another object; "*" stands for any position in a list.

    Args:
        kind: Of the object.
        inputs: Its new inputs, plain.
        configuration: Says whether the content of ConfigMaps and Secrets may change in place.
        is_patch: Whether the resource only patches an object, which cannot be replaced.
    """
    paths = list(_IDENTITY)
    if not is_patch:
        paths += _TABLE.get(kind.group_kind, ())
        paths += _content_paths(kind, inputs, configuration)
    return [tuple(path.split(".")) for path in paths]


def _content_paths(kind: Kind, inputs: Object, configuration: Configuration) -> tuple[str, ...]:
    if kind == Kind("v1", "ConfigMap"):
        is_fixed = not configuration.config_map_mutable or inputs.get("immutable") is True
        return ("binaryData", "data") if is_fixed else ()
    if kind == Kind("v1", "Secret"):
        is_fixed = not configuration.secret_mutable or inputs.get("immutable") is True
        return ("type", "stringData", "data") if is_fixed else ("type",)
    return ()


def is_replacing(path: Path, old: object, new: object, fixed: Iterable[Pattern]) -> bool:
    """Tells whether a change at a path touches one of the fixed paths.

    Args:
        path: Where the change is.
        old: What was there.
        new: What is to be there.
        fixed: What `patterns` returned.
    """
    return any(_touches(path, old, new, pattern) for pattern in fixed)


def _touches(path: Path, old: object, new: object, pattern: Pattern) -> bool:
    shared = zip(path, pattern, strict=False)
    if not all(want == "*" if isinstance(step, int) else want == step for step, want in shared):
        return False
    if len(path) >= len(pattern):
        return True
    rest = pattern[len(path) :]
    if "*" in rest:
        return True
    is_object = isinstance(old, dict) or isinstance(new, dict)
    return not is_object or at(old, *rest) is not None or at(new, *rest) is not None
