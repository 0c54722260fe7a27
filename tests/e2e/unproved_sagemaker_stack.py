"""More of a workload's life on SageMaker, not yet seen whole: `pytest tests/e2e/unproved_sagemaker_stack.py`."""
# ruff: noqa: F811 - fixtures are arguments by the same name

from pathlib import Path
from typing import Any

import pytest

from tests.e2e.aws_stack import NAMESPACE, AwsStack
from tests.e2e.test_sagemaker_stack import stack, versions  # noqa: F401 - fixtures

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("operation", ["CreateModel", "UpdateEndpoint"])
def test_an_update_that_is_killed_is_made_good_by_the_next(
    stack: AwsStack, versions: list[dict[str, Any]], operation: str, tmp_path: Path
) -> None:
    number = 0 if stack.workload_outputs()["serving_version"] == "2" else 1
    stack.pin(versions[number])
    stack.kill_update(operation, tmp_path / "log")
    stack.pulumi("cancel", "--yes")
    stack.pulumi("refresh", "--yes", "--skip-preview", "--clear-pending-creates")
    stack.up()
    assert stack.workload_outputs()["serving_version"] == str(versions[number]["version"])
    assert stack.changes() == {}


def test_an_aws_that_is_gone_is_told_and_what_it_lost_is_made_anew(stack: AwsStack) -> None:
    stack.pin(None)
    stack.server.stop()
    assert "does not answer" in stack.refused()
    stack.server.start()
    stack.pulumi("up", "--yes", "--skip-preview", "--refresh")
    assert stack.workload_outputs()["status"] == "waiting-for-model"
    assert stack.changes() == {}


def test_nothing_remains_of_a_stack_that_is_destroyed(stack: AwsStack) -> None:
    stack.pulumi("destroy", "--yes", "--skip-preview")
    sagemaker, iam, s3 = (stack.server.client(service) for service in ("sagemaker", "iam", "s3"))
    left = {
        "models": sagemaker.list_models()["Models"],
        "configurations": sagemaker.list_endpoint_configs()["EndpointConfigs"],
        "endpoints": sagemaker.list_endpoints()["Endpoints"],
        "pipelines": sagemaker.list_pipelines()["PipelineSummaries"],
        "roles": [role["RoleName"] for role in iam.list_roles()["Roles"] if role["RoleName"].startswith(NAMESPACE)],
        "buckets": s3.list_buckets()["Buckets"],
    }
    assert not any(left.values()), left
