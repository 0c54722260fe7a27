import json
import math
from typing import Any

import pulumi
import pytest

from mlops_runtime.settings import settings_from_environment
from pulumi_mlops import ArgumentsError, KubernetesTrainingPipeline, KubernetesTrainingPipelineArgs
from pulumi_mlops._shared.kubernetes.scheduling.render import SHARED_MEMORY_FOLDER
from tests import kubernetes_documents
from tests.recording import Declaration, declare
from tests.unit.kubernetes_scheduling import BAD_SCHEDULING, SCHEDULED, SCHEDULING

IMAGE = "localhost/pulumi-mlops/pipeline:0123456789abcdef"
DIGEST = "sha256:" + "a" * 64
REGISTRY_URL = "http://mlflow.flights-dev.svc.cluster.local:5000"
NAME = "flight-delay-pipeline"
COMPONENT = f"mlops:index:KubernetesTrainingPipeline::{NAME}"

ACCELERATED: dict[str, Any] = {
    "namespace": "flights-dev",
    **SCHEDULING,
    "resources": {
        "train": {"memory": "32Gi", "shared_memory_gib": 16, "accelerator": {"resource": "amd.com/gpu", "count": 4}},
        "evaluate": {"memory": "4Gi", "shared_memory_gib": 2},
    },
}


def arguments(graph: Any, **changes: Any) -> KubernetesTrainingPipelineArgs:
    args: Any = {
        "graph": graph,
        "image": IMAGE,
        "registry_url": REGISTRY_URL,
        "environment": "dev",
        "model_name": "flight-delay",
        "kubernetes": {"namespace": "flights-dev"},
        **changes,
    }
    checked: KubernetesTrainingPipelineArgs = args
    return checked


def pipeline(graph: Any, **changes: Any) -> Declaration:
    return declare(lambda: KubernetesTrainingPipeline(NAME, arguments(graph, **changes)).pipeline_name)


def cron_job(declaration: Declaration) -> dict[str, Any]:
    spec = declaration.one("CronJob").inputs["spec"]
    assert isinstance(spec, dict)
    return spec


def steps(declaration: Declaration) -> list[dict[str, Any]]:
    pod = cron_job(declaration)["jobTemplate"]["spec"]["template"]["spec"]
    return [*pod.get("initContainers", []), *pod["containers"]]


def environment(declaration: Declaration) -> dict[str, Any]:
    return {one["name"]: one.get("value", one.get("valueFrom")) for one in steps(declaration)[0]["env"]}


def test_declares_exactly_these_children(step_graph: Any) -> None:
    declaration = pipeline(step_graph)
    assert declaration.children() == [
        ("kubernetes:batch/v1:CronJob", NAME, COMPONENT),
        ("kubernetes:core/v1:ServiceAccount", NAME, COMPONENT),
        ("kubernetes:networking.k8s.io/v1:NetworkPolicy", NAME, COMPONENT),
        ("mlops:index:KubernetesTrainingPipeline", NAME, ""),
    ]
    assert declaration.result == NAME


def test_every_object_has_the_form_that_kubernetes_asks_for(step_graph: Any) -> None:
    full = pipeline(
        step_graph,
        schedule="0 4 * * 1",
        parameters={"horizon_days": 7},
        gate={"metric": "mae_minutes", "max": 13.0},
        champion={"version": "7", "digest": DIGEST},
        tags={"owner": "team-flights"},
        kubernetes={"namespace": "flights-dev", "allowed_egress_cidrs": ["10.0.0.0/8"]},
    )
    accelerated = pipeline(step_graph, kubernetes=ACCELERATED)
    declared = [*full.resources, *accelerated.resources, *pipeline(step_graph).resources]
    for document in kubernetes_documents.objects(declared):
        kubernetes_documents.check_schema(document)
        for pod in kubernetes_documents.pod_specs(document):
            assert kubernetes_documents.weaknesses(pod) == []


def test_steps_run_one_after_the_other_and_share_a_workspace(step_graph: Any) -> None:
    declaration = pipeline(step_graph, workspace_gib=3)
    pod = cron_job(declaration)["jobTemplate"]["spec"]["template"]["spec"]
    assert [step["name"] for step in pod["initContainers"]] == ["ingest", "train"]
    assert [step["name"] for step in pod["containers"]] == ["evaluate"]
    assert {"name": "workspace", "emptyDir": {"sizeLimit": "3Gi"}} in pod["volumes"]
    for step in steps(declaration):
        assert step["command"] == [
            *("python", "-m", "mlops_runtime", "step", "--graph", "example.graph:GRAPH"),
            *("--step", step["name"], "--workspace", "/workspace"),
        ]
        assert {"name": "workspace", "mountPath": "/workspace"} in step["volumeMounts"]
        assert step["env"] == steps(declaration)[0]["env"]


def test_a_graph_of_one_step_has_no_init_containers(step_graph: Any) -> None:
    alone = {**step_graph, "steps": step_graph["steps"][:1]}
    assert [step["name"] for step in steps(pipeline(alone))] == ["ingest"]


def test_each_step_has_limits_of_its_own(step_graph: Any) -> None:
    given = {"train": {"memory": "4Gi"}, "evaluate": {"cpu": "500m"}}
    limited = pipeline(step_graph, kubernetes={"namespace": "flights-dev", "resources": given})
    limits = {step["name"]: step["resources"]["limits"] for step in steps(limited)}
    assert limits == {
        "ingest": {"cpu": "1", "memory": "1Gi"},
        "train": {"cpu": "2", "memory": "4Gi"},
        "evaluate": {"cpu": "500m", "memory": "1Gi"},
    }


def test_a_run_is_scheduled_where_it_is_told_to(step_graph: Any) -> None:
    pod = cron_job(pipeline(step_graph, kubernetes=ACCELERATED))["jobTemplate"]["spec"]["template"]["spec"]
    assert {key: pod[key] for key in SCHEDULED} == SCHEDULED
    plain = cron_job(pipeline(step_graph))["jobTemplate"]["spec"]["template"]["spec"]
    assert SCHEDULED.keys().isdisjoint(plain)


def test_each_step_has_its_own_accelerators_and_shared_memory(step_graph: Any) -> None:
    declaration = pipeline(step_graph, kubernetes=ACCELERATED)
    ingest, train, evaluate = steps(declaration)
    assert train["resources"]["limits"] == {"cpu": "2", "memory": "32Gi", "amd.com/gpu": "4"}
    assert train["resources"]["requests"] == {"cpu": "500m", "memory": "32Gi", "amd.com/gpu": "4"}
    assert "amd.com/gpu" not in str([ingest["resources"], evaluate["resources"]])
    shared = [
        [mount["name"] for mount in step["volumeMounts"] if mount["mountPath"] == SHARED_MEMORY_FOLDER]
        for step in (ingest, train, evaluate)
    ]
    assert shared == [[], ["shared-memory-16gi"], ["shared-memory-2gi"]]
    volumes = cron_job(declaration)["jobTemplate"]["spec"]["template"]["spec"]["volumes"]
    in_memory = [volume for volume in volumes if volume["emptyDir"].get("medium") == "Memory"]
    assert [volume["emptyDir"]["sizeLimit"] for volume in in_memory] == ["2Gi", "16Gi"]


@pytest.mark.parametrize(("kubernetes", "text"), BAD_SCHEDULING)
def test_fails_where_kubernetes_would_refuse_the_pod(step_graph: Any, kubernetes: dict[str, Any], text: str) -> None:
    with pytest.raises(ArgumentsError) as caught:
        pipeline(step_graph, kubernetes={"namespace": "flights-dev", **kubernetes})
    (problem,) = caught.value.problems
    assert text in str(problem)


def test_a_run_is_never_two_runs(step_graph: Any) -> None:
    spec = cron_job(pipeline(step_graph, run_timeout_seconds=600))
    assert spec["concurrencyPolicy"] == "Forbid"
    job = spec["jobTemplate"]["spec"]
    assert (job["backoffLimit"], job["activeDeadlineSeconds"]) == (0, 600)
    # A policy on failures asks for pods that are never started again where they are.
    assert job["template"]["spec"]["restartPolicy"] == "Never"
    (rule,) = job["podFailurePolicy"]["rules"]
    assert rule == {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]}
    assert job["template"]["spec"]["restartPolicy"] == "Never"


def test_runs_on_its_schedule_in_utc(step_graph: Any) -> None:
    spec = cron_job(pipeline(step_graph, schedule="0 4 * * 1"))
    assert (spec["schedule"], spec["timeZone"], spec["suspend"]) == ("0 4 * * 1", "Etc/UTC", False)


def test_without_a_schedule_it_runs_only_when_asked(step_graph: Any) -> None:
    spec = cron_job(pipeline(step_graph))
    assert (spec["schedule"], spec["suspend"]) == ("0 0 31 2 *", True)


def test_a_step_knows_what_its_run_is_about(step_graph: Any) -> None:
    variables = environment(
        pipeline(
            step_graph,
            parameters={"rate": 0.5, "horizon_days": 7},
            gate={"metric": "mae_minutes", "max": 13.0},
            champion={"version": "7", "digest": DIGEST},
        )
    )
    assert variables["MLFLOW_TRACKING_URI"] == REGISTRY_URL
    assert variables["MLOPS_WORKLOAD"] == "flight-delay"
    assert variables["MLOPS_ENVIRONMENT"] == "dev"
    assert variables["MLOPS_IMAGE"] == IMAGE
    assert json.loads(variables["MLOPS_PARAMETERS"]) == {"horizon_days": 7, "rate": 0.5}
    assert json.loads(variables["MLOPS_GATE"]) == {"metric": "mae_minutes", "max": 13.0}
    assert json.loads(variables["MLOPS_CHAMPION"]) == {"version": "7", "digest": DIGEST}
    assert variables["MLOPS_RUN_NAME"] == {"fieldRef": {"fieldPath": "metadata.labels['batch.kubernetes.io/job-name']"}}
    by = {"fieldPath": "metadata.annotations['pulumi-mlops.dev/started-by']"}
    assert variables["MLOPS_STARTED_BY"] == {"fieldRef": by}


def test_a_step_knows_which_formats_may_run_code(step_graph: Any) -> None:
    variables = environment(pipeline(step_graph, allow_code_formats=["torch.save", "joblib", "joblib"]))
    assert settings_from_environment(variables, "graph").allow_code_formats == ("joblib", "torch.save")
    with pytest.raises(ArgumentsError, match=r"allow_code_formats.*'dill'"):
        pipeline(step_graph, allow_code_formats=["dill"])


def test_what_is_not_set_is_not_passed_on(step_graph: Any) -> None:
    variables = environment(pipeline(step_graph))
    assert variables["MLOPS_PARAMETERS"] == "{}"
    assert not {"MLOPS_GATE", "MLOPS_CHAMPION", "MLOPS_ALLOW_CODE_FORMATS"} & set(variables)


def test_another_parameter_is_another_pipeline_object_in_place(step_graph: Any) -> None:
    before, after = (pipeline(step_graph, parameters={"horizon_days": days}).one("CronJob") for days in (7, 8))
    assert before.inputs["metadata"] == after.inputs["metadata"]
    assert before.inputs["spec"] != after.inputs["spec"]


def test_whole_numbers_stay_whole_on_their_way_through_other_languages(step_graph: Any) -> None:
    variables = environment(pipeline(step_graph, parameters={"horizon_days": 7.0}, workspace_gib=2.0))
    assert variables["MLOPS_PARAMETERS"] == '{"horizon_days":7}'


def test_parameters_may_be_outputs(step_graph: Any) -> None:
    def program() -> None:
        days = pulumi.Output.from_input(7)
        KubernetesTrainingPipeline(NAME, arguments(step_graph, parameters={"horizon_days": days}))

    assert environment(declare(program))["MLOPS_PARAMETERS"] == '{"horizon_days":7}'


def test_annotations_stand_on_the_pod_of_a_run(step_graph: Any) -> None:
    annotations = {"sidecar.istio.io/inject": "false"}
    spec = cron_job(pipeline(step_graph, kubernetes={"namespace": "flights-dev", "pod_annotations": annotations}))
    run = spec["jobTemplate"]["spec"]["template"]["metadata"]
    assert run["annotations"] == annotations
    assert run["labels"] == spec["jobTemplate"]["metadata"]["labels"]


def test_a_run_reaches_the_registry_dns_and_what_is_allowed(step_graph: Any) -> None:
    policy = pipeline(step_graph, kubernetes={"namespace": "flights-dev", "allowed_egress_cidrs": ["10.1.0.0/16"]}).one(
        "NetworkPolicy"
    )
    spec = policy.inputs["spec"]
    assert spec["ingress"] == []
    assert [rule.get("to") for rule in spec["egress"]] == [
        None,  # DNS
        [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "flights-dev"}}}],
        [{"ipBlock": {"cidr": "10.1.0.0/16"}}],
    ]
    pod_labels = cron_job(pipeline(step_graph))["jobTemplate"]["spec"]["template"]["metadata"]["labels"]
    assert spec["podSelector"]["matchLabels"].items() <= pod_labels.items()


DEV = {"namespace": "dev"}
BAD: list[tuple[dict[str, Any], list[str]]] = [
    (
        {"kubernetes": {"namespace": "a", "resources": {"train": {"shared_memory_gib": 64}}}},
        ["kubernetes.resources.train.shared_memory_gib: got 64, expected less than the container's memory"],
    ),
    (
        {"kubernetes": {"namespace": "a", "resources": {"train": {"accelerator": {"resource": "cpu"}}}}},
        ["kubernetes.resources.train.accelerator.resource: got 'cpu', expected the name of an extended resource"],
    ),
    ({"parameters": {"horizon": 7}}, ["parameters.horizon: got an unknown key", "horizon_days, month, rate"]),
    ({"parameters": {"horizon_days": "7"}}, ["parameters.horizon_days: got '7', expected a value of type integer"]),
    ({"parameters": {"horizon_days": True}}, ["parameters.horizon_days: got True"]),
    ({"parameters": {"rate": math.inf}}, ["parameters.rate: got inf, expected a finite number"]),
    ({"gate": {"metric": "mae_minutes", "max": math.nan}}, ["gate.max: got nan, expected a number"]),
    ({"parameters": {"horizon_days": 7.5}}, ["parameters.horizon_days: got 7.5"]),
    ({"gate": {"metric": "mae_minutes"}}, ["gate: got", "exactly one of max and min"]),
    ({"gate": {"metric": "mae_minutes", "max": 1, "min": 0}}, ["exactly one of max and min"]),
    ({"gate": {"metric": "accuracy", "min": 0.9}}, ["gate.metric: got 'accuracy'", "(mae_minutes)"]),
    ({"schedule": "every monday"}, ["schedule: got 'every monday': "]),
    ({"kubernetes": {**DEV, "resources": {"tune": {"cpu": "1"}}}}, ["resources.tune", "ingest, train, evaluate"]),
    ({"kubernetes": {**DEV, "resources": {"train": {"cpu": "many"}}}}, ["resources.train.cpu: got 'many'"]),
    (
        {"kubernetes": {**DEV, "resources": {"train": {"gpu": "1"}}}},
        ["resources.train.gpu: got an unknown key, expected one of accelerator, cpu, memory"],
    ),
    ({"champion": {"version": "7", "digest": "abc"}}, ["champion.digest: got 'abc'"]),
    ({"graph": {"steps": []}}, ["graph: got {'steps': []}, expected a step graph"]),
    (
        {"image": "pipeline:latest", "workspace_gib": 0, "kubernetes": {}},
        ["3 problems", "image:", "workspace_gib: got 0", "kubernetes.namespace: got nothing"],
    ),
]


@pytest.mark.parametrize(("changes", "texts"), BAD)
def test_fails_when_arguments_are_wrong(step_graph: Any, changes: dict[str, Any], texts: list[str]) -> None:
    with pytest.raises(ArgumentsError) as caught:
        pipeline(**{"graph": step_graph, **changes})
    for text in texts:
        assert text in str(caught.value)


def test_secrets_are_variables_of_every_step_by_their_name_alone(step_graph: Any) -> None:
    place = {"namespace": "flights-dev", "environment_secret_names": ["warehouse", "feeds"]}
    named = [{"secretRef": {"name": "warehouse"}}, {"secretRef": {"name": "feeds"}}]
    declaration = pipeline(step_graph, kubernetes=place)
    assert [step["envFrom"] for step in steps(declaration)] == [named] * len(steps(declaration))
    for document in kubernetes_documents.objects(declaration.resources):
        kubernetes_documents.check_schema(document)
    with pytest.raises(ArgumentsError, match=r"kubernetes.environment_secret_names\[0\]"):
        pipeline(step_graph, kubernetes={"namespace": "flights-dev", "environment_secret_names": ["Not a name"]})
