"""A workload on SageMaker: exactly what it declares, and everything that is wrong with it, told at once."""

import json
from typing import Any

import pytest

from flight_delay.graph import GRAPH
from pulumi_mlops import ArgumentsError, Workload, WorkloadArgs
from tests.recording import Declaration, declare

ACCOUNT = "123456789012"
ECR = f"{ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/mlops"
DIGEST = "sha256:" + "a" * 64
GROUP = "arn:aws:sagemaker:eu-west-1:210987654321:model-package-group/flights-dev-flight-delay"
NAME = "flight-delay"
MODEL = {"version": "7", "digest": DIGEST}
PLACE: dict[str, Any] = {
    "account_id": ACCOUNT,
    "region": "eu-west-1",
    "namespace": "flights-prod",
    "bucket_name": "flights-prod-data",
}
WHOLE = f"mlops:index:Workload::{NAME}"
REGISTRY = f"mlops:index:SageMakerModelRegistry::{NAME}-registry"
PIPELINE = f"mlops:index:SageMakerTrainingPipeline::{NAME}-pipeline"
ENDPOINT = f"mlops:index:SageMakerEndpoint::{NAME}"
OF_REGISTRY = [
    ("aws:sagemaker/modelPackageGroup:ModelPackageGroup", f"{NAME}-registry", REGISTRY),
    ("mlops:index:SageMakerModelRegistry", f"{NAME}-registry", WHOLE),
    ("pulumi-python:dynamic/mlops:RegisteredVersions", f"{NAME}-registry-versions", REGISTRY),
]
OF_PIPELINE = [
    ("aws:iam/role:Role", f"{NAME}-pipeline-execution", PIPELINE),
    ("aws:iam/role:Role", f"{NAME}-pipeline-jobs", PIPELINE),
    ("aws:iam/rolePolicy:RolePolicy", f"{NAME}-pipeline-execution", PIPELINE),
    ("aws:iam/rolePolicy:RolePolicy", f"{NAME}-pipeline-jobs", PIPELINE),
    ("aws:sagemaker/pipeline:Pipeline", f"{NAME}-pipeline", PIPELINE),
    ("mlops:index:SageMakerTrainingPipeline", f"{NAME}-pipeline", WHOLE),
]
WITHOUT_A_MODEL = [("mlops:index:SageMakerEndpoint", NAME, WHOLE), ("mlops:index:Workload", NAME, "")]
OF_ENDPOINT = [
    ("aws:cloudwatch/metricAlarm:MetricAlarm", f"{NAME}-server-errors", ENDPOINT),
    ("aws:iam/role:Role", f"{NAME}-role", ENDPOINT),
    ("aws:iam/rolePolicy:RolePolicy", f"{NAME}-role", ENDPOINT),
    ("aws:sagemaker/endpointConfiguration:EndpointConfiguration", NAME, ENDPOINT),
    ("aws:sagemaker/model:Model", NAME, ENDPOINT),
    ("pulumi-python:dynamic/mlops:Endpoint", NAME, ENDPOINT),
    ("pulumi-python:dynamic/mlops:EndpointRelease", f"{NAME}-release", ENDPOINT),
    ("pulumi-python:dynamic/mlops:HostingImage", f"{NAME}-image", ENDPOINT),
    ("pulumi-python:dynamic/mlops:PinnedModelPackage", f"{NAME}-package", ENDPOINT),
]


def workload(name: str = NAME, sagemaker: dict[str, Any] | None = None, **changes: Any) -> Declaration:
    args: Any = {
        "environment": "prod",
        "pipeline_image": f"{ECR}/pipeline@{DIGEST}",
        "serving_image": f"{ECR}/serving@{DIGEST}",
        "pipeline": {"graph": GRAPH.to_document()},
        "sagemaker": {**PLACE, **(sagemaker or {})},
        **changes,
    }
    checked: WorkloadArgs = args
    return declare(lambda: Workload(name, checked).outputs())


def refused(**changes: Any) -> ArgumentsError:
    with pytest.raises(ArgumentsError) as caught:
        workload(**changes)
    return caught.value


def test_without_a_model_everything_but_the_endpoint_stands() -> None:
    declaration = workload()
    assert declaration.children() == sorted([*OF_REGISTRY, *OF_PIPELINE, *WITHOUT_A_MODEL])
    assert declaration.result == {
        "endpoint_url": "",
        "serving_version": "",
        "serving_digest": "",
        "pipeline_name": "flights-prod-flight-delay-pipeline",
        "status": "waiting-for-model",
    }


def test_the_pinned_model_serves_from_the_registry_of_its_own() -> None:
    declaration = workload(model=MODEL)
    assert declaration.children() == sorted([*OF_REGISTRY, *OF_PIPELINE, *WITHOUT_A_MODEL, *OF_ENDPOINT])
    outputs = declaration.result
    assert (outputs["serving_version"], outputs["serving_digest"], outputs["status"]) == ("7", DIGEST, "serving")
    assert outputs["endpoint_url"].endswith("/endpoints/flights-prod-flight-delay/invocations")
    served = declaration.one("Model").inputs["primaryContainer"]
    assert served["image"] == f"{ECR}/serving@{DIGEST}"
    assert served["environment"]["MLOPS_MODEL_DIGEST"] == DIGEST


def test_another_stacks_registry_stands_in_for_its_own() -> None:
    declaration = workload(model=MODEL, sagemaker={"model_package_group": GROUP})
    assert declaration.children() == sorted([*OF_PIPELINE, *WITHOUT_A_MODEL, *OF_ENDPOINT])
    package = declaration.one("PinnedModelPackage").inputs["package_arn"]
    assert package == f"{GROUP.replace('model-package-group', 'model-package')}/7"


def test_settings_reach_the_component_that_they_are_for() -> None:
    declaration = workload(
        model=MODEL,
        endpoint={"replicas_min": 2, "sagemaker": {"instance_type": "ml.m5.xlarge"}},
        pipeline={"graph": GRAPH.to_document(), "sagemaker": {"training_instance_type": "ml.m5.4xlarge"}},
        tags={"owner": "team-flights"},
    )
    (variant,) = declaration.one("EndpointConfiguration").inputs["productionVariants"]
    assert (variant["initialInstanceCount"], variant["instanceType"]) == (2, "ml.m5.xlarge")
    definition = json.loads(declaration.one("Pipeline").inputs["pipelineDefinition"])
    (training,) = [step["Arguments"] for step in definition["Steps"] if step["Type"] == "Training"]
    assert training["ResourceConfig"]["InstanceType"] == "ml.m5.4xlarge"
    tagged = [one.inputs["tags"]["owner"] for one in declaration.resources if "tags" in one.inputs]
    assert tagged == ["team-flights"] * len(tagged)
    assert len(tagged) > 5


@pytest.mark.parametrize("model", [None, MODEL], ids=["unpinned", "pinned"])
def test_everything_wrong_with_its_parts_is_said_at_once_and_under_its_own_path(model: Any) -> None:
    """A fault of the endpoint hides none of the pipeline's or the registry's, whether or not a model is pinned."""
    error = refused(
        pipeline_image="pipeline:latest",
        serving_image=f"{ECR}/serving:latest",
        pipeline={
            "graph": GRAPH.to_document(),
            "schedule": "every monday",
            "sagemaker": {"cache_days": -1, "instance_types": {"train": "ml.m5.tiny"}},
        },
        endpoint={
            "replicas_min": 0,
            "rollout": {"bake_seconds": -1},
            "sagemaker": {"alarms": {"model_errors_max": -1}},
        },
        sagemaker={"consumer_account_ids": ["12"], "permissions_boundary_arn": "boundary"},
        **({} if model is None else {"model": {**model, "version": "latest"}}),
    )
    pinned = [] if model is None else ["model.version"]
    assert sorted(problem.path for problem in error.problems) == sorted(
        [
            *pinned,
            "endpoint.replicas_min",
            "endpoint.rollout.bake_seconds",
            "endpoint.sagemaker.alarms.model_errors_max",
            "pipeline.sagemaker.cache_days",
            "pipeline.sagemaker.instance_types.train",
            "pipeline.schedule",
            "pipeline_image",
            "sagemaker.consumer_account_ids[0]",
            "sagemaker.permissions_boundary_arn",
            "serving_image",
        ]
    )
    assert str(error).startswith(f"Workload 'flight-delay': {len(error.problems)} problems")


def test_what_two_parts_refuse_is_said_once() -> None:
    error = refused(sagemaker={"region": "Ireland"})
    assert [problem.path for problem in error.problems] == ["sagemaker.region"]


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"endpoint": {"kubernetes": {"cpu": "1"}}}, "endpoint.kubernetes"),
        ({"pipeline": {"graph": GRAPH.to_document(), "kubernetes": {}}}, "pipeline.kubernetes"),
        ({"kubernetes": {"namespace": "flights"}}, "args"),
    ],
)
def test_the_other_targets_settings_are_refused(changes: dict[str, Any], path: str) -> None:
    assert [problem.path for problem in refused(**changes).problems] == [path]


def test_a_renamed_workload_keeps_the_group_of_its_model() -> None:
    """The engine knows a resource by its type, its parents' types and its name, not by the names of its parents."""
    renamed = workload("arrival-delay", model_name=NAME)
    groups = [child for child in renamed.children() if "odelPackageGroup" in child[0]]
    assert groups == [OF_REGISTRY[0]]
    assert renamed.one("ModelPackageGroup").inputs["modelPackageGroupName"] == "flights-prod-flight-delay"
    versions = [child for child in renamed.children() if "RegisteredVersions" in child[0]]
    assert versions == [OF_REGISTRY[2]]
    definition = json.loads(renamed.one("Pipeline").inputs["pipelineDefinition"])
    assert definition["Version"]
    assert '"MLOPS_MODEL_NAME": "flight-delay"' in json.dumps(definition)
    assert '"MLOPS_WORKLOAD": "arrival-delay"' in json.dumps(definition)


def test_a_models_name_that_does_not_fit_is_told_at_its_own_argument() -> None:
    assert [problem.path for problem in refused(model_name="Delays").problems] == ["model_name"]
    # Longer than a name may be, and with the namespace longer than AWS' may be.
    long = refused(model_name="d" * 60)
    assert {problem.path for problem in long.problems} == {"model_name"}
