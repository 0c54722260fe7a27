from typing import Any

import pytest

from pulumi_mlops import ArgumentsError, Workload, WorkloadArgs
from tests.recording import Declaration, declare

PIPELINE_IMAGE = "localhost/pulumi-mlops/pipeline:0123456789abcdef"
SERVING_IMAGE = "localhost/pulumi-mlops/serving:0123456789abcdef"
DIGEST = "sha256:" + "a" * 64
NAME = "flight-delay"
BATCH = {"input": "s3://tables/in", "output": "s3://tables/out"}


def workload(graph: Any, **changes: Any) -> Declaration:
    args: Any = {
        "environment": "prod",
        "registry_url": "http://mlflow.flights-dev.svc.cluster.local:5000",
        "pipeline_image": PIPELINE_IMAGE,
        "serving_image": SERVING_IMAGE,
        "pipeline": {"graph": graph, "schedule": "0 4 * * 1"},
        "kubernetes": {"namespace": "flights-prod"},
        **changes,
    }
    checked: WorkloadArgs = args
    return declare(lambda: Workload(NAME, checked).outputs())


def components(declaration: Declaration) -> list[tuple[str, str, str]]:
    return [child for child in declaration.children() if child[0].startswith("mlops:")]


def test_composes_a_pipeline_and_an_endpoint(step_graph: Any) -> None:
    assert components(workload(step_graph)) == [
        ("mlops:index:KubernetesEndpoint", NAME, f"mlops:index:Workload::{NAME}"),
        ("mlops:index:KubernetesTrainingPipeline", f"{NAME}-pipeline", f"mlops:index:Workload::{NAME}"),
        ("mlops:index:Workload", NAME, ""),
    ]


def test_without_a_model_everything_but_the_endpoint_stands(step_graph: Any) -> None:
    declaration = workload(step_graph)
    assert declaration.kinds() >= {"CronJob"}
    assert "Deployment" not in declaration.kinds()
    assert declaration.result == {
        "endpoint_url": "",
        "serving_version": "",
        "serving_digest": "",
        "pipeline_name": "flight-delay-pipeline",
        "status": "waiting-for-model",
    }


def test_the_pinned_model_serves_and_is_the_next_runs_champion(step_graph: Any) -> None:
    declaration = workload(step_graph, model={"version": "7", "digest": DIGEST})
    assert declaration.result == {
        "endpoint_url": "http://flight-delay.flights-prod.svc",
        "serving_version": "7",
        "serving_digest": DIGEST,
        "pipeline_name": "flight-delay-pipeline",
        "status": "serving",
    }
    step = declaration.one("CronJob").inputs["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]
    environment = {one["name"]: one.get("value") for one in step["env"]}
    assert environment["MLOPS_CHAMPION"] == f'{{"digest":"{DIGEST}","version":"7"}}'
    assert environment["MLOPS_WORKLOAD"] == NAME
    assert environment["MLOPS_ENVIRONMENT"] == "prod"
    assert step["image"] == PIPELINE_IMAGE
    server = declaration.one("Deployment").inputs["spec"]["template"]["spec"]["containers"][0]
    assert server["image"] == SERVING_IMAGE


def test_settings_reach_the_component_that_they_are_for(step_graph: Any) -> None:
    declaration = workload(
        step_graph,
        model={"version": "7", "digest": DIGEST},
        endpoint={"replicas_min": 2, "replicas_max": 6, "kubernetes": {"cpu": "300m", "memory": "1Gi"}},
        tags={"owner": "team-flights"},
    )
    scaler = declaration.one("HorizontalPodAutoscaler").inputs["spec"]
    assert (scaler["minReplicas"], scaler["maxReplicas"]) == (2, 6)
    server = declaration.one("Deployment").inputs["spec"]["template"]["spec"]["containers"][0]
    assert server["resources"]["requests"].items() >= {"cpu": "300m", "memory": "1Gi"}.items()
    assert declaration.one("CronJob").inputs["spec"]["schedule"] == "0 4 * * 1"
    for resource in declaration.resources:
        if resource.type.startswith("kubernetes:"):
            assert resource.inputs["metadata"]["labels"]["pulumi-mlops.dev/owner"] == "team-flights"


def test_fails_when_arguments_are_wrong(step_graph: Any) -> None:
    with pytest.raises(ArgumentsError) as caught:
        workload(step_graph, pipeline={"schedule": 4}, endpoint={"replicas": 2})
    for text in (
        "3 problems",
        "pipeline.graph: got nothing",
        "pipeline.schedule: got 4",
        "endpoint.replicas: got an unknown key",
    ):
        assert text in str(caught.value)


def test_everything_wrong_with_its_parts_is_said_at_once_and_under_its_own_path(step_graph: Any) -> None:
    with pytest.raises(ArgumentsError) as caught:
        workload(
            step_graph,
            registry_url="mlflow",
            pipeline_image="pipeline:latest",
            serving_image="serving:latest",
            model={"version": "latest", "digest": DIGEST},
            pipeline={"graph": step_graph, "schedule": "every monday"},
            endpoint={"replicas_min": 0, "kubernetes": {"memory": "lots"}},
            kubernetes={"namespace": "Flights"},
        )
    assert str(caught.value).startswith("Workload 'flight-delay': 8 problems")
    assert sorted(problem.path for problem in caught.value.problems) == [
        "endpoint.kubernetes.memory",
        "endpoint.replicas_min",
        "kubernetes.namespace",
        "model.version",
        "pipeline.schedule",
        "pipeline_image",
        "registry_url",
        "serving_image",
    ]


def test_a_name_that_does_not_fit_is_said_once(step_graph: Any) -> None:
    args: Any = {
        "environment": "prod",
        "registry_url": "http://mlflow.flights-dev.svc:5000",
        "pipeline_image": PIPELINE_IMAGE,
        "serving_image": SERVING_IMAGE,
        "pipeline": {"graph": step_graph},
        "kubernetes": {"namespace": "flights-prod"},
    }
    with pytest.raises(ArgumentsError, match=r"Workload 'Flights': 1 problem") as caught:
        declare(lambda: Workload("Flights", args).outputs())
    assert [problem.path for problem in caught.value.problems] == ["name"]


def test_a_model_of_another_name_is_served_and_registered_under_that(step_graph: Any) -> None:
    model = {"version": "7", "digest": DIGEST}
    declaration = workload(step_graph, model_name="delays", model=model, batch=BATCH)
    server = declaration.one("Deployment").inputs
    assert server["metadata"]["name"] == NAME
    assert server["metadata"]["labels"]["pulumi-mlops.dev/workload"] == NAME
    pod = server["spec"]["template"]["spec"]
    assert pod["containers"][0]["readinessProbe"]["httpGet"]["path"] == "/v2/models/delays/ready"
    jobs = {
        job.inputs["metadata"]["name"]: job.inputs["spec"]["jobTemplate"]["spec"]["template"]["spec"]
        for job in declaration.resources
        if job.type.endswith(":CronJob")
    }
    (step, *_) = jobs[f"{NAME}-pipeline"]["containers"]
    environment = {one["name"]: one.get("value") for one in step["env"]}
    assert (environment["MLOPS_WORKLOAD"], environment["MLOPS_MODEL_NAME"]) == (NAME, "delays")
    for fetched in (pod, jobs[f"{NAME}-batch"]):
        (fetch, *_) = fetched["initContainers"]
        assert fetch["command"][fetch["command"].index("--model") + 1] == "delays"


def test_a_models_name_that_does_not_fit_is_said_once(step_graph: Any) -> None:
    with pytest.raises(ArgumentsError) as caught:
        workload(step_graph, model_name="Delays")
    assert [problem.path for problem in caught.value.problems] == ["model_name"]
