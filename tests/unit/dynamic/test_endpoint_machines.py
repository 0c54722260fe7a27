"""What becomes of an endpoint's machines, and of their scaling, when the endpoint is updated."""

from typing import Any

import pytest

from pulumi_mlops.dynamic.endpoint_status import EndpointError
from sandbox.aws.faults import Fault, Kind, faults
from tests.moto_account import ENDPOINT, Aws
from tests.unit.dynamic.endpoints import NEW, OLD, POLICY, TAGS, Calls, Life, asked

UPDATE = "UpdateEndpoint"


def scaled(aws: Aws, counts: tuple[int, int], reached: int, *, machine: str = "ml.m5.large") -> Life:
    """An endpoint whose machines follow the load, and have come to a number."""
    aws.release(OLD, machine=machine, count=counts[0])
    life = Life()
    life.up(asked(OLD, counts, machine))
    aws.scaled_to(reached)
    return life


def test_four_machines_stay_four_when_a_new_version_is_deployed(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    life = scaled(aws, (1, 6), 4)
    aws.release(NEW)
    calls = Calls(monkeypatch)
    life.up(asked(NEW, (1, 6)))
    assert aws.machines() == 4
    assert calls == [UPDATE]
    assert calls.arguments[UPDATE]["RetainAllVariantProperties"] is True
    assert calls.arguments[UPDATE]["ExcludeRetainedVariantProperties"] == [{"VariantPropertyType": "DesiredWeight"}]
    assert aws.targets() == [(1, 6)]


@pytest.mark.parametrize(
    ("reached", "counts", "then"), [(4, (1, 2), 2), (1, (3, 6), 3), (4, (2, 2), 2), (4, (4, 8), 4), (1, (1, 1), 1)]
)
def test_machines_that_are_kept_are_as_many_as_there_may_be_now(
    aws: Aws, reached: int, counts: tuple[int, int], then: int
) -> None:
    life = scaled(aws, (1, 5), reached)
    aws.release(NEW, count=counts[0])
    life.up(asked(NEW, counts))
    assert aws.machines() == then
    assert aws.targets() == ([counts] if counts[0] < counts[1] else [])


def test_a_fixed_number_of_machines_is_what_the_new_configuration_says(aws: Aws) -> None:
    life = scaled(aws, (1, 1), 1)
    aws.release(NEW, count=3)
    life.up(asked(NEW, (3, 3)))
    assert aws.machines() == 3


def test_the_shadow_gets_its_own_number_of_machines(aws: Aws) -> None:
    def with_shadow(configuration: str, count: int) -> dict[str, Any]:
        given = asked(configuration, (1, 6))
        shadow = {**given["variants"][0], "variant_name": "shadow", "instances_min": count, "instances_max": count}
        return {**given, "variants": [*given["variants"], shadow]}

    aws.release(OLD, shadow=True)
    life = Life()
    life.up(with_shadow(OLD, 1))
    aws.scaled_to(4)
    aws.release(NEW, shadow=True)
    life.up(with_shadow(NEW, 2))
    assert (aws.machines(), aws.machines("shadow")) == (4, 2)


def test_scaling_is_put_on_after_the_first_deployment(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = Calls(monkeypatch)
    scaled(aws, (1, 6), 1)
    assert calls[-4:-1] == ["CreateEndpoint", "RegisterScalableTarget", "PutScalingPolicy"]
    (policy,) = aws.policies()
    assert policy["PolicyName"] == f"{ENDPOINT}-load"
    assert policy["TargetTrackingScalingPolicyConfiguration"] == POLICY


def test_scaling_is_taken_off_and_put_on_again_around_other_machines(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    life = scaled(aws, (1, 6), 4)
    aws.release(NEW, machine="ml.c5.large")
    calls = Calls(monkeypatch)
    life.up(asked(NEW, (1, 6), "ml.c5.large"))
    assert calls == ["DeregisterScalableTarget", UPDATE, "RegisterScalableTarget", "PutScalingPolicy"]
    assert (aws.machines(), aws.targets(), len(aws.policies())) == (4, [(1, 6)], 1)


def test_machines_that_are_rolled_back_are_scaled_as_before(aws: Aws) -> None:
    life = scaled(aws, (1, 6), 4)
    aws.release(NEW, machine="ml.c5.large")
    faults.add(Fault("SageMaker", UPDATE, Kind.ROLL_BACK, reason="an alarm"))
    with pytest.raises(EndpointError, match="rolled back"):
        life.up(asked(NEW, (2, 8), "ml.c5.large"))
    assert (aws.targets(), len(aws.policies())) == ([(1, 6)], 1)


def test_scaling_that_a_broken_off_update_took_off_is_put_on_by_the_next(aws: Aws) -> None:
    life = scaled(aws, (1, 6), 4)
    aws.autoscaling.deregister_scalable_target(
        ServiceNamespace="sagemaker",
        ResourceId=f"endpoint/{ENDPOINT}/variant/main",
        ScalableDimension="sagemaker:variant:DesiredInstanceCount",
    )
    aws.release(NEW, machine="ml.c5.large")
    life.up(asked(NEW, (1, 6), "ml.c5.large"))
    assert (aws.targets(), len(aws.policies())) == ([(1, 6)], 1)


def test_a_tag_that_is_asked_for_no_more_goes_and_anothers_stays(aws: Aws) -> None:
    life = scaled(aws, (1, 6), 4)
    aws.tag_target({"cost-center": "42"})
    life.up(asked(OLD, (1, 6), tags={**TAGS, "team": "flights"}))
    assert aws.target_tags() == {**TAGS, "team": "flights", "cost-center": "42"}
    life.up(asked(OLD, (1, 6)))
    assert aws.target_tags() == {**TAGS, "cost-center": "42"}


def test_scaling_that_is_put_on_again_has_the_tags_and_the_suspension_that_it_had(aws: Aws) -> None:
    life = scaled(aws, (1, 6), 4)
    life.up(asked(OLD, (1, 6), tags={**TAGS, "team": "flights"}))
    aws.tag_target({"cost-center": "42", "aws:of-aws": "its own"})
    aws.suspend_scale_in()
    aws.release(NEW, machine="ml.c5.large")
    faults.add(Fault("SageMaker", UPDATE, Kind.ROLL_BACK, reason="an alarm"))
    changed = {**TAGS, "owner": "team-trains"}
    with pytest.raises(EndpointError, match="rolled back"):
        life.up(asked(NEW, (1, 6), "ml.c5.large", tags=changed))
    assert aws.target_tags() == {**TAGS, "team": "flights", "cost-center": "42"}

    life.up(asked(NEW, (1, 6), "ml.c5.large", tags=changed))
    assert aws.target_tags() == {**changed, "cost-center": "42"}
    assert aws.suspended() == {
        "DynamicScalingInSuspended": True,
        "DynamicScalingOutSuspended": False,
        "ScheduledScalingSuspended": False,
    }


def test_other_bounds_alone_are_no_deployment(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    life = scaled(aws, (1, 6), 4)
    calls = Calls(monkeypatch)
    life.up(asked(OLD, (1, 8)))
    assert calls == ["RegisterScalableTarget"]
    assert (aws.machines(), aws.targets()) == (4, [(1, 8)])


def test_another_figure_alone_is_no_deployment(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    life = scaled(aws, (1, 6), 4)
    given = asked(OLD, (1, 6))
    scaling = {**given["scaling"], "policy": {**POLICY, "TargetValue": 50}}
    calls = Calls(monkeypatch)
    life.up({**given, "scaling": scaling})
    assert calls == ["PutScalingPolicy"]


def test_a_refresh_shows_bounds_that_somebody_changed_and_the_next_update_mends_them(aws: Aws) -> None:
    life = scaled(aws, (1, 6), 4)
    target = {
        "ServiceNamespace": "sagemaker",
        "ResourceId": f"endpoint/{ENDPOINT}/variant/main",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    }
    aws.autoscaling.register_scalable_target(**target, MinCapacity=2, MaxCapacity=3)
    life.refresh()
    assert life.outs is not None
    assert (life.outs["scaling"]["min_capacity"], life.outs["scaling"]["max_capacity"]) == (2, 3)
    life.up(asked(OLD, (1, 6)))
    assert aws.targets() == [(1, 6)]
    aws.autoscaling.deregister_scalable_target(**target)
    life.refresh()
    life.up(asked(OLD, (1, 6)))
    assert (aws.targets(), len(aws.policies())) == ([(1, 6)], 1)
