"""How an endpoint goes from one release to the next: blue/green, watched by alarms, back if one goes off."""

from collections.abc import Sequence

from pulumi_mlops._shared.documents import Document
from pulumi_mlops.endpoint.args import RolloutStrategy
from pulumi_mlops.endpoint.sagemaker.settings import HostingSettings, RolloutSettings

# What AWS takes at least: API_BlueGreenUpdatePolicy.
SHORTEST_DEPLOYMENT_SECONDS = 600


def deployment_config(settings: HostingSettings, alarm_names: Sequence[str]) -> Document | None:
    """Return the rules of a deployment; None for a serverless endpoint, which AWS moves in its own way.

    "Deployment guardrails only apply to Asynchronous inference and Real-time inference endpoint types."
    (https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails.html)
    """
    if settings.serverless is not None:
        return None
    return {
        # pulumi-aws replaces an endpoint that gets or loses this part. So it is always there, and never empty.
        "auto_rollback_configuration": {"alarms": [{"alarm_name": name} for name in alarm_names]},
        "blue_green_update_policy": {
            "traffic_routing_configuration": _routing(settings.rollout),
            "termination_wait_in_seconds": settings.rollout.bake_seconds,
            "maximum_execution_timeout_in_seconds": max(SHORTEST_DEPLOYMENT_SECONDS, settings.rollout_timeout_seconds),
        },
    }


def _routing(rollout: RolloutSettings) -> Document:
    size = {"type": "CAPACITY_PERCENT", "value": rollout.step_percent}
    if rollout.strategy == RolloutStrategy.CANARY:
        return {"type": "CANARY", "wait_interval_in_seconds": rollout.bake_seconds, "canary_size": size}
    if rollout.strategy == RolloutStrategy.LINEAR:
        return {"type": "LINEAR", "wait_interval_in_seconds": rollout.bake_seconds, "linear_step_size": size}
    return {"type": "ALL_AT_ONCE", "wait_interval_in_seconds": 0}
