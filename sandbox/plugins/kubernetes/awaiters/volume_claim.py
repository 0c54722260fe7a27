"""A PersistentVolumeClaim is ready when it is bound, or waits for a pod as its storage class wants it to."""

from sandbox.plugins.kubernetes.awaiters.observer import Observer
from sandbox.plugins.kubernetes.awaiters.progress import READY, Problem, Progress, failed, waiting
from sandbox.plugins.kubernetes.kinds import Kind
from sandbox.plugins.kubernetes.objects import at, is_annotated, name_of, namespace_of, text_at
from sandbox.plugins.protocol.values import Object

_CLASS = Kind("storage.k8s.io/v1", "StorageClass")
_DEFAULT = "storageclass.kubernetes.io/is-default-class"


def check(live: Object, observer: Observer) -> Progress:
    """Looks at a PersistentVolumeClaim."""
    phase = text_at(live, "status", "phase")
    if phase == "Bound" or _waits_for_consumer(live, observer):
        return READY
    events = observer.events(namespace_of(live), text_at(live, "metadata", "uid"))
    texts = {text_at(event, "reason"): text_at(event, "message") for event in events}
    problems = tuple(Problem(f"{reason}: {text}", reason) for reason, text in texts.items())
    if phase == "Lost":
        return failed(f"PersistentVolumeClaim {name_of(live)}: its volume is lost", problems)
    return waiting(f"PersistentVolumeClaim {name_of(live)}: not bound yet", problems)


def _waits_for_consumer(live: Object, observer: Observer) -> bool:
    name = at(live, "spec", "storageClassName")
    if name == "":
        return False
    if name is None:
        classes = [each for each in observer.list_objects(_CLASS, "") if is_annotated(each, _DEFAULT)]
        storage_class = classes[0] if classes else None
    else:
        storage_class = observer.get(_CLASS, "", str(name))
    return text_at(storage_class, "volumeBindingMode") == "WaitForFirstConsumer"
