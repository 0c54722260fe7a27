"""The provider's configuration: what a stack's `kubernetes:…` settings or a `Provider` resource say."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from sandbox.plugins.protocol.resources import Failure
from sandbox.plugins.protocol.values import UNKNOWN, Object, plain

_ENVIRONMENT = {
    "kubeconfig": "KUBECONFIG",
    "deleteUnreachable": "PULUMI_K8S_DELETE_UNREACHABLE",
    "skipUpdateUnreachable": "PULUMI_K8S_SKIP_UPDATE_UNREACHABLE",
    "enableConfigMapMutable": "PULUMI_K8S_ENABLE_CONFIGMAP_MUTABLE",
    "enableSecretMutable": "PULUMI_K8S_ENABLE_SECRET_MUTABLE",
    "enablePatchForce": "PULUMI_K8S_ENABLE_PATCH_FORCE",
    "enableServerSideApply": "PULUMI_K8S_ENABLE_SERVER_SIDE_APPLY",
    "suppressDeprecationWarnings": "PULUMI_K8S_SUPPRESS_DEPRECATION_WARNINGS",
    "suppressHelmHookWarnings": "PULUMI_K8S_SUPPRESS_HELM_HOOK_WARNINGS",
    "upsertExistingObjects": "PULUMI_K8S_UPSERT_EXISTING_OBJECTS",
}
_UNSUPPORTED = {
    "renderYamlToDirectory": "this plugin only talks to clusters; `mlops render` shows a stack without one",
    "alwaysRender": "this plugin only talks to clusters; `mlops render` shows a stack without one",
    "helmReleaseSettings": "this plugin has no Helm; use the official pulumi-kubernetes plugin for charts",
}
_TRUE = frozenset({"1", "t", "T", "true", "TRUE", "True"})
_FALSE = frozenset({"0", "f", "F", "false", "FALSE", "False"})
_OF_THE_ENGINE = frozenset({"version", "pluginDownloadURL", "__internal"})


@dataclass(frozen=True)
class Configuration:
    """How the provider finds the cluster, and how it behaves.

    Attributes:
        kubeconfig: Path or content; None for the default place.
        context: The kubeconfig's context to use; None for its current one.
        cluster: The kubeconfig's cluster, in the place of the context's; None for that.
        namespace: For objects that name none; None for the context's.
        cluster_identifier: What alone decides whether a changed configuration means another cluster.
        delete_unreachable: Forget the objects of a cluster that cannot be reached.
        skip_update_unreachable: Leave the objects of a cluster that cannot be reached as they are.
        config_map_mutable: A ConfigMap's new data is an update, not a replacement.
        secret_mutable: A Secret's new data is an update, not a replacement.
        patch_force: Take fields over from other managers.
        suppress_deprecation_warnings: Say nothing of API versions that will go.
        upsert_existing_objects: Take over an object that exists already, instead of refusing to create it.
        request_timeout_seconds: For a single request.
    """

    kubeconfig: str | None = field(default=None, repr=False)
    context: str | None = None
    cluster: str | None = None
    namespace: str | None = None
    cluster_identifier: str | None = None
    delete_unreachable: bool = False
    skip_update_unreachable: bool = False
    config_map_mutable: bool = False
    secret_mutable: bool = False
    patch_force: bool = False
    suppress_deprecation_warnings: bool = False
    suppress_helm_hook_warnings: bool = False
    upsert_existing_objects: bool = False
    request_timeout_seconds: float = 30.0


_NAMES = {
    "kubeconfig": "kubeconfig",
    "context": "context",
    "cluster": "cluster",
    "namespace": "namespace",
    "clusterIdentifier": "cluster_identifier",
    "deleteUnreachable": "delete_unreachable",
    "skipUpdateUnreachable": "skip_update_unreachable",
    "enableConfigMapMutable": "config_map_mutable",
    "enableSecretMutable": "secret_mutable",
    "enablePatchForce": "patch_force",
    "suppressDeprecationWarnings": "suppress_deprecation_warnings",
    "suppressHelmHookWarnings": "suppress_helm_hook_warnings",
    "upsertExistingObjects": "upsert_existing_objects",
}
_TYPES = {each.name: each.type for each in fields(Configuration)}


def read(settings: Object, environment: Mapping[str, str] | None = None) -> tuple[Configuration, list[Failure]]:
    """Read the settings, collecting every problem.

    Args:
        settings: Properties of the provider; booleans and objects may be JSON texts. Secrets may be marked.
        environment: Where settings that are absent are looked up. Default: the process's own.

    Returns:
        The configuration, and what cannot be taken, by name; a setting not known yet counts as absent.
    """
    environment = os.environ if environment is None else environment
    given: dict[str, Any] = {
        name: environment[variable] for name, variable in _ENVIRONMENT.items() if environment.get(variable)
    }
    given |= {name: value for name, value in plain(settings).items() if value is not UNKNOWN and value != ""}
    values: dict[str, Any] = {}
    problems: list[Failure] = []
    for name, value in sorted(given.items()):
        try:
            values |= _setting(name, value)
        except ValueError as error:
            problems.append(Failure(name, str(error)))
    return Configuration(**values), problems


def _setting(name: str, value: Any) -> dict[str, Any]:
    if name in _OF_THE_ENGINE:
        return {}
    if name in _UNSUPPORTED:
        raise ValueError(f"{name}: not supported here; remove it: {_UNSUPPORTED[name]}")
    if name == "enableServerSideApply":
        if not _boolean(name, value):
            raise ValueError(f"{name}: got false; this plugin always applies on the server's side; remove the setting")
        return {}
    if name == "kubeClientSettings":
        return _client_settings(value)
    if name not in _NAMES:
        raise ValueError(f"{name}: unknown setting; expected one of {', '.join(sorted(_NAMES))}")
    attribute = _NAMES[name]
    if _TYPES[attribute] is bool:
        return {attribute: _boolean(name, value)}
    if name == "kubeconfig" and isinstance(value, dict):
        return {attribute: json.dumps(value)}
    if not isinstance(value, str):
        raise ValueError(f"{name}: got {type(value).__name__}, expected a string")  # noqa: TRY004 - collected
    return {attribute: value}


def _client_settings(value: Any) -> dict[str, Any]:
    """Take the timeout; `burst` and `qps` only matter to a client that slows itself down."""
    settings = json.loads(value) if isinstance(value, str) else value
    timeout = settings.get("timeout") if isinstance(settings, dict) else None
    if timeout is None:
        return {}
    try:
        seconds = float(timeout)
    except (TypeError, ValueError):
        seconds = 0.0
    if seconds <= 0:
        raise ValueError(f"kubeClientSettings.timeout: got {timeout!r}, expected seconds above 0")
    return {"request_timeout_seconds": seconds}


def _boolean(name: str, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if value in _TRUE:
        return True
    if value in _FALSE:
        return False
    raise ValueError(f"{name}: got {value!r}, expected true or false")
