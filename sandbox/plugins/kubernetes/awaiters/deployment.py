"""A Deployment is ready as pulumi-kubernetes has it (provider/pkg/await/deployment.go).

A missed progress deadline ends nothing: until the timeout the rollout may still succeed.
"""

from sandbox.plugins.kubernetes.awaiters.observer import Observer
from sandbox.plugins.kubernetes.awaiters.pods import owned_by, pod_warnings, selected_pods
from sandbox.plugins.kubernetes.awaiters.progress import READY, Progress, waiting
from sandbox.plugins.kubernetes.kinds import Kind
from sandbox.plugins.kubernetes.objects import (
    annotation,
    condition,
    dict_at,
    int_at,
    list_at,
    name_of,
    namespace_of,
    text_at,
)
from sandbox.plugins.protocol.values import Object

_REPLICA_SET = Kind("apps/v1", "ReplicaSet")
_CLAIM = Kind("v1", "PersistentVolumeClaim")
_REVISION = "deployment.kubernetes.io/revision"
_TOO_FEW_LIVE = "Minimum number of live Pods was not attained"
_TOO_FEW_TO_SERVE = "Minimum number of Pods to consider the application live was not attained"
_NOT_ROLLED_FORWARD = "Attempted to roll forward to new ReplicaSet, but minimum number of Pods did not become live"


def check(live: Object, observer: Observer) -> Progress:
    """Look at a Deployment."""
    if int_at(live, "status", "observedGeneration") != int_at(live, "metadata", "generation"):
        return waiting("Waiting for the Deployment controller to see the change", (_TOO_FEW_LIVE,))
    newest = _newest(live, observer)
    desired = int_at(newest, "spec", "replicas", default=1)
    ready = int_at(newest, "status", "readyReplicas")
    unbound = _unbound_claims(live, observer)
    missing = _missing(live, is_rolled_out=bool(newest) and ready >= desired)
    if not missing and not unbound:
        return READY
    unmet = tuple(text for name in ("Progressing", "Available") for text in _unmet(condition(live, name)))
    bind = (f'Failed to bind PersistentVolumeClaim(s): "{",".join(unbound)}"',) if unbound else ()
    pods = selected_pods(observer, namespace_of(live), dict_at(live, "spec", "selector", "matchLabels"))
    return waiting(
        f"Waiting for app ReplicaSet to be available ({ready}/{desired} Pods available)",
        (*bind, *missing),
        (*unmet, *pod_warnings(owned_by(pods, text_at(newest, "metadata", "uid")))),
    )


def _newest(live: Object, observer: Observer) -> Object:
    """Return the ReplicaSet of the Deployment's revision; an empty object when there is none yet."""
    labels = dict_at(live, "spec", "selector", "matchLabels")
    query = {"labelSelector": ",".join(f"{key}={value}" for key, value in sorted(labels.items()))}
    sets = owned_by(observer.list_objects(_REPLICA_SET, namespace_of(live), query), text_at(live, "metadata", "uid"))
    revision = annotation(live, _REVISION)
    return next((each for each in sets if revision and annotation(each, _REVISION) == revision), {})


def _missing(live: Object, *, is_rolled_out: bool) -> tuple[str, ...]:
    if text_at(condition(live, "Available"), "status") != "True":
        return (_TOO_FEW_LIVE,)
    if annotation(live, _REVISION) == "1":
        return () if is_rolled_out else (_TOO_FEW_TO_SERVE,)
    progressing = condition(live, "Progressing")
    is_new = text_at(progressing, "reason") == "NewReplicaSetAvailable"
    if not is_new or text_at(progressing, "status") != "True":
        return (_TOO_FEW_TO_SERVE,)
    return () if is_rolled_out else (_NOT_ROLLED_FORWARD,)


def _unmet(found: Object) -> tuple[str, ...]:
    if not found or text_at(found, "status") == "True":
        return ()
    return (f"[{text_at(found, 'reason')}] {text_at(found, 'message')}",)


def _unbound_claims(live: Object, observer: Observer) -> list[str]:
    """Return the names of the claims among the Deployment's volumes that are not bound."""
    volumes = list_at(live, "spec", "template", "spec", "volumes")
    names = {text_at(each, "persistentVolumeClaim", "claimName") for each in volumes} - {""}
    if not names:
        return []
    claims = [each for each in observer.list_objects(_CLAIM, namespace_of(live)) if name_of(each) in names]
    return sorted(name_of(each) for each in claims if text_at(each, "status", "phase") != "Bound")
