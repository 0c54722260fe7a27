"""A Pod is ready when it serves, or has done its work."""

from sandbox.plugins.kubernetes.awaiters.observer import Observer
from sandbox.plugins.kubernetes.awaiters.pods import pod_problems
from sandbox.plugins.kubernetes.awaiters.progress import READY, Progress, failed, waiting
from sandbox.plugins.kubernetes.objects import condition, name_of, text_at
from sandbox.plugins.protocol.values import Object


def check(live: Object, observer: Observer) -> Progress:
    """Looks at a Pod."""
    phase = text_at(live, "status", "phase")
    if phase == "Succeeded" or text_at(condition(live, "Ready"), "status") == "True":
        return READY
    problems = pod_problems([live], observer)
    if phase == "Failed":
        return failed(f"Pod {name_of(live)} failed", problems)
    return waiting(f"Pod {name_of(live)}: {phase or 'not seen by the cluster yet'}", problems)
