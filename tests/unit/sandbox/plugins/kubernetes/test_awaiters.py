"""What each kind's look makes of an object and of what is around it, in the words of pulumi-kubernetes."""

from typing import Any

import pytest

from sandbox.plugins.kubernetes.awaiters.progress import Progress, Readiness
from sandbox.plugins.kubernetes.awaiters.registry import fixed_seconds, look_for, look_once
from sandbox.plugins.kubernetes.kinds import Kind
from sandbox.plugins.protocol.values import Object

UID = "11111111-1111-1111-1111-111111111111"
REVISION = "deployment.kubernetes.io/revision"
CLAIM = "v1:PersistentVolumeClaim"
TOO_FEW_LIVE = "Minimum number of live Pods was not attained"
TOO_FEW_TO_SERVE = "Minimum number of Pods to consider the application live was not attained"


class FakeObserver:
    """An observer of objects that the test has written down; kinds that may not be read count as absent."""

    def __init__(self, *objects: Object, forbidden: str = "") -> None:
        self.objects = [each for each in objects if each["kind"] != forbidden]

    def get(self, kind: Kind, namespace: str, name: str) -> Object | None:
        found = [each for each in self.objects if each["kind"] == kind.kind and each["metadata"]["name"] == name]
        return found[0] if found else None

    def list_objects(self, kind: Kind, namespace: str, query: dict[str, str] | None = None) -> list[Object]:
        return [each for each in self.objects if each["kind"] == kind.kind]


def an_object(kind: str, spec: Object | None = None, status: Object | None = None, **metadata: Any) -> Object:
    api_version, _, name = kind.rpartition(":")
    meta = {"name": "x", "namespace": "n", "uid": UID, "generation": 2, **metadata}
    return {"apiVersion": api_version, "kind": name, "metadata": meta, "spec": spec or {}, "status": status or {}}


def a_pod(*statuses: Object, owner: str = UID, **status: Any) -> Object:
    conditions = dict.fromkeys(("PodScheduled", "Initialized"), "True") | status.pop("conditions", {})
    told = [
        {"type": name, "status": value} if isinstance(value, str) else {"type": name, **value}
        for name, value in conditions.items()
    ]
    return an_object(
        "v1:Pod",
        status={"containerStatuses": list(statuses), "conditions": told, **status},
        name="x-1",
        ownerReferences=[{"uid": owner}],
    )


def looked(live: Object, *around: Object, is_update: bool = False, **more: Any) -> Progress:
    look = look_for(live, is_update=is_update)
    assert look is not None
    return look(live, FakeObserver(*around, **more))


def not_ready(containers: str) -> Object:
    message = f"containers with unready status: [{containers}]"
    return {"status": "False", "reason": "ContainersNotReady", "message": message}


def a_deployment(*, revision: str = "1", available: str = "True", progress: str = "NewReplicaSetAvailable") -> Object:
    conditions = [
        {"type": "Available", "status": available, "reason": "MinimumReplicasUnavailable", "message": "no minimum"},
        {
            "type": "Progressing",
            "status": "False" if progress == "ProgressDeadlineExceeded" else "True",
            "reason": progress,
            "message": 'ReplicaSet "x-1" has timed out progressing.',
        },
    ]
    volumes = [{"persistentVolumeClaim": {"claimName": "data"}}, {"emptyDir": {}}]
    return an_object(
        "apps/v1:Deployment",
        {"replicas": 2, "selector": {"matchLabels": {"a": "b"}}, "template": {"spec": {"volumes": volumes}}},
        {"observedGeneration": 2, "conditions": conditions},
        annotations={REVISION: revision},
    )


def a_replica_set(*, revision: str = "1", ready: int = 2) -> Object:
    return an_object(
        "apps/v1:ReplicaSet",
        {"replicas": 2},
        {"readyReplicas": ready},
        name=f"x-{revision}",
        uid="rs",
        annotations={REVISION: revision},
        ownerReferences=[{"uid": UID}],
    )


def test_a_deployment_is_ready_when_its_newest_replica_set_is() -> None:
    """provider/pkg/await/deployment.go, checkAndLogStatus and errorMessages."""
    assert looked(a_deployment(), a_replica_set()).is_ready
    assert looked(a_deployment(), a_replica_set(ready=1)).reasons == (TOO_FEW_TO_SERVE,)
    assert looked(a_deployment()).errors == (TOO_FEW_TO_SERVE,)
    unavailable = looked(a_deployment(available="False"), a_replica_set())
    assert unavailable.reasons == (TOO_FEW_LIVE, "[MinimumReplicasUnavailable] no minimum")


def test_a_second_revision_must_have_replaced_the_first() -> None:
    newest = a_replica_set(revision="2")
    assert looked(a_deployment(revision="2"), newest).is_ready
    rolling = a_deployment(revision="2", progress="ReplicaSetUpdated")
    assert looked(rolling, newest).errors == (TOO_FEW_TO_SERVE,)
    behind = looked(a_deployment(revision="2"), a_replica_set(revision="2", ready=1))
    assert behind.errors == (
        "Attempted to roll forward to new ReplicaSet, but minimum number of Pods did not become live",
    )
    assert behind.text == "Waiting for app ReplicaSet to be available (1/2 Pods available)"


def test_a_deployment_that_the_controller_has_not_seen_is_not_judged() -> None:
    live = a_deployment()
    live["metadata"]["generation"] = 3
    assert not looked(live, a_replica_set()).is_ready


def test_a_missed_progress_deadline_ends_nothing() -> None:
    """The wait takes the whole timeout: deployment.go, await, knows no other end."""
    progress = looked(a_deployment(available="False", progress="ProgressDeadlineExceeded"), a_replica_set(ready=0))
    assert progress.readiness is Readiness.WAITING
    assert '[ProgressDeadlineExceeded] ReplicaSet "x-1" has timed out progressing.' in progress.warnings


def test_of_init_containers_no_reason_is_known() -> None:
    """provider/pkg/await/checker/pod/check.go looks at `containerStatuses` alone, and reads no log."""
    initialized = {
        "status": "False",
        "reason": "ContainersNotInitialized",
        "message": "containers with incomplete status: [fetch]",
    }
    server = {"name": "server", "ready": False, "state": {"waiting": {"reason": "PodInitializing"}}}
    failing = {"state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off"}}, "name": "fetch"}
    pod = a_pod(server, owner="rs", initContainerStatuses=[failing], conditions={"Initialized": initialized})
    progress = looked(a_deployment(available="False"), a_replica_set(ready=0), pod)
    assert progress.reasons == (
        TOO_FEW_LIVE,
        "[MinimumReplicasUnavailable] no minimum",
        "[Pod n/x-1]: containers with incomplete status: [fetch][PodInitializing] ",
    )


def test_pods_of_an_older_revision_are_not_told() -> None:
    pod = a_pod({"name": "server", "state": {"waiting": {"reason": "CrashLoopBackOff"}}}, owner="old-rs")
    assert looked(a_deployment(), a_replica_set(ready=1), pod).warnings == ()


def test_a_deployment_waits_for_its_claims() -> None:
    """deployment.go, isEveryPVCReady: claims of its volumes, and no others."""
    data, other = an_object(CLAIM, {}, {"phase": "Pending"}, name="data"), an_object(CLAIM, name="other")
    progress = looked(a_deployment(), a_replica_set(), data, other)
    assert progress.errors == ('Failed to bind PersistentVolumeClaim(s): "data"',)
    data["status"] = {"phase": "Bound"}
    assert looked(a_deployment(), a_replica_set(), data, other).is_ready


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (
            {"name": "web", "state": {"waiting": {"reason": "ImagePullBackOff", "message": 'image "r/x:1"'}}},
            '[ImagePullBackOff] image "r/x:1"',
        ),
        ({"name": "web", "state": {"waiting": {"reason": "ContainerCreating"}}}, ""),
        (
            {"name": "web", "state": {"terminated": {"exitCode": 3, "reason": "Error"}}},
            'container "web" completed with exit code 3',
        ),
        (
            {"name": "web", "state": {"terminated": {"exitCode": 3, "reason": "Error", "message": "no model"}}},
            "[Error] no model",
        ),
        (
            {
                "name": "web",
                "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 10s"}},
                "lastState": {"terminated": {"exitCode": 137, "reason": "OOMKilled", "finishedAt": "12:00"}},
            },
            '[CrashLoopBackOff] back-off 10s\ncontainer "web" terminated at 12:00 (OOMKilled: exit code 137)',
        ),
    ],
)
def test_a_container_that_is_to_serve_tells_its_reason(status: Object, told: str) -> None:
    pod = a_pod(status, owner="rs", conditions={"Ready": not_ready("web")})
    progress = looked(a_deployment(), a_replica_set(ready=1), pod)
    assert progress.warnings == (f"[Pod n/x-1]: containers with unready status: [web]{told}",)


def test_a_pod_that_finds_no_node_is_not_told() -> None:
    """check.go, podScheduled, makes a status of it, and errorMessages keeps warnings alone."""
    scheduled = {"status": "False", "reason": "Unschedulable", "message": "0/1 nodes: memory"}
    pod = a_pod(owner="rs", conditions={"PodScheduled": scheduled})
    assert looked(a_deployment(), a_replica_set(ready=1), pod).warnings == ()


ROLLED_OUT = {
    "observedGeneration": 2,
    "replicas": 2,
    "readyReplicas": 2,
    "currentReplicas": 2,
    "currentRevision": "b",
    "updateRevision": "b",
}


@pytest.mark.parametrize(
    ("spec", "status", "said"),
    [
        ({}, {}, ()),
        ({}, {"readyReplicas": 1}, ("1 out of 2 replicas succeeded readiness checks",)),
        (
            {},
            {"currentRevision": "a", "currentReplicas": 1, "updatedReplicas": 1},
            (
                "1 out of 2 replicas succeeded readiness checks",
                'StatefulSet controller failed to advance from revision "a" to revision "b"',
            ),
        ),
        ({"updateStrategy": {"type": "OnDelete"}}, {"currentRevision": "a", "currentReplicas": 0}, ()),
    ],
)
def test_a_stateful_set_is_ready_when_all_pods_are_and_are_new(
    spec: Object, status: Object, said: tuple[str, ...]
) -> None:
    """provider/pkg/await/statefulset.go, processStatefulSetEvent and errorMessages."""
    progress = looked(an_object("apps/v1:StatefulSet", {"replicas": 2, **spec}, {**ROLLED_OUT, **status}))
    assert progress.errors == said
    assert progress.is_ready is (not said)


def test_a_stateful_set_that_the_controller_has_not_seen_is_not_ready() -> None:
    assert not looked(
        an_object("apps/v1:StatefulSet", {"replicas": 2}, {**ROLLED_OUT, "observedGeneration": 1})
    ).is_ready


def test_a_job_is_ready_when_complete() -> None:
    complete = {"startTime": "12:00", "conditions": [{"type": "Complete", "status": "True"}]}
    assert looked(an_object("batch/v1:Job", {}, complete)).is_ready
    running = looked(an_object("batch/v1:Job", {}, {"startTime": "12:00", "active": 1}))
    assert running.text == 'Waiting for Job "n/x" to succeed (Active: 1 | Succeeded: 0 | Failed: 0)'
    # One that is suspended does not start, and is waited for.
    assert looked(an_object("batch/v1:Job", {"suspend": True})).text == 'Waiting for Job "n/x" to start'


@pytest.mark.parametrize(
    ("reason", "readiness"),
    [
        ("BackoffLimitExceeded", Readiness.FAILED),
        ("DeadlineExceeded", Readiness.FAILED),
        ("PodFailurePolicy", Readiness.WAITING),
    ],
)
def test_two_reasons_end_the_wait_for_a_job(reason: str, readiness: Readiness) -> None:
    """provider/pkg/await/checker/job/check.go, collectJobConditionErrors."""
    failure = {"type": "Failed", "status": "True", "reason": reason, "message": "limit reached"}
    ended = {"name": "truth", "state": {"terminated": {"exitCode": 2, "reason": "Error", "message": "2 rows"}}}
    pod = a_pod(ended, phase="Failed", conditions={"Ready": {"status": "False", "reason": "PodFailed"}})
    job = an_object("batch/v1:Job", {}, {"startTime": "12:00", "failed": 1, "conditions": [failure]})
    progress = looked(job, pod)
    assert progress.readiness is readiness
    assert progress.warnings == ("[Pod n/x-1]: [Error] 2 rows",)
    assert progress.errors == ((f"[{reason}] limit reached",) if readiness is Readiness.FAILED else ())


def test_a_service_needs_a_pod_that_it_targets() -> None:
    """provider/pkg/await/service.go, processEndpointEvent: one that is not ready will do."""
    service = an_object("v1:Service", {"selector": {"a": "b"}, "clusterIP": "10.0.0.1"})
    assert looked(service).errors[0].startswith("Service does not target any Pods.")
    targeted = an_object("discovery.k8s.io/v1:EndpointSlice") | {"endpoints": [{"conditions": {"ready": False}}]}
    assert looked(service, targeted).is_ready
    assert not looked(an_object("v1:Service", {"clusterIP": "10.0.0.1"})).is_ready


@pytest.mark.parametrize("spec", [{"type": "ExternalName"}, {"selector": {"a": "b"}, "clusterIP": "None"}])
def test_a_service_without_endpoints_of_its_own_is_ready(spec: Object) -> None:
    assert looked(an_object("v1:Service", spec)).is_ready


def test_a_load_balancer_needs_an_address() -> None:
    service = an_object("v1:Service", {"type": "LoadBalancer", "selector": {"a": "b"}})
    targeted = an_object("discovery.k8s.io/v1:EndpointSlice") | {"endpoints": [{}]}
    assert "not allocated an IP address" in looked(service, targeted).errors[0]
    service["status"] = {"loadBalancer": {"ingress": [{"ip": "1.2.3.4"}]}}
    assert looked(service, targeted).is_ready


def a_class(mode: str) -> Object:
    return an_object("storage.k8s.io/v1:StorageClass", name="standard") | {"volumeBindingMode": mode}


@pytest.mark.parametrize(
    ("phase", "storage_class", "is_ready"),
    [
        ("Bound", a_class("Immediate"), True),
        ("Pending", a_class("Immediate"), False),
        ("Pending", a_class("WaitForFirstConsumer"), True),
        ("Bound", a_class("WaitForFirstConsumer"), False),
    ],
)
def test_a_new_claim_is_bound_unless_its_class_waits_for_a_pod(
    phase: str, storage_class: Object, is_ready: bool
) -> None:
    """provider/pkg/await/awaiters.go, untilCoreV1PersistentVolumeClaimReady."""
    claim = an_object(CLAIM, {"storageClassName": "standard"}, {"phase": phase})
    assert looked(claim, storage_class).is_ready is is_ready


def test_a_class_that_may_not_be_read_lets_the_claim_wait_for_its_pod_and_the_pod_for_the_claim() -> None:
    claim = an_object(CLAIM, {"storageClassName": "standard"}, {"phase": "Pending"})
    progress = looked(claim, a_class("WaitForFirstConsumer"), forbidden="StorageClass")
    assert not progress.is_ready
    assert progress.warnings == ('getting storageclass "standard"',)
    assert fixed_seconds(Kind("v1", "PersistentVolumeClaim")) == 300
    claim["metadata"]["annotations"] = {"pulumi.com/skipAwait": "true"}
    assert look_for(claim) is None


def test_an_updated_claim_must_be_bound() -> None:
    """https://github.com/pulumi/pulumi-kubernetes/pull/4181"""
    claim = an_object(CLAIM, {"storageClassName": "standard"}, {"phase": "Pending"})
    assert not looked(claim, a_class("WaitForFirstConsumer"), is_update=True).is_ready
    claim["status"] = {"phase": "Bound"}
    assert looked(claim, a_class("WaitForFirstConsumer"), is_update=True).is_ready


def test_a_claim_that_was_read_is_not_judged() -> None:
    claim = an_object(CLAIM, {"storageClassName": "standard"}, {"phase": "Pending"})
    assert look_once(claim, claim, FakeObserver()).is_ready


def test_a_custom_resource_is_ready_when_it_says_so() -> None:
    kind = "example.com/v1:Widget"
    assert looked(an_object(kind)).is_ready
    ready = {"type": "Ready", "status": "False", "reason": "Building", "message": "step 2"}
    assert "not Ready (Building: step 2)" in looked(an_object(kind, {}, {"conditions": [ready]})).text
    outdated = {"type": "Ready", "status": "True", "observedGeneration": 1}
    assert not looked(an_object(kind, {}, {"conditions": [outdated]})).is_ready


@pytest.mark.parametrize(
    "kind", ["v1:ConfigMap", "v1:Secret", "batch/v1:CronJob", "networking.k8s.io/v1:Ingress", "apps/v1:DaemonSet"]
)
def test_other_kinds_are_ready_by_existing(kind: str) -> None:
    assert look_for(an_object(kind)) is None
    assert look_once(an_object(kind), an_object(kind), FakeObserver()).is_ready


@pytest.mark.parametrize("kind", ["apps/v1:Deployment", "apps/v1:StatefulSet", "batch/v1:Job", "v1:Service", CLAIM])
def test_nothing_is_awaited_where_the_annotation_says_so(kind: str) -> None:
    """provider/pkg/metadata, SkipAwaitLogic."""
    assert look_for(an_object(kind)) is not None
    assert look_for(an_object(kind, annotations={"pulumi.com/skipAwait": "true"})) is None
