"""What each kind's look makes of an object and of what is around it."""

from typing import Any

import pytest

from sandbox.plugins.kubernetes.awaiters.condition import WaitForError
from sandbox.plugins.kubernetes.awaiters.json_path import JsonPathError, find, parse
from sandbox.plugins.kubernetes.awaiters.progress import Progress, Readiness
from sandbox.plugins.kubernetes.awaiters.registry import look_for, look_once
from sandbox.plugins.kubernetes.kinds import Kind
from sandbox.plugins.protocol.values import Object

UID = "11111111-1111-1111-1111-111111111111"


class FakeObserver:
    """An observer of objects that the test has written down."""

    def __init__(
        self, *objects: Object, events: list[Object] | None = None, logs: dict[str, str] | None = None
    ) -> None:
        self.objects = objects
        self.warnings = events or []
        self.logs = logs or {}

    def get(self, kind: Kind, namespace: str, name: str) -> Object | None:
        found = [each for each in self.objects if each["kind"] == kind.kind and each["metadata"]["name"] == name]
        return found[0] if found else None

    def list_objects(self, kind: Kind, namespace: str, query: dict[str, str] | None = None) -> list[Object]:
        return [each for each in self.objects if each["kind"] == kind.kind]

    def events(self, namespace: str, uid: str) -> list[Object]:
        return self.warnings

    def log_tail(self, namespace: str, pod: str, container: str, *, is_previous: bool) -> str:
        return self.logs.get(f"{pod}/{container}{'/previous' if is_previous else ''}", "")


def an_object(kind: str, spec: Object | None = None, status: Object | None = None, **metadata: Any) -> Object:
    api_version, _, name = kind.rpartition(":")
    meta = {"name": "x", "namespace": "n", "uid": UID, "generation": 2, **metadata}
    return {"apiVersion": api_version, "kind": name, "metadata": meta, "spec": spec or {}, "status": status or {}}


def a_pod(*statuses: Object, init: list[Object] | None = None, owner: str = UID, **status: Any) -> Object:
    return an_object(
        "v1:Pod",
        status={"containerStatuses": list(statuses), "initContainerStatuses": init or [], **status},
        name="x-1",
        ownerReferences=[{"uid": owner}],
    )


def looked(live: Object, *around: Object, **more: Any) -> Progress:
    return look_once(live, live, FakeObserver(*around, **more))


def current(**status: Any) -> Object:
    return {"observedGeneration": 2, **status}


DEPLOYMENT = {"replicas": 2, "selector": {"matchLabels": {"a": "b"}}}


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ({"observedGeneration": 1, "replicas": 2, "updatedReplicas": 2, "availableReplicas": 2}, "not looked at it"),
        (current(replicas=2, updatedReplicas=1, availableReplicas=2), "1 of 2 new pods"),
        (current(replicas=3, updatedReplicas=2, availableReplicas=3), "1 old pods still to go"),
        (current(replicas=2, updatedReplicas=2, availableReplicas=1), "1 of 2 pods available"),
        (current(replicas=2, updatedReplicas=2, availableReplicas=2), ""),
    ],
)
def test_a_deployment_is_ready_when_only_new_pods_serve(status: Object, said: str) -> None:
    progress = looked(an_object("apps/v1:Deployment", DEPLOYMENT, status))
    assert progress.is_ready is (not said)
    assert said in progress.text


def test_a_deployment_without_progress_has_failed_with_its_newest_pods_reason() -> None:
    condition = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}
    revision = {"deployment.kubernetes.io/revision": "2"}
    live = an_object("apps/v1:Deployment", DEPLOYMENT, current(conditions=[condition]), annotations=revision)
    newest = an_object("apps/v1:ReplicaSet", name="x-2", uid="rs", annotations=revision, ownerReferences=[{"uid": UID}])
    crash = {
        "name": "web",
        "restartCount": 3,
        "state": {"waiting": {"reason": "CrashLoopBackOff"}},
        "lastState": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}},
    }
    progress = looked(live, newest, a_pod(crash, owner="rs"), logs={"x-1/web/previous": "loading\nkilled"})
    assert progress.readiness is Readiness.FAILED
    assert "ProgressDeadlineExceeded" in progress.text
    text = progress.problems[0].text
    assert "pod x-1, container web: CrashLoopBackOff after 3 restarts: exit code 137 (OOMKilled)" in text
    assert "    loading\n    killed" in text


@pytest.mark.parametrize(
    ("changed_at", "readiness"),
    [("2026-01-01T10:00:00Z", Readiness.FAILED), ("2026-01-01T12:00:00Z", Readiness.WAITING)],
)
def test_a_deadline_that_an_older_change_missed_says_nothing(changed_at: str, readiness: Readiness) -> None:
    condition = {
        "type": "Progressing",
        "status": "False",
        "reason": "ProgressDeadlineExceeded",
        "lastUpdateTime": "2026-01-01T11:00:00Z",
    }
    live = an_object("apps/v1:Deployment", DEPLOYMENT, current(conditions=[condition]))
    live["metadata"]["managedFields"] = [
        {"manager": "pulumi", "time": changed_at},
        {"manager": "controller", "subresource": "status", "time": "2026-01-01T13:00:00Z"},
    ]
    assert looked(live).readiness is readiness


@pytest.mark.parametrize(("is_ready", "count"), [(False, 1), (True, 0)])
def test_a_container_that_is_tried_again_tells_why_it_failed_before(is_ready: bool, count: int) -> None:
    revision = {"deployment.kubernetes.io/revision": "2"}
    live = an_object("apps/v1:Deployment", DEPLOYMENT, current(), annotations=revision)
    newest = an_object("apps/v1:ReplicaSet", name="x-2", uid="rs", annotations=revision, ownerReferences=[{"uid": UID}])
    fetch = {
        "name": "fetch",
        "ready": is_ready,
        "restartCount": 2,
        "state": {"running": {"startedAt": "2026-01-01T10:00:00Z"}},
        "lastState": {"terminated": {"exitCode": 1, "message": "digest differs"}},
    }
    problems = looked(live, newest, a_pod(init=[fetch], owner="rs")).problems
    assert len(problems) == count
    said = "init container fetch: not ready after 2 restarts: exit code 1: digest differs"
    assert all(said in problem.text for problem in problems)


def test_a_quota_is_the_deployments_problem() -> None:
    failure = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": "exceeded quota: q"}
    problem = looked(an_object("apps/v1:Deployment", DEPLOYMENT, current(conditions=[failure]))).problems[0]
    assert problem.text == "FailedCreate: exceeded quota: q"
    assert problem.patience_seconds is not None


@pytest.mark.parametrize(
    ("spec", "status", "is_ready"),
    [
        ({"replicas": 2}, current(readyReplicas=2, updateRevision="b", currentRevision="b"), True),
        ({"replicas": 2}, current(readyReplicas=1, updateRevision="b", currentRevision="b"), False),
        ({"replicas": 2}, current(readyReplicas=2, updateRevision="b", currentRevision="a"), False),
        ({"replicas": 2}, {"observedGeneration": 1, "readyReplicas": 2}, False),
        ({"replicas": 2, "updateStrategy": {"type": "OnDelete"}}, current(readyReplicas=2, updateRevision="b"), True),
        (
            {"replicas": 3, "updateStrategy": {"rollingUpdate": {"partition": 2}}},
            current(readyReplicas=3, updatedReplicas=1, updateRevision="b", currentRevision="a"),
            True,
        ),
        ({"replicas": 0}, current(), True),
    ],
)
def test_a_stateful_set_is_ready_when_all_pods_are_and_are_new(spec: Object, status: Object, is_ready: bool) -> None:
    assert looked(an_object("apps/v1:StatefulSet", spec, status)).is_ready is is_ready


@pytest.mark.parametrize(
    ("status", "is_ready"),
    [
        (current(desiredNumberScheduled=2, updatedNumberScheduled=2, numberAvailable=2), True),
        (current(desiredNumberScheduled=2, updatedNumberScheduled=1, numberAvailable=2), False),
        (current(desiredNumberScheduled=2, updatedNumberScheduled=2, numberAvailable=1), False),
    ],
)
def test_a_daemon_set_is_ready_on_every_node(status: Object, is_ready: bool) -> None:
    assert looked(an_object("apps/v1:DaemonSet", {}, status)).is_ready is is_ready


def test_a_job_is_ready_when_complete_or_suspended() -> None:
    complete = {"conditions": [{"type": "Complete", "status": "True"}]}
    assert looked(an_object("batch/v1:Job", {}, complete)).is_ready
    assert looked(an_object("batch/v1:Job", {"suspend": True})).is_ready
    assert looked(an_object("batch/v1:Job", {}, {"active": 1})).text == "Job x: 0 of 1 completed, 1 active"


def test_a_failed_job_tells_the_step_its_exit_code_and_its_log() -> None:
    failed = {"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "message": "limit reached"}
    done = {"name": "ingest", "state": {"terminated": {"exitCode": 0}}}
    step = {"name": "validate", "state": {"terminated": {"exitCode": 2, "reason": "Error", "message": "2 rows"}}}
    rest = {"name": "train", "state": {"waiting": {"reason": "PodInitializing"}}}
    pod = a_pod(rest, init=[done, step])
    progress = looked(an_object("batch/v1:Job", {}, {"conditions": [failed]}), pod, logs={"x-1/validate": "bad rows"})
    assert progress.readiness is Readiness.FAILED
    assert progress.text == "Job x failed (BackoffLimitExceeded): limit reached"
    assert len(progress.problems) == 1
    assert progress.problems[0].text.startswith("pod x-1, init container validate: exit code 2: 2 rows\n")
    assert progress.problems[0].text.endswith("    bad rows")


def test_pod_security_stops_a_job_soon() -> None:
    event = {"reason": "FailedCreate", "message": 'pods "x" is forbidden: violates PodSecurity "restricted:latest"'}
    problem = looked(an_object("batch/v1:Job"), events=[event]).problems[0]
    assert "violates PodSecurity" in problem.text
    assert problem.patience_seconds is not None
    assert problem.patience_seconds <= 30


@pytest.mark.parametrize(
    ("reason", "message", "patience_seconds"),
    [
        ("ErrImageNeverPull", "not present with pull policy of Never", 0),
        ("InvalidImageName", "", 0),
        ("ImagePullBackOff", 'failed to resolve reference "r/x:1": not found', 5),
        ("ErrImagePull", "dial tcp: i/o timeout", 60),
    ],
)
def test_an_image_that_cannot_be_had_is_named(reason: str, message: str, patience_seconds: float) -> None:
    status = {"name": "web", "image": "r/x:1", "state": {"waiting": {"reason": reason, "message": message}}}
    problem = looked(a_pod(status)).problems[0]
    assert f'container web: {reason}: image "r/x:1" cannot be pulled' in problem.text
    assert problem.patience_seconds == patience_seconds


def test_an_image_that_only_an_import_brings_is_not_waited_for() -> None:
    waiting = {"reason": "ErrImagePull", "message": "dial tcp 127.0.0.1:80: connect: connection refused"}
    status = {"name": "web", "image": "localhost/pulumi-mlops/serving:1", "state": {"waiting": waiting}}
    patience_seconds = looked(a_pod(status)).problems[0].patience_seconds
    assert patience_seconds is not None
    assert patience_seconds <= 10


def test_a_pod_that_finds_no_node_says_what_the_scheduler_says() -> None:
    scheduled = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1 nodes: memory"}
    problem = looked(a_pod(conditions=[scheduled])).problems[0]
    assert problem.text == "pod x-1: not scheduled (Unschedulable): 0/1 nodes: memory"
    assert problem.patience_seconds is None


@pytest.mark.parametrize(
    ("status", "readiness"),
    [
        ({"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}, Readiness.READY),
        ({"phase": "Running", "conditions": [{"type": "Ready", "status": "False"}]}, Readiness.WAITING),
        ({"phase": "Succeeded"}, Readiness.READY),
        ({"phase": "Failed", "reason": "Evicted", "message": "disk"}, Readiness.FAILED),
    ],
)
def test_a_pod_serves_or_has_done_its_work(status: Object, readiness: Readiness) -> None:
    assert looked(an_object("v1:Pod", {}, status)).readiness is readiness


def test_a_service_needs_an_endpoint_that_is_ready() -> None:
    service = an_object("v1:Service", {"selector": {"a": "b"}, "clusterIP": "10.0.0.1"})
    assert "no pod matches" in looked(service).text
    waiting = an_object("discovery.k8s.io/v1:EndpointSlice") | {"endpoints": [{"conditions": {"ready": False}}]}
    assert "none of its 1 pods is ready" in looked(service, waiting, a_pod()).text
    assert looked(service, waiting | {"endpoints": [{"conditions": {"ready": True}}]}).is_ready


@pytest.mark.parametrize("spec", [{"type": "ExternalName"}, {"selector": {"a": "b"}, "clusterIP": "None"}, {}])
def test_a_service_without_endpoints_of_its_own_is_ready(spec: Object) -> None:
    assert looked(an_object("v1:Service", spec)).is_ready


def test_a_load_balancer_needs_an_address() -> None:
    assert "no address" in looked(an_object("v1:Service", {"type": "LoadBalancer"})).text
    status = {"loadBalancer": {"ingress": [{"ip": "1.2.3.4"}]}}
    assert looked(an_object("v1:Service", {"type": "LoadBalancer"}, status)).is_ready


def a_class(mode: str, **metadata: Any) -> Object:
    return an_object("storage.k8s.io/v1:StorageClass", name="standard", **metadata) | {"volumeBindingMode": mode}


def test_a_claim_is_bound_unless_its_class_waits_for_a_pod() -> None:
    claim = "v1:PersistentVolumeClaim"
    assert looked(an_object(claim, {}, {"phase": "Bound"})).is_ready
    named = an_object(claim, {"storageClassName": "standard"}, {"phase": "Pending"})
    assert looked(named, a_class("WaitForFirstConsumer")).is_ready
    event = {"reason": "ProvisioningFailed", "message": "no space"}
    progress = looked(named, a_class("Immediate"), events=[event])
    assert [problem.text for problem in progress.problems] == ["ProvisioningFailed: no space"]
    default = a_class("WaitForFirstConsumer", annotations={"storageclass.kubernetes.io/is-default-class": "true"})
    assert looked(an_object(claim, {}, {"phase": "Pending"}), default).is_ready
    assert not looked(an_object(claim, {"storageClassName": ""}, {"phase": "Pending"}), default).is_ready


def test_an_ingress_waits_only_for_a_controller_that_there_is() -> None:
    ingress = an_object("networking.k8s.io/v1:Ingress")
    assert looked(ingress).is_ready
    assert not looked(ingress, an_object("networking.k8s.io/v1:IngressClass")).is_ready


def test_a_definition_is_established_or_refused() -> None:
    kind = "apiextensions.k8s.io/v1:CustomResourceDefinition"
    assert looked(an_object(kind, {}, {"conditions": [{"type": "Established", "status": "True"}]})).is_ready
    refused = {"type": "NamesAccepted", "status": "False", "message": "taken"}
    assert looked(an_object(kind, {}, {"conditions": [refused]})).readiness is Readiness.FAILED


def test_a_custom_resource_is_ready_when_it_says_so() -> None:
    kind = "example.com/v1:Widget"
    assert looked(an_object(kind)).is_ready
    ready = {"type": "Ready", "status": "False", "reason": "Building", "message": "step 2"}
    assert "not Ready (Building: step 2)" in looked(an_object(kind, {}, {"conditions": [ready]})).text
    outdated = {"type": "Ready", "status": "True", "observedGeneration": 1}
    assert not looked(an_object(kind, {}, {"conditions": [outdated]})).is_ready


def test_annotations_decide_what_is_awaited() -> None:
    skipped = an_object("batch/v1:Job", annotations={"pulumi.com/skipAwait": "true"})
    assert look_for(skipped) is None
    assert look_for(an_object("v1:ConfigMap")) is None
    both = '["jsonpath={.status.phase}=Done", "condition=Ready"]'
    kind = "v1:ConfigMap"
    conditions = [{"type": "Ready", "status": "True"}]
    live = an_object(kind, {}, {"phase": "Done"}, annotations={"pulumi.com/waitFor": both})
    assert "condition=Ready" in looked(live).text
    live["status"]["conditions"] = conditions
    assert looked(live).is_ready
    with pytest.raises(WaitForError, match="expected jsonpath"):
        looked(an_object(kind, annotations={"pulumi.com/waitFor": "phase=Done"}))


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("{.a.b}", [1]),
        ("a.b", [1]),
        ("{.list[1].n}", ["y"]),
        ("{.list[-1].n}", ["y"]),
        ("{.list[*].n}", ["x", "y"]),
        ('{.list[?(@.n=="y")].v}', [2]),
        ("{.a['b']}", [1]),
        ("{.labels.example\\.com/x}", ["z"]),
        ("{.none.at.all}", []),
    ],
)
def test_paths_of_waits_find_values(path: str, found: list[object]) -> None:
    value = {
        "a": {"b": 1},
        "list": [{"n": "x", "v": 1}, {"n": "y", "v": 2}],
        "labels": {"example.com/x": "z"},
    }
    assert find(value, parse(path)) == found


@pytest.mark.parametrize("path", ["{}", "{.a[}", "{..a}", "{.a[?(@.b>1)]}"])
def test_paths_that_are_not_understood_are_refused(path: str) -> None:
    with pytest.raises(JsonPathError):
        parse(path)
