"""Where an endpoint's pods run, and what a model has to fit."""

from typing import Any

import pytest

from pulumi_mlops import ArgumentsError
from pulumi_mlops._shared.kubernetes.scheduling.render import SHARED_MEMORY_FOLDER
from tests import kubernetes_documents
from tests.unit.endpoint.kubernetes_declaration import ACCELERATED, PLACE, container, endpoint
from tests.unit.kubernetes_scheduling import BAD_SCHEDULING, SCHEDULED, SCHEDULING


def test_pods_run_where_they_are_told_to_and_the_check_where_they_run() -> None:
    declaration = endpoint(kubernetes={**PLACE, **SCHEDULING})
    for kind in ("Deployment", "Job"):
        pod = declaration.one(kind).inputs["spec"]["template"]["spec"]
        assert {key: pod[key] for key in SCHEDULED} == SCHEDULED
    plain = endpoint().one("Deployment").inputs["spec"]["template"]["spec"]
    assert SCHEDULED.keys().isdisjoint(plain)


def test_accelerators_are_the_servers_alone_and_requested_whole() -> None:
    declaration = endpoint(kubernetes=ACCELERATED)
    resources = container(declaration, "Deployment", "server")["resources"]
    assert resources["requests"] | {"ephemeral-storage": ""} == {
        "cpu": "500m",
        "memory": "16Gi",
        "nvidia.com/gpu": "2",
        "ephemeral-storage": "",
    }
    assert resources["limits"] == {"memory": "16Gi", "nvidia.com/gpu": "2"}
    for kind, name in (("Deployment", "fetch"), ("Job", "fetch"), ("Job", "check")):
        assert "nvidia.com/gpu" not in str(container(declaration, kind, name)["resources"])


def test_a_pod_with_accelerators_is_scaled_by_its_cpu_as_one_without() -> None:
    plain, accelerated = (
        declaration.one("HorizontalPodAutoscaler").inputs["spec"]
        for declaration in (endpoint(replicas_max=3), endpoint(replicas_max=3, kubernetes=ACCELERATED))
    )
    assert accelerated == plain


def test_shared_memory_is_the_servers_and_takes_nothing_of_the_disk() -> None:
    declaration = endpoint(kubernetes=ACCELERATED)
    pod = declaration.one("Deployment").inputs["spec"]["template"]["spec"]
    volume = {"name": "shared-memory-8gi", "emptyDir": {"medium": "Memory", "sizeLimit": "8Gi"}}
    assert volume in pod["volumes"]
    (mount,) = [each for each in pod["containers"][0]["volumeMounts"] if each["mountPath"] == SHARED_MEMORY_FOLDER]
    assert mount["name"] == volume["name"]
    assert kubernetes_documents.disk_reserved(pod) == 4 * 1024 + 256
    assert SHARED_MEMORY_FOLDER not in str(pod["initContainers"])
    assert volume not in declaration.one("Job").inputs["spec"]["template"]["spec"]["volumes"]


def test_a_pod_whose_shared_memory_is_all_of_its_memory_is_found() -> None:
    """The gate's own bad case: an object that no declaration makes."""
    pod = endpoint(kubernetes=ACCELERATED).one("Deployment").inputs["spec"]["template"]["spec"]
    server = pod["containers"][0]
    assert kubernetes_documents.weaknesses(pod) == []
    server["resources"]["limits"] = {"memory": "8Gi", "nvidia.com/gpu": "1"}
    assert kubernetes_documents.weaknesses(pod) == [
        "server: nvidia.com/gpu: requests 2 and is limited to 1",
        "server: may write 8192 Mi to volumes in memory, of 8Gi that it has",
    ]


@pytest.mark.parametrize(
    ("kubernetes", "cache_gib", "room"),
    [
        ({}, 0, ["--volume-mib", "4096", "--memory-mib", "512", "--cache-mib", "0"]),
        ({"memory": "8Gi"}, 3, ["--volume-mib", "4096", "--memory-mib", "8192", "--cache-mib", "3072"]),
        (
            {"model_volume_gib": 40, "accelerator": {"count": 2, "memory_gib": 24}},
            6,
            ["--volume-mib", "40960", "--accelerator-memory-mib", "49152", "--cache-mib", "6144"],
        ),
        # Whose memory is not said: nothing can be held against it.
        ({"accelerator": {}}, 600, ["--volume-mib", "4096", "--cache-mib", "614400"]),
    ],
)
def test_the_model_is_held_against_what_the_pod_was_given(
    kubernetes: dict[str, Any], cache_gib: int, room: list[str]
) -> None:
    declaration = endpoint(model_cache_gib=cache_gib, kubernetes={**PLACE, **kubernetes})
    command = container(declaration, "Deployment", "fetch")["command"]
    assert command[command.index("--volume-mib") :] == room


@pytest.mark.parametrize(("kubernetes", "text"), BAD_SCHEDULING)
def test_fails_where_kubernetes_would_refuse_the_pods(kubernetes: dict[str, Any], text: str) -> None:
    with pytest.raises(ArgumentsError) as caught:
        endpoint(kubernetes={**PLACE, **kubernetes})
    (problem,) = caught.value.problems
    assert text in str(problem)
