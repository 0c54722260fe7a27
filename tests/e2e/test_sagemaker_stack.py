"""A workload's life on SageMaker: the real engine, an AWS without an account. The tests follow one another."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.aws_stack import ENDPOINT, NAMESPACE, AwsStack, aws_stack
from tests.e2e.workload_stack import STACK, WORKLOAD

pytestmark = pytest.mark.e2e

SERVING = "serving"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, engine_environment: Mapping[str, str]) -> Iterator[AwsStack]:
    with aws_stack(tmp_path_factory.mktemp("sagemaker"), engine_environment) as made:
        yield made


@pytest.fixture(scope="module")
def versions(stack: AwsStack) -> list[dict[str, Any]]:
    """Two registered versions, of which the first is approved."""
    stack.up()
    assert stack.workload_outputs()["status"] == "waiting-for-model"
    assert stack.changes() == {}
    runs = [stack.train() for _ in range(2)]
    assert [run["model_version"] for run in runs] == [1, 2]
    stack.approve(1)
    return [{"version": run["model_version"], "digest": run["model_digest"]} for run in runs]


def test_an_approved_version_is_deployed_and_answers(
    stack: AwsStack, versions: list[dict[str, Any]], tmp_path: Path
) -> None:
    stack.pin(versions[0])
    stack.server.ask_for("CreateEndpoint", "end_failed", reason="the container did not answer /ping")
    assert "the container did not answer /ping" in stack.refused()
    stack.up()

    outputs = stack.workload_outputs()
    assert (outputs["status"], outputs["serving_version"]) == (SERVING, "1")
    assert outputs["serving_digest"] == versions[0]["digest"]
    assert stack.changes() == {}
    assert stack.status()["healthy"].startswith("yes")
    from flight_delay.samples import samples  # noqa: PLC0415 - slow to import

    rows = tmp_path / "rows.json"
    rows.write_text(json.dumps([flight.features for flight in samples(3)]))
    answer = stack.mlops_json("predict", WORKLOAD, "--stack", STACK, "--rows", str(rows))
    assert len(answer["predictions"]) == 3
    assert "unchanged" in stack.pulumi("refresh", "--yes", "--skip-preview")


def test_a_version_that_nobody_approved_is_refused_before_anything_is_made(
    stack: AwsStack, versions: list[dict[str, Any]]
) -> None:
    stack.pin(versions[1])
    assert "PendingManualApproval" in stack.refused()
    assert configuration(stack) == [configuration_in_service(stack)]
    stack.pin({**versions[0], "digest": "sha256:" + "0" * 64})
    assert versions[0]["digest"] in stack.refused()
    stack.pin(versions[0])
    stack.up()
    assert stack.workload_outputs()["serving_version"] == "1"


def test_an_update_that_aws_turns_back_fails_and_says_why(stack: AwsStack, versions: list[dict[str, Any]]) -> None:
    stack.approve(2)
    before = configuration_in_service(stack)
    stack.pin(versions[1])
    stack.server.ask_for("UpdateEndpoint", "roll_back", reason="alarm flights-e2e went off")
    assert "alarm flights-e2e went off" in stack.refused()
    assert configuration_in_service(stack) == before

    stack.pin(versions[0])
    stack.up()
    assert (stack.workload_outputs()["serving_version"], stack.changes()) == ("1", {})
    assert scale_to(stack, 2) == 2
    stack.pin(versions[1])
    stack.up()
    assert (stack.workload_outputs()["serving_version"], stack.changes()) == ("2", {})
    assert machines(stack) == 2, "what the load has reached is kept"


def test_throttling_is_waited_out_and_a_broken_service_is_not(stack: AwsStack, versions: list[dict[str, Any]]) -> None:
    stack.pin(versions[0])
    stack.server.ask_for("CreateModel", "throttle", times=2)
    stack.up()
    stack.pin(versions[1])
    stack.server.ask_for("CreateEndpointConfig", "fail", times=20, reason="the service is broken")
    assert "the service is broken" in stack.refused()
    httpx.delete(f"{stack.server.url}/_faults")
    stack.up()
    assert stack.workload_outputs()["serving_version"] == "2"


@pytest.mark.parametrize("operation", ["CreateModel", "UpdateEndpoint"])
def test_an_update_that_is_killed_is_made_good_by_the_next(
    stack: AwsStack, versions: list[dict[str, Any]], operation: str, tmp_path: Path
) -> None:
    other = version_that_does_not_serve(stack, versions)
    stack.pin(other)
    stack.kill_update(operation, tmp_path / "log")
    stack.pulumi("cancel", "--yes")
    stack.pulumi("refresh", "--yes", "--skip-preview", "--clear-pending-creates")
    stack.up()
    assert stack.workload_outputs()["serving_version"] == str(other["version"])
    assert stack.changes() == {}


def test_an_aws_that_goes_in_mid_update_is_told_and_what_it_lost_is_made_anew(
    stack: AwsStack, versions: list[dict[str, Any]], tmp_path: Path
) -> None:
    stack.pin(version_that_does_not_serve(stack, versions))
    assert "does not answer" in stack.lose_aws_in_update("CreateModel", tmp_path / "log")
    assert "does not answer" in stack.refused()
    stack.server.start()
    stack.pin(None)
    stack.pulumi("up", "--yes", "--refresh")
    assert stack.workload_outputs()["status"] == "waiting-for-model"
    assert stack.changes() == {}


def test_nothing_remains_of_a_stack_that_is_destroyed(stack: AwsStack) -> None:
    sagemaker, iam, s3 = (stack.server.client(service) for service in ("sagemaker", "iam", "s3"))
    scaling = stack.server.client("application-autoscaling")
    groups = [
        each["ModelPackageGroupName"] for each in sagemaker.list_model_package_groups()["ModelPackageGroupSummaryList"]
    ]
    for group in groups:
        sagemaker.create_model_package(ModelPackageGroupName=group, ModelApprovalStatus="Approved")
    assert groups
    stack.pulumi("destroy", "--yes", "--skip-preview")
    left = {
        "groups": sagemaker.list_model_package_groups()["ModelPackageGroupSummaryList"],
        "models": sagemaker.list_models()["Models"],
        "configurations": sagemaker.list_endpoint_configs()["EndpointConfigs"],
        "endpoints": sagemaker.list_endpoints()["Endpoints"],
        "scalable targets": scaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"],
        "scaling policies": scaling.describe_scaling_policies(ServiceNamespace="sagemaker")["ScalingPolicies"],
        "pipelines": sagemaker.list_pipelines()["PipelineSummaries"],
        "roles": [role["RoleName"] for role in iam.list_roles()["Roles"] if role["RoleName"].startswith(NAMESPACE)],
        "buckets": s3.list_buckets()["Buckets"],
    }
    assert not any(left.values()), left


def version_that_does_not_serve(stack: AwsStack, versions: list[dict[str, Any]]) -> dict[str, Any]:
    return versions[0 if stack.workload_outputs()["serving_version"] == "2" else 1]


def configuration(stack: AwsStack) -> list[str]:
    found = stack.server.client("sagemaker").list_endpoint_configs()["EndpointConfigs"]
    return [each["EndpointConfigName"] for each in found]


def configuration_in_service(stack: AwsStack) -> str:
    endpoint = stack.server.client("sagemaker").describe_endpoint(EndpointName=ENDPOINT)
    return str(endpoint["EndpointConfigName"])


def scale_to(stack: AwsStack, count: int) -> int:
    """What the autoscaler does under load."""
    wanted = [{"VariantName": "main", "DesiredInstanceCount": count}]
    client = stack.server.client("sagemaker")
    client.update_endpoint_weights_and_capacities(EndpointName=ENDPOINT, DesiredWeightsAndCapacities=wanted)
    return machines(stack)


def machines(stack: AwsStack) -> int:
    (variant,) = stack.server.client("sagemaker").describe_endpoint(EndpointName=ENDPOINT)["ProductionVariants"]
    return int(variant["CurrentInstanceCount"])
