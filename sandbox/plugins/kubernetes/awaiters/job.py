"""A Job is ready when it has completed, as pulumi-kubernetes has it (provider/pkg/await/checker/job/check.go).

Two reasons end the wait: with another one, such as `PodFailurePolicy`, it goes on until the timeout. A suspended Job is
waited for.
"""

from sandbox.plugins.kubernetes.awaiters.observer import Observer
from sandbox.plugins.kubernetes.awaiters.pods import owned_by, pod_warnings, qualified, selected_pods
from sandbox.plugins.kubernetes.awaiters.progress import READY, Progress, failed, waiting
from sandbox.plugins.kubernetes.objects import condition, int_at, namespace_of, text_at
from sandbox.plugins.protocol.values import Object

_FINAL_REASONS = frozenset({"BackoffLimitExceeded", "DeadlineExceeded"})


def check(live: Object, observer: Observer) -> Progress:
    """Look at a Job."""
    if not text_at(live, "status", "startTime"):
        return waiting(f'Waiting for Job "{qualified(live)}" to start')
    failure = condition(live, "Failed")
    reason = text_at(failure, "reason")
    has_failed = text_at(failure, "status") == "True" and reason in _FINAL_REASONS
    if not has_failed and text_at(condition(live, "Complete"), "status") == "True":
        return READY
    counts = [f"{name}: {int_at(live, 'status', name.lower())}" for name in ("Active", "Succeeded", "Failed")]
    text = f'Waiting for Job "{qualified(live)}" to succeed ({" | ".join(counts)})'
    uid = text_at(live, "metadata", "uid")
    pods = selected_pods(observer, namespace_of(live), {"batch.kubernetes.io/controller-uid": uid})
    warnings = pod_warnings(owned_by(pods, uid))
    if has_failed:
        return failed(text, (f"[{reason}] {text_at(failure, 'message')}",), warnings)
    return waiting(text, (), warnings)
