import time
from typing import Any

import pytest

from pulumi_mlops._shared.aws.client import AwsError
from pulumi_mlops._shared.aws.identity import OtherAccountError
from pulumi_mlops.dynamic.endpoint import ManagedEndpointProvider
from pulumi_mlops.dynamic.endpoint_status import EndpointError
from sandbox.aws.faults import Fault, Kind, faults
from tests.moto_account import ENDPOINT, REGION, Aws
from tests.unit.dynamic.endpoints import ALARM, DEPLOYMENT, NEW, OLD, TAGS, Calls, Life, asked


def fail_next(operation: str, kind: Kind, reason: str) -> None:
    faults.add(Fault("SageMaker", operation, kind, reason=reason))


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    return Calls(monkeypatch)


@pytest.fixture
def serving(aws: Aws) -> Life:
    """An endpoint that serves the old release, in an account that has the new one too."""
    aws.release(OLD)
    aws.release(NEW)
    life = Life()
    life.up(asked(OLD))
    return life


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, which passes only where somebody sleeps."""
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(time, "sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))
    return now


def test_a_first_deployment_creates_the_endpoint_with_its_rules_and_tags(aws: Aws, calls: Calls) -> None:
    aws.release(NEW)
    calls.clear()
    life = Life()
    life.up(asked())
    assert calls == ["CreateEndpoint"]
    created = calls.arguments["CreateEndpoint"]
    assert (created["EndpointConfigName"], created["DeploymentConfig"]) == (NEW, DEPLOYMENT)
    assert {tag["Key"]: tag["Value"] for tag in created["Tags"]} == TAGS
    given = {key: value for key, value in asked().items() if value is not None}
    assert life.outs == {**given, "endpoint_arn": f"arn:aws:sagemaker:{REGION}:123456789012:endpoint/{ENDPOINT}"}


def test_an_update_deploys_the_new_configuration_by_its_rules(serving: Life, calls: Calls) -> None:
    serving.up(asked())
    assert calls == ["UpdateEndpoint"]
    assert calls.arguments["UpdateEndpoint"]["DeploymentConfig"] == DEPLOYMENT


def test_a_serverless_endpoint_has_no_rules_and_retains_nothing(aws: Aws, calls: Calls) -> None:
    aws.release(OLD)
    aws.release(NEW)
    serverless: dict[str, Any] = {"variants": [{"variant_name": "main"}], "deployment": None}
    life = Life()
    life.up(asked(OLD, **serverless))
    life.up(asked(NEW, **serverless))
    assert set(calls.arguments["UpdateEndpoint"]) == {"EndpointName", "EndpointConfigName"}


def test_other_rules_alone_are_a_deployment_too(serving: Life, calls: Calls) -> None:
    serving.up(asked(OLD, deployment={"BlueGreenUpdatePolicy": DEPLOYMENT["BlueGreenUpdatePolicy"]}))
    assert calls == ["UpdateEndpoint"]


@pytest.mark.parametrize("change", [{}, {"wait_seconds": 90}, {"alarm_names": []}, {"settle_seconds": 120}])
def test_what_asks_for_nothing_else_changes_nothing(change: dict[str, Any]) -> None:
    assert ManagedEndpointProvider().diff("", asked(), asked(**change)).changes is False


@pytest.mark.parametrize(
    ("change", "replaces", "first"),
    [
        ({"endpoint_name": "another"}, ["endpoint_name"], False),
        ({"region": "eu-central-1"}, ["region"], False),
        ({"account_id": "210987654321"}, ["account_id"], False),
        ({"variants": [{"variant_name": "main"}], "deployment": None}, ["variants"], True),
    ],
)
def test_what_aws_cannot_change_is_another_endpoint(change: dict[str, Any], replaces: list[str], first: bool) -> None:
    diff = ManagedEndpointProvider().diff("", asked(), asked(**change))
    assert (diff.changes, diff.replaces, diff.delete_before_replace) == (True, replaces, first)


def test_tags_are_changed_without_a_deployment(aws: Aws, serving: Life, calls: Calls) -> None:
    arn = aws.sagemaker.describe_endpoint(EndpointName=ENDPOINT)["EndpointArn"]
    aws.sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "cost-centre", "Value": "somebody else's"}])
    calls.clear()
    others = {key: value for key, value in TAGS.items() if key != "owner"}
    serving.up(asked(OLD, tags={**others, "team": "b"}))
    assert calls == ["AddTags", "DeleteTags"]
    tags = {tag["Key"]: tag["Value"] for tag in aws.sagemaker.list_tags(ResourceArn=arn)["Tags"]}
    assert tags == {**others, "team": "b", "cost-centre": "somebody else's"}


def test_an_update_that_aws_rolls_back_fails_and_says_so_with_reason_and_alarms(serving: Life) -> None:
    fail_next("UpdateEndpoint", Kind.ROLL_BACK, "One or more configured alarm(s) is in ALARM state")
    with pytest.raises(EndpointError) as caught:
        serving.up(asked())
    text = str(caught.value)
    assert text.startswith(f"endpoint {ENDPOINT} in {REGION}: got InService with {OLD}: rolled back, AWS did not keep")
    assert "reason: One or more configured alarm(s) is in ALARM state" in text
    assert f"alarms: {ALARM}; and at the logs in /aws/sagemaker/Endpoints/{ENDPOINT}" in text
    assert f"expected InService with {NEW}, fix: pin the version that served before; or mend" in text


def test_the_next_update_tries_again_what_was_rolled_back(serving: Life, calls: Calls) -> None:
    fail_next("UpdateEndpoint", Kind.ROLL_BACK, "an alarm")
    with pytest.raises(EndpointError):
        serving.up(asked())
    serving.up(asked())
    assert calls == ["UpdateEndpoint", "UpdateEndpoint"]
    assert serving.outs is not None
    assert serving.outs["configuration"] == NEW


def test_going_back_after_a_roll_back_asks_for_nothing(serving: Life, calls: Calls) -> None:
    fail_next("UpdateEndpoint", Kind.ROLL_BACK, "an alarm")
    with pytest.raises(EndpointError):
        serving.up(asked())
    calls.clear()
    serving.up(asked(OLD))
    assert calls == []


@pytest.mark.parametrize("status", ["OutOfService", "UpdateRollbackFailed"])
def test_fails_when_the_endpoint_is_not_in_service(aws: Aws, serving: Life, status: str) -> None:
    aws.becomes(endpoint_config_name=NEW, endpoint_status=status, failure_reason="The container did not pass")
    with pytest.raises(EndpointError, match=f"got {status} with {NEW}; reason: The container did not pass"):
        serving.up(asked())


def test_a_first_deployment_that_failed_is_cleared_away_by_the_next(aws: Aws, calls: Calls) -> None:
    aws.release(OLD)
    fail_next("CreateEndpoint", Kind.END_FAILED, "the primary container did not pass the ping health check")
    life = Life()
    with pytest.raises(EndpointError, match=f"got Failed with {OLD}; reason: the primary container did not pass"):
        life.up(asked(OLD))
    aws.release(NEW)
    calls.clear()
    life.up(asked())
    assert calls == ["DeleteEndpoint", "CreateEndpoint"]


def test_an_endpoint_that_failed_later_is_made_anew(aws: Aws, serving: Life, calls: Calls) -> None:
    aws.becomes(endpoint_status="Failed", failure_reason="no capacity")
    serving.refresh()
    serving.up(asked(OLD))
    assert calls == ["DeleteEndpoint", "CreateEndpoint"]


@pytest.mark.parametrize("status", ["Failed", "InService"])
@pytest.mark.parametrize(
    ("tags", "told"),
    [
        ({}, "whose tag mlops:endpoint is missing"),
        ({**TAGS, "mlops:endpoint": "else"}, "whose tag mlops:endpoint is else"),
        ({**TAGS, "mlops:component": "other"}, "mlops:component is other and not endpoint"),
    ],
)
def test_anothers_endpoint_of_the_same_name_is_left_alone(
    aws: Aws, calls: Calls, status: str, tags: dict[str, str], told: str
) -> None:
    aws.release(OLD)
    aws.release(NEW)
    aws.serve(OLD, tags)
    aws.becomes(endpoint_status=status)
    calls.clear()
    with pytest.raises(EndpointError, match=f"endpoint {ENDPOINT} in {REGION}: got one of this name .*{told}.*fix: "):
        Life().up(asked())
    assert calls == []


def test_what_a_broken_off_creation_left_is_taken_up(aws: Aws, calls: Calls) -> None:
    aws.release(OLD)
    aws.release(NEW)
    aws.serve(OLD, TAGS)
    calls.clear()
    Life().up(asked(NEW, (1, 3)))
    assert calls == ["UpdateEndpoint", "RegisterScalableTarget", "PutScalingPolicy"]


def test_a_broken_off_update_is_waited_for_and_not_repeated(
    aws: Aws, serving: Life, calls: Calls, clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    aws.becomes(endpoint_status="Updating")
    later = iter([{"endpoint_status": "RollingBack"}, {"endpoint_status": "InService", "endpoint_config_name": NEW}])
    monkeypatch.setattr(time, "sleep", lambda _: aws.becomes(**next(later)))
    serving.up(asked())
    assert next(later, None) is None
    assert calls == []


def test_an_update_waits_for_the_autoscaler_that_was_faster(
    aws: Aws, serving: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = Calls(monkeypatch)
    ready = Calls.append

    def scaling_meanwhile(self: Calls, operation: str) -> None:
        if operation == "UpdateEndpoint" and not self:
            aws.becomes(endpoint_status="Updating")
        ready(self, operation)

    monkeypatch.setattr(Calls, "append", scaling_meanwhile)
    monkeypatch.setattr(time, "sleep", lambda _: aws.becomes(endpoint_status="InService"))
    serving.up(asked())
    assert calls == ["UpdateEndpoint", "UpdateEndpoint"]


def test_waits_as_long_as_it_may_and_no_longer(aws: Aws, serving: Life, clock: list[float]) -> None:
    aws.becomes(endpoint_status="Updating")
    with pytest.raises(EndpointError, match="got still Updating after 7200 seconds, expected an end of it, fix: wait"):
        serving.up(asked(wait_seconds=7200))
    assert 7100 <= clock[0] <= 7200


def test_credentials_of_another_account_change_and_delete_nothing(serving: Life, calls: Calls) -> None:
    elsewhere = asked(account_id="210987654321")
    told = "got account 123456789012, expected 210987654321"
    with pytest.raises(OtherAccountError, match=told):
        serving.provider.create(elsewhere)
    with pytest.raises(OtherAccountError, match=told):
        serving.provider.update(ENDPOINT, asked(), elsewhere)
    with pytest.raises(OtherAccountError, match=told):
        serving.provider.delete(ENDPOINT, elsewhere)
    assert calls == []


def test_a_refresh_notes_another_configuration_and_an_endpoint_that_is_gone(aws: Aws, serving: Life) -> None:
    aws.becomes(endpoint_config_name=NEW)
    serving.refresh()
    assert serving.outs is not None
    assert serving.outs["configuration"] == NEW
    assert serving.provider.diff(ENDPOINT, serving.outs, asked(OLD)).changes
    aws.sagemaker.delete_endpoint(EndpointName=ENDPOINT)
    serving.refresh()
    assert serving.outs is None


def test_an_endpoint_that_somebody_deleted_is_made_anew(aws: Aws, serving: Life, calls: Calls) -> None:
    aws.sagemaker.delete_endpoint(EndpointName=ENDPOINT)
    calls.clear()
    serving.up(asked())
    assert calls == ["CreateEndpoint"]


def test_a_deletion_waits_until_it_is_gone_and_its_role_no_longer_needed(
    aws: Aws, serving: Life, calls: Calls, clock: list[float]
) -> None:
    serving.up(asked(OLD, (1, 2), settle_seconds=120))
    calls.clear()
    serving.destroy()
    assert calls == ["DeregisterScalableTarget", "DeleteEndpoint"]
    assert aws.sagemaker.list_endpoints()["Endpoints"] == []
    assert (aws.targets(), aws.policies()) == ([], [])


def test_a_deletion_waits_first_for_what_is_under_way(
    aws: Aws, serving: Life, clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    aws.becomes(endpoint_status="SystemUpdating")

    def sleep(seconds: float) -> None:
        if seconds:
            aws.becomes(endpoint_status="InService")

    monkeypatch.setattr(time, "sleep", sleep)
    serving.destroy()
    assert aws.sagemaker.list_endpoints()["Endpoints"] == []


def test_the_role_is_kept_for_a_while_after_the_endpoint_is_gone(aws: Aws, serving: Life, clock: list[float]) -> None:
    assert serving.outs is not None
    serving.outs["settle_seconds"] = 120
    serving.destroy()
    assert clock[0] == 120
    serving.destroy()
    assert clock[0] == 120


def test_what_an_update_takes_from_the_role_is_kept_for_a_while_after_the_deployment(
    aws: Aws, serving: Life, clock: list[float]
) -> None:
    serving.up(asked(NEW, settle_seconds=120))
    assert clock[0] == 0
    serving.up(asked(OLD, settle_seconds=120, network_and_keys="11111111"))
    assert clock[0] == 120
    serving.up(asked(NEW, settle_seconds=0, network_and_keys="22222222"))
    assert clock[0] == 240, "as long as what ran before may need it"


def test_a_state_of_before_says_nothing_of_networks_and_keys(aws: Aws, serving: Life, clock: list[float]) -> None:
    assert serving.outs is not None
    del serving.outs["network_and_keys"]
    serving.up(asked(NEW, settle_seconds=120))
    assert clock[0] == 0


def test_a_configuration_that_is_not_there_is_told_as_aws_tells_it(aws: Aws) -> None:
    with pytest.raises(AwsError, match=r"sagemaker CreateEndpoint in eu-west-1: got Validation.*Could not find"):
        Life().up(asked())


def superseded(number: int) -> str:
    return f"{ENDPOINT}-{number:08}"


def test_keeps_the_newest_superseded_configurations_with_their_models(aws: Aws) -> None:
    life = Life()
    for number in range(5):
        aws.release(superseded(number), shadow=True)
        life.up(asked(superseded(number)))
    kept = {superseded(number) for number in (2, 3, 4)}
    assert aws.configurations() == kept
    assert aws.models() == kept | {f"{name}-shadow" for name in kept}


def test_keeps_none_where_none_is_to_be_kept(aws: Aws, serving: Life) -> None:
    serving.up(asked(superseded_kept=0))
    assert aws.configurations() == aws.models() == {NEW}


def test_removes_nothing_when_the_update_fails(aws: Aws, serving: Life) -> None:
    fail_next("UpdateEndpoint", Kind.ROLL_BACK, "an alarm")
    with pytest.raises(EndpointError):
        serving.up(asked(superseded_kept=0))
    assert aws.configurations() == {OLD, NEW}


def test_removes_only_what_carries_the_endpoints_tag(aws: Aws, serving: Life) -> None:
    neighbour, foreign = f"{ENDPOINT}-eu-11111111", f"{ENDPOINT}-44444444"
    aws.release(neighbour, endpoint=f"{ENDPOINT}-eu")
    aws.release(foreign, endpoint="somebody-else")
    serving.up(asked(superseded_kept=0))
    assert aws.configurations() == aws.models() == {NEW, neighbour, foreign}
