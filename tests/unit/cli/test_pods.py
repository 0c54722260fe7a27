from typing import Any

import pytest

from pulumi_mlops.cli.kubernetes.cluster import Cluster, Replicas
from pulumi_mlops.cli.kubernetes.errors import ClusterError
from pulumi_mlops.cli.kubernetes.pods import newest_in_trouble, refusal_of, trouble_of
from pulumi_mlops.cli.kubernetes.status import judge_health
from pulumi_mlops.cli.workload_status import Known, Version

SEVEN = Version(7, "sha256:" + "a" * 64)


def pod(name: str = "p", *, created: str = "2026-01-01", ready: bool = False, **status: Any) -> dict[str, Any]:
    conditions = [*status.pop("conditions", []), {"type": "Ready", "status": str(ready)}]
    return {"metadata": {"name": name, "creationTimestamp": created}, "status": {"conditions": conditions, **status}}


def container(name: str, **state: Any) -> dict[str, Any]:
    last = state.pop("last", None)
    return {"name": name, "state": state, **({"lastState": {"terminated": last}} if last else {})}


NOT_THERE = {"exitCode": 1, "reason": "Error", "message": "flight-delay 9: no such version\n"}
WAITING_SERVER = container("server", waiting={"reason": "PodInitializing"})
UNSCHEDULED = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/3 nodes: no memory"}

TROUBLE: list[tuple[dict[str, Any], str]] = [
    (
        {"initContainerStatuses": [container("fetch", terminated=NOT_THERE)], "containerStatuses": [WAITING_SERVER]},
        "pod p: fetch: flight-delay 9: no such version (exit code 1)",
    ),
    (
        {
            "initContainerStatuses": [
                container("fetch", waiting={"reason": "CrashLoopBackOff", "message": "back-off 40s"}, last=NOT_THERE)
            ]
        },
        "pod p: fetch: CrashLoopBackOff: flight-delay 9: no such version (exit code 1)",
    ),
    (
        {"initContainerStatuses": [container("fetch", waiting={"reason": "ImagePullBackOff", "message": "not found"})]},
        "pod p: fetch: ImagePullBackOff: not found",
    ),
    (
        {
            "containerStatuses": [
                container(
                    "server", waiting={"reason": "CrashLoopBackOff"}, last={"exitCode": 137, "reason": "OOMKilled"}
                )
            ]
        },
        "pod p: server: CrashLoopBackOff: OOMKilled, exit code 137",
    ),
    ({"conditions": [UNSCHEDULED]}, "pod p: Unschedulable: 0/3 nodes: no memory"),
    ({"phase": "Failed", "reason": "Evicted", "message": "low on disk"}, "pod p: Evicted: low on disk"),
    ({"initContainerStatuses": [container("fetch", running={})], "containerStatuses": [WAITING_SERVER]}, ""),
    (
        {
            "initContainerStatuses": [container("fetch", terminated={"exitCode": 0})],
            "containerStatuses": [container("server", running={})],
        },
        "",
    ),
    ({}, ""),
]


@pytest.mark.parametrize(("status", "told"), TROUBLE)
def test_a_pod_that_does_not_start_says_why(status: dict[str, Any], told: str) -> None:
    assert trouble_of(pod(**status)) == told


def test_events_tell_what_the_pod_does_not() -> None:
    events = [
        {"type": "Warning", "reason": "FailedScheduling", "message": "old", "lastTimestamp": "2026-01-01"},
        {"type": "Warning", "reason": "FailedMount", "message": "no volume", "lastTimestamp": "2026-01-02"},
        {"type": "Normal", "reason": "Pulled", "message": "image", "lastTimestamp": "2026-01-03"},
    ]
    assert trouble_of(pod(), events) == "pod p: FailedMount: no volume"
    assert trouble_of(pod(conditions=[UNSCHEDULED]), events) == "pod p: Unschedulable: 0/3 nodes: no memory"


def test_the_newest_pod_that_is_not_ready_is_asked() -> None:
    old, new, going = pod("old"), pod("new", created="2026-01-02"), pod("going", created="2026-01-03")
    going["metadata"]["deletionTimestamp"] = "now"
    assert newest_in_trouble([old, new, going, pod("ready", created="2026-01-04", ready=True)]) is new
    assert newest_in_trouble([pod(ready=True)]) is None


def test_pods_that_may_not_be_created_are_told_by_their_deployment() -> None:
    condition = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": "exceeded quota"}
    assert refusal_of({"status": {"conditions": [condition]}}) == "FailedCreate: exceeded quota"
    assert refusal_of({"status": {}}) == ""


@pytest.mark.parametrize("serving", [Known(SEVEN), Known(problem="no pod of it is ready")])
def test_the_status_says_why_a_pod_does_not_start(serving: Known[Version]) -> None:
    health = judge_health(SEVEN, serving, Known(Replicas(2, 3, 1, 1, "pod p: fetch: no such version")))
    assert "(pod p: fetch: no such version)" in (health.problem or str(health.value))


class SmallCluster(Cluster):
    def __init__(self, pods: list[dict[str, Any]]) -> None:
        self._pods = pods

    def pods(self, namespace: str, selector: Any) -> list[dict[str, Any]]:
        return self._pods

    def events_of(self, namespace: str, name: str) -> list[dict[str, Any]]:
        raise ClusterError("events is forbidden")


def test_events_that_may_not_be_read_are_no_trouble() -> None:
    assert SmallCluster([pod()]).trouble("flights", {}) == ""
    assert SmallCluster([pod(conditions=[UNSCHEDULED])]).trouble("flights", {}).startswith("pod p: Unschedulable")
