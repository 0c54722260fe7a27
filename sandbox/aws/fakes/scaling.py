"""Application Auto Scaling: what goes with a scalable target, and what needs one.

Pages are those below https://docs.aws.amazon.com/autoscaling/application/APIReference/.
"""

import json
from collections.abc import Callable
from typing import Any

from moto.applicationautoscaling.models import ApplicationAutoscalingBackend
from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse

from sandbox.aws.moto_patches import replace

FAKED = (
    "Application Auto Scaling DeregisterScalableTarget: its policies go too; one that is not there has AWS's own error",
    "Application Auto Scaling PutScalingPolicy: refused without a scalable target",
)
_MISSING = "ObjectNotFoundException"


def apply() -> None:
    """Put both into moto."""
    deregister = ApplicationAutoscalingBackend.deregister_scalable_target

    def deregistered(self: Any, namespace: str, r_id: str, dimension: str) -> None:
        deregister(self, namespace, r_id, dimension)
        # API_DeregisterScalableTarget: "Deregistering a scalable target deletes the scaling policies that are
        # associated with it."
        self.policies = {
            key: policy
            for key, policy in self.policies.items()
            if (policy.service_namespace, policy.resource_id, policy.scalable_dimension) != (namespace, r_id, dimension)
        }

    replace(ApplicationAutoscalingBackend, deregister_scalable_target=deregistered)
    for operation in ("deregister_scalable_target", "put_scaling_policy"):
        original = getattr(ApplicationAutoScalingResponse, operation)
        replace(ApplicationAutoScalingResponse, **{operation: _needing_a_target(original)})


def _needing_a_target(original: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """API_DeregisterScalableTarget and API_PutScalingPolicy: ObjectNotFoundException (HTTP 400)."""

    def answered(self: Any) -> Any:
        dimension, resource = self._get_param("ScalableDimension"), self._get_param("ResourceId")
        if resource not in self.applicationautoscaling_backend.targets.get(dimension, {}):
            namespace = self._get_param("ServiceNamespace")
            message = (
                f"No scalable target found for service namespace: {namespace}, resource ID: {resource}, "
                f"scalable dimension: {dimension}"
            )
            body = json.dumps({"__type": _MISSING, "message": message})
            return 400, {"status": 400, "x-amzn-errortype": _MISSING}, body
        return original(self)

    return answered
