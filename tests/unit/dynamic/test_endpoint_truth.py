import time
from typing import Any

import pytest

from pulumi_mlops._shared.aws.client import AwsError
from pulumi_mlops.dynamic.endpoint_truth import EndpointTruthError, EndpointTruthProvider
from tests.moto_account import ENDPOINT, REGION, Aws

OLD = f"{ENDPOINT}-11111111"
NEW = f"{ENDPOINT}-22222222"


def asked(configuration: str = NEW, **changes: Any) -> dict[str, Any]:
    return {
        "region": REGION,
        "endpoint_name": ENDPOINT,
        "configuration": configuration,
        "timeout_seconds": 60,
        "superseded_kept": 2,
        "alarm_names": [f"{ENDPOINT}-server-errors"],
        **changes,
    }


@pytest.fixture
def moved(aws: Aws) -> Aws:
    """An account where the endpoint went from the old release to the new one."""
    aws.release(OLD)
    aws.release(NEW)
    aws.serve(OLD)
    aws.becomes(endpoint_config_name=NEW)
    return aws


def test_passes_when_the_endpoint_serves_what_was_asked_for(moved: Aws) -> None:
    assert EndpointTruthProvider().create(asked()).outs == asked()


def test_fails_with_the_reason_when_aws_went_back(moved: Aws) -> None:
    moved.becomes(endpoint_config_name=OLD, failure_reason="One or more configured alarm(s) is in ALARM state")
    with pytest.raises(EndpointTruthError) as caught:
        EndpointTruthProvider().create(asked())
    text = str(caught.value)
    assert text.startswith(f"endpoint {ENDPOINT} in {REGION}: got InService with {OLD}: AWS did not keep the new")
    assert "reason: One or more configured alarm(s) is in ALARM state" in text
    assert f"expected InService with {NEW}, fix: pin the version that served before" in text


def test_says_where_to_look_when_aws_went_back_without_a_reason(moved: Aws) -> None:
    moved.becomes(endpoint_config_name=OLD)
    with pytest.raises(EndpointTruthError, match=f"alarms: {ENDPOINT}-server-errors; .*/aws/sagemaker/Endpoints/"):
        EndpointTruthProvider().create(asked())


@pytest.mark.parametrize("status", ["Failed", "OutOfService", "UpdateRollbackFailed", "Deleting"])
def test_fails_when_the_endpoint_is_not_in_service(moved: Aws, status: str) -> None:
    moved.becomes(endpoint_status=status, failure_reason="The container did not pass the ping health check")
    with pytest.raises(EndpointTruthError, match=f"got {status} with {NEW}; reason: The container did not pass"):
        EndpointTruthProvider().create(asked())


def test_fails_when_there_is_no_endpoint(aws: Aws) -> None:
    with pytest.raises(AwsError, match="sagemaker DescribeEndpoint in eu-west-1: got ValidationException"):
        EndpointTruthProvider().create(asked())


def test_waits_while_the_endpoint_is_on_its_way(moved: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    moved.becomes(endpoint_status="Updating", endpoint_config_name=OLD)
    later = iter([{"endpoint_status": "RollingBack"}, {"endpoint_status": "InService", "endpoint_config_name": NEW}])
    monkeypatch.setattr(time, "sleep", lambda _: moved.becomes(**next(later)))
    EndpointTruthProvider().create(asked())
    assert next(later, None) is None


def test_waits_no_longer_than_it_may(moved: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    moved.becomes(endpoint_status="Updating")
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(time, "sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))
    with pytest.raises(EndpointTruthError, match="got it still Updating after 60 seconds, expected InService with"):
        EndpointTruthProvider().create(asked())
    assert 50 <= now[0] <= 60


@pytest.mark.parametrize(
    "change",
    [
        {"configuration": OLD},
        {"endpoint_name": "another"},
        {"region": "eu-central-1"},
        {"superseded_kept": 1},
    ],
)
def test_anything_else_to_prove_is_another_check_and_the_old_one_goes_first(change: dict[str, Any]) -> None:
    diff = EndpointTruthProvider().diff("", asked(), asked(**change))
    assert (diff.changes, diff.replaces, diff.delete_before_replace) == (True, list(change), True)


@pytest.mark.parametrize("change", [{}, {"timeout_seconds": 90}, {"alarm_names": []}])
def test_the_same_to_prove_is_not_checked_again(change: dict[str, Any]) -> None:
    assert EndpointTruthProvider().diff("", asked(), asked(**change)).changes is False


def test_a_refresh_notes_what_the_endpoint_serves_from(moved: Aws) -> None:
    provider = EndpointTruthProvider()
    moved.becomes(endpoint_config_name=OLD)
    read = provider.read("id", asked())
    assert read.outs == read.inputs == asked(OLD)
    assert provider.diff("id", asked(OLD), asked()).changes


def test_a_refresh_forgets_the_check_of_an_endpoint_that_is_gone(aws: Aws) -> None:
    assert EndpointTruthProvider().read("id", asked()).id == ""


def superseded(number: int) -> str:
    return f"{ENDPOINT}-{number:08}"


def test_keeps_the_newest_superseded_configurations_with_their_models(aws: Aws) -> None:
    for number in range(5):
        aws.release(superseded(number), shadow=True)
    aws.serve(superseded(4))
    EndpointTruthProvider().create(asked(superseded(4)))
    kept = {superseded(number) for number in (2, 3, 4)}
    assert aws.configurations() == kept
    assert aws.models() == kept | {f"{name}-shadow" for name in kept}


def test_keeps_none_where_none_is_to_be_kept(moved: Aws) -> None:
    EndpointTruthProvider().create(asked(superseded_kept=0))
    assert moved.configurations() == moved.models() == {NEW}


def test_removes_nothing_when_the_check_fails(moved: Aws) -> None:
    moved.becomes(endpoint_config_name=OLD)
    with pytest.raises(EndpointTruthError):
        EndpointTruthProvider().create(asked(superseded_kept=0))
    assert moved.configurations() == {OLD, NEW}


def test_removes_only_what_carries_the_endpoints_tag(moved: Aws) -> None:
    neighbour, foreign = f"{ENDPOINT}-eu-11111111", f"{ENDPOINT}-44444444"
    moved.release(neighbour, endpoint=f"{ENDPOINT}-eu")
    moved.release(foreign, endpoint="somebody-else")
    EndpointTruthProvider().create(asked(superseded_kept=0))
    assert moved.configurations() == moved.models() == {NEW, neighbour, foreign}
