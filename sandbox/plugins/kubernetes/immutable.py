"""Which changes Kubernetes refuses on an object that exists, so that it must be replaced."""

import re
from collections.abc import Iterable

from sandbox.plugins.kubernetes.configuration import Configuration
from sandbox.plugins.kubernetes.errors import ApiError
from sandbox.plugins.kubernetes.kinds import GroupKind, Kind
from sandbox.plugins.kubernetes.objects import at
from sandbox.plugins.protocol.values import Object

Path = tuple[str | int, ...]
Pattern = tuple[str, ...]

_IDENTITY = ("metadata.name", "metadata.namespace")
_JOB = (
    "spec.completionMode",
    "spec.completions",
    "spec.managedBy",
    "spec.parallelism",
    "spec.selector",
    "spec.template",
)
_STATEFUL_SET = ("spec.podManagementPolicy", "spec.selector", "spec.serviceName", "spec.volumeClaimTemplates")
_CLAIM = (
    "spec.accessModes",
    "spec.dataSource",
    "spec.dataSourceRef",
    "spec.selector",
    "spec.storageClassName",
    "spec.volumeMode",
    "spec.volumeName",
)
_VOLUME_SOURCES = (
    *("awsElasticBlockStore", "azureDisk", "azureFile", "cephfs", "cinder", "csi", "fc", "flexVolume", "flocker"),
    *("gcePersistentDisk", "glusterfs", "hostPath", "iscsi", "local", "nfs", "photonPersistentDisk"),
    *("portworxVolume", "quobyte", "rbd", "scaleIO", "storageos", "vsphereVolume"),
)
# A pod's specification can change in its images, a shorter deadline and more tolerations: everything else is fixed.
_POD = (
    *("affinity", "automountServiceAccountToken", "dnsConfig", "dnsPolicy", "enableServiceLinks", "hostAliases"),
    *("hostIPC", "hostNetwork", "hostPID", "hostUsers", "hostname", "imagePullSecrets", "nodeName", "nodeSelector"),
    *("os", "overhead", "preemptionPolicy", "priority", "priorityClassName", "readinessGates", "resourceClaims"),
    *("restartPolicy", "runtimeClassName", "schedulerName", "securityContext", "serviceAccount", "serviceAccountName"),
    *("setHostnameAsFQDN", "shareProcessNamespace", "subdomain", "terminationGracePeriodSeconds"),
    *("topologySpreadConstraints", "volumes"),
)
_CONTAINER = (
    *("args", "command", "env", "envFrom", "image", "imagePullPolicy", "lifecycle", "livenessProbe", "name", "ports"),
    *("readinessProbe", "resources", "securityContext", "startupProbe", "stdin", "stdinOnce"),
    *("terminationMessagePath", "terminationMessagePolicy", "tty", "volumeDevices", "volumeMounts", "workingDir"),
)
_TABLE: dict[GroupKind, tuple[str, ...]] = {
    GroupKind("", "PersistentVolume"): tuple(f"spec.{source}" for source in _VOLUME_SOURCES),
    GroupKind("", "PersistentVolumeClaim"): _CLAIM,
    GroupKind("", "Pod"): (
        *(f"spec.{name}" for name in _POD),
        *(f"spec.{group}.*.{name}" for group in ("containers", "initContainers") for name in _CONTAINER),
    ),
    GroupKind("", "ResourceQuota"): ("spec.scopes",),
    GroupKind("", "Service"): ("spec.clusterIP",),
    GroupKind("apps", "DaemonSet"): ("spec.selector",),
    GroupKind("apps", "Deployment"): ("spec.selector",),
    GroupKind("apps", "ReplicaSet"): ("spec.selector",),
    GroupKind("apps", "StatefulSet"): _STATEFUL_SET,
    GroupKind("batch", "Job"): _JOB,
    GroupKind("networking.k8s.io", "IngressClass"): ("spec.controller",),
    GroupKind("rbac.authorization.k8s.io", "ClusterRoleBinding"): ("roleRef",),
    GroupKind("rbac.authorization.k8s.io", "RoleBinding"): ("roleRef",),
    GroupKind("scheduling.k8s.io", "PriorityClass"): ("preemptionPolicy", "value"),
    GroupKind("storage.k8s.io", "CSIDriver"): ("spec.attachRequired",),
    GroupKind("storage.k8s.io", "StorageClass"): ("parameters", "provisioner", "reclaimPolicy", "volumeBindingMode"),
}
_STORAGE: Path = ("spec", "resources", "requests", "storage")
_REFUSAL = re.compile(
    r"immutable|may not (be )?(change|update)|cannot (be )?(change|update)|updates to .*forbidden|"
    r"forbidden: (updates|pod updates)|can not be (changed|decreased|less)",
    re.IGNORECASE,
)


def patterns(kind: Kind, inputs: Object, configuration: Configuration, *, is_patch: bool) -> list[Pattern]:
    """Returns the paths whose change means another object; "*" stands for any position in a list.

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


def is_shrinking_storage(kind: Kind, path: Path, old: object, new: object) -> bool:
    """Tells whether a change asks a volume claim for less than it has, which only a new claim can give."""
    if kind.group_kind != GroupKind("", "PersistentVolumeClaim") or path != _STORAGE:
        return False
    from kubernetes.utils.quantity import parse_quantity  # noqa: PLC0415 - seldom needed, slow to load

    try:
        return bool(parse_quantity(new) < parse_quantity(old))
    except (ValueError, TypeError):
        return False


def refused_fields(error: ApiError) -> list[Pattern] | None:
    """Returns the fields that a trial run found fixed; an empty list when it does not say which.

    Returns:
        None when the refusal has another reason.
    """
    if error.status != 422:
        return None
    fields = [_field(cause.field) for cause in error.causes if _REFUSAL.search(cause.message)]
    if fields:
        return fields
    return [] if _REFUSAL.search(error.message) else None


def _field(text: str) -> Pattern:
    """Reads a path as the API server writes it, such as "spec.ports[0].name"."""
    return tuple("*" if part.isdecimal() else part for part in re.findall(r"[^.\[\]]+", text))


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
