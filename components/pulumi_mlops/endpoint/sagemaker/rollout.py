"""How an endpoint goes from one release to the next: blue/green, watched by alarms, back if one goes off."""

from collections.abc import Sequence

from pulumi_mlops._shared.documents import Document
from pulumi_mlops.endpoint.args import RolloutStrategy
from pulumi_mlops.endpoint.sagemaker.rules import steps_of
from pulumi_mlops.endpoint.sagemaker.settings import HostingSettings, RolloutSettings

# What AWS takes at least: API_BlueGreenUpdatePolicy.
SHORTEST_DEPLOYMENT_SECONDS = 600
GRACE_SECONDS = 60
"""Beyond a rollout's own time: what AWS needs to notice that it is over."""


def deployment_config(settings: HostingSettings, alarm_names: Sequence[str]) -> Document | None:
    """Return the rules of a deployment, in the API's own names; None for a serverless endpoint.

    AWS moves that in its own way: "Deployment guardrails only apply to Asynchronous inference and Real-time inference
    endpoint types." (https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails.html)
    """
    if settings.serverless is not None:
        return None
    policy: Document = {
        "BlueGreenUpdatePolicy": {
            "TrafficRoutingConfiguration": _routing(settings.rollout),
            "TerminationWaitInSeconds": settings.rollout.bake_seconds,
            "MaximumExecutionTimeoutInSeconds": _longest_deployment_seconds(settings),
        },
    }
    if alarm_names:
        policy["AutoRollbackConfiguration"] = {"Alarms": [{"AlarmName": name} for name in alarm_names]}
    return policy


def wait_seconds(settings: HostingSettings) -> int:
    """Return how long a deployment may take until AWS has ended it, one way or the other.

    It is given up at its longest execution. AWS then moves the requests back, which takes at most the waits of its
    steps once more.
    """
    if settings.serverless is not None:
        return settings.rollout_timeout_seconds + GRACE_SECONDS
    waits = steps_of(settings.rollout) * settings.rollout.bake_seconds
    return _longest_deployment_seconds(settings) + waits + GRACE_SECONDS


def _longest_deployment_seconds(settings: HostingSettings) -> int:
    return max(SHORTEST_DEPLOYMENT_SECONDS, settings.rollout_timeout_seconds)


def _routing(rollout: RolloutSettings) -> Document:
    size = {"Type": "CAPACITY_PERCENT", "Value": rollout.step_percent}
    if rollout.strategy == RolloutStrategy.CANARY:
        return {"Type": "CANARY", "WaitIntervalInSeconds": rollout.bake_seconds, "CanarySize": size}
    if rollout.strategy == RolloutStrategy.LINEAR:
        return {"Type": "LINEAR", "WaitIntervalInSeconds": rollout.bake_seconds, "LinearStepSize": size}
    return {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}
