"""A Job is ready when it has completed; it fails when its pods have failed too often."""

from sandbox.plugins.kubernetes.awaiters.observer import Observer
from sandbox.plugins.kubernetes.awaiters.pods import creation_problems, owned_by, pod_problems, selected_pods
from sandbox.plugins.kubernetes.awaiters.progress import READY, Problem, Progress, failed, waiting
from sandbox.plugins.kubernetes.objects import at, condition, int_at, name_of, namespace_of, text_at
from sandbox.plugins.protocol.values import Object


def check(live: Object, observer: Observer) -> Progress:
    """Looks at a Job."""
    if text_at(condition(live, "Complete"), "status") == "True" or at(live, "spec", "suspend") is True:
        return READY
    name = name_of(live)
    problems = _problems(live, observer)
    failure = condition(live, "Failed")
    if text_at(failure, "status") == "True":
        reason, message = text_at(failure, "reason"), text_at(failure, "message")
        return failed(f"Job {name} failed ({reason}): {message}", problems)
    active, succeeded = int_at(live, "status", "active"), int_at(live, "status", "succeeded")
    completions = int_at(live, "spec", "completions", default=1)
    failures = int_at(live, "status", "failed")
    text = f"Job {name}: {succeeded} of {completions} completed, {active} active"
    return waiting(f"{text}, {failures} failed" if failures else text, problems)


def _problems(live: Object, observer: Observer) -> tuple[Problem, ...]:
    uid = text_at(live, "metadata", "uid")
    labels = {"batch.kubernetes.io/controller-uid": uid}
    pods = owned_by(selected_pods(observer, namespace_of(live), labels), uid)
    found = pod_problems(pods, observer)
    if not pods and int_at(live, "status", "failed") == 0:
        found = creation_problems(observer, namespace_of(live), uid)
    return found
