"""vLLM beside an endpoint's server. It has been rendered and checked against Kubernetes' schema, and not run."""

from typing import Any

import pytest

from mlops_runtime.language_model.contract import VLLM_WEIGHTS
from pulumi_mlops import ArgumentsError
from pulumi_mlops._shared.kubernetes.scheduling.render import SHARED_MEMORY_FOLDER
from pulumi_mlops.endpoint.kubernetes.vllm.render import ADDRESS, WEIGHTS
from tests import kubernetes_documents
from tests.unit.endpoint.kubernetes_declaration import PLACE, container, endpoint

IMAGE = "registry.example/vllm/vllm-openai@sha256:" + "d" * 64
BESIDE: dict[str, Any] = {
    **PLACE,
    "accelerator": {"count": 2, "memory_gib": 24},
    "shared_memory_gib": 8,
    "model_volume_gib": 40,
    "vllm": {"image": IMAGE, "memory": "32Gi", "context_tokens": 8192, "sequences_max": 32, "dtype": "bfloat16"},
}


def changed(**vllm: Any) -> dict[str, Any]:
    return {**BESIDE, "vllm": {**BESIDE["vllm"], **vllm}}


def test_every_object_is_kubernetes_own_and_no_pod_is_weaker_for_it() -> None:
    declaration = endpoint(kubernetes=BESIDE)
    for document in kubernetes_documents.objects(declaration.resources):
        kubernetes_documents.check_schema(document)
        for pod in kubernetes_documents.pod_specs(document):
            assert kubernetes_documents.weaknesses(pod) == []


def test_the_engine_is_started_with_the_settings_on_the_pods_own_address() -> None:
    engine = container(endpoint(kubernetes=BESIDE), "Deployment", "vllm")
    assert engine["image"] == IMAGE
    assert " ".join(engine["command"]) == (
        "vllm serve /model/weights --host 127.0.0.1 --port 8000 --served-model-name flight-delay"
        " --load-format safetensors --seed 0 --tensor-parallel-size 2 --dtype bfloat16 --kv-cache-dtype auto"
        " --gpu-memory-utilization 0.9 --max-model-len 8192 --max-num-seqs 32"
    )
    assert f"/model/{VLLM_WEIGHTS}" == WEIGHTS
    assert "ports" not in engine


def test_further_arguments_are_passed_on() -> None:
    kubernetes = changed(enforce_eager=True, cache_dtype="fp8", batched_tokens_max=4096, accelerator_memory_percent=85)
    command = " ".join(container(endpoint(kubernetes=kubernetes), "Deployment", "vllm")["command"])
    for words in (
        "--enforce-eager",
        "--kv-cache-dtype fp8",
        "--max-num-batched-tokens 4096",
        "--gpu-memory-utilization 0.85",
    ):
        assert words in command


def test_the_engine_has_the_accelerators_and_the_server_in_front_the_callers() -> None:
    declaration = endpoint(kubernetes=BESIDE, rollout_timeout_seconds=1805)
    engine, server = (container(declaration, "Deployment", name) for name in ("vllm", "server"))
    assert engine["resources"]["limits"] == {"memory": "32Gi", "nvidia.com/gpu": "2"}
    assert "nvidia.com/gpu" not in str(server["resources"])
    mounts = [{mount["mountPath"] for mount in each["volumeMounts"]} for each in (engine, server)]
    assert SHARED_MEMORY_FOLDER in mounts[0]
    assert SHARED_MEMORY_FOLDER not in mounts[1]
    assert {mount["mountPath"]: mount.get("readOnly") for mount in engine["volumeMounts"]}["/model"] is True
    command = server["command"]
    assert command[command.index("--engine-address") + 1] == ADDRESS
    assert command[command.index("--engine-start-seconds") + 1] == "1805"
    # As long as the rollout may take, and no less.
    probe = engine["startupProbe"]
    assert probe["periodSeconds"] * probe["failureThreshold"] == 1810
    assert [port["port"] for port in declaration.one("Service").inputs["spec"]["ports"]] == [80]


def test_the_model_is_fetched_and_held_against_what_the_engine_takes() -> None:
    command = container(endpoint(kubernetes=BESIDE), "Deployment", "fetch")["command"]
    assert command[command.index("--accelerator-memory-mib") + 1] == str(2 * 24 * 1024 * 90 // 100)


def test_nothing_is_fetched_or_reported_by_the_engine() -> None:
    engine = container(endpoint(kubernetes=BESIDE), "Deployment", "vllm")
    variables = {each["name"]: each["value"] for each in engine["env"]}
    assert variables["HF_HUB_OFFLINE"] == variables["VLLM_NO_USAGE_STATS"] == "1"
    writable = {mount["mountPath"] for mount in engine["volumeMounts"] if not mount.get("readOnly")}
    assert variables["HOME"] in writable


def test_without_it_nothing_changes() -> None:
    plain = endpoint().one("Deployment").inputs["spec"]["template"]["spec"]
    assert [each["name"] for each in plain["containers"]] == ["server"]
    assert "engine" not in str(plain)


@pytest.mark.parametrize(
    ("changes", "path", "told"),
    [
        ({"kubernetes": {**BESIDE, "accelerator": None}}, "kubernetes.vllm", "vLLM runs on accelerators"),
        ({"kubernetes": {**BESIDE, "shared_memory_gib": None}}, "kubernetes.shared_memory_gib", "64 MiB are few"),
        (
            {"kubernetes": {**BESIDE, "shared_memory_gib": 32}},
            "kubernetes.shared_memory_gib",
            "less than",
        ),
        ({"kubernetes": BESIDE, "replicas_max": 3}, "replicas_max", "does not tell an accelerator's load"),
        ({"kubernetes": changed(image="vllm/vllm-openai:latest")}, "kubernetes.vllm.image", "pinned by digest"),
        ({"kubernetes": changed(dtype="int4")}, "kubernetes.vllm.dtype", "one of auto, float16, bfloat16, float32"),
        ({"kubernetes": changed(context_tokens=8)}, "kubernetes.vllm.context_tokens", "64 to 1048576"),
        ({"kubernetes": changed(accelerator_memory_percent=100)}, "kubernetes.vllm.accelerator_memory_percent", "98"),
        ({"kubernetes": changed(trust_remote_code=True)}, "kubernetes.vllm.trust_remote_code", "one of accelerator_"),
    ],
)
def test_fails_where_the_engine_would(changes: dict[str, Any], path: str, told: str) -> None:
    with pytest.raises(ArgumentsError) as caught:
        endpoint(**changes)
    (problem,) = caught.value.problems
    assert problem.path == path
    assert told in str(problem)
