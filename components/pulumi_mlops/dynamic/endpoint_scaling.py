"""How the number of an endpoint's machines follows the load: its scalable target and policy, read, put on, taken off.

SageMaker refuses other machines for a variant that is scaled, and leaves the target behind when an endpoint goes:
https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-scaling-update.html.
"""

from collections.abc import Mapping
from typing import Any

from pulumi_mlops._shared.aws.client import MissingError, ask, client

SERVICE = "sagemaker"
DIMENSION = "sagemaker:variant:DesiredInstanceCount"
_POLICY_TYPE = "TargetTrackingScaling"
AWS_TAG_PREFIX = "aws:"
"""Tags that only AWS gives: https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html."""
# What AWS adds to a policy that is put without them.
_ADDED = {"DisableScaleIn": False}

Scaling = Mapping[str, Any]
"""`min_capacity`, `max_capacity`, `policy_name`, and `policy`: a TargetTrackingScalingPolicyConfiguration."""


class VariantScaling:
    """The scaling of one variant of one endpoint."""

    def __init__(self, region: str, endpoint: str, variant: str) -> None:
        """Ask nothing yet.

        Args:
            region: The AWS region.
            endpoint: The endpoint's name.
            variant: The variant's name.
        """
        self._client = client("application-autoscaling", region)
        self._resource = f"endpoint/{endpoint}/variant/{variant}"
        self._target = {
            "ServiceNamespace": SERVICE,
            "ResourceId": self._resource,
            "ScalableDimension": DIMENSION,
        }
        # What others gave a target that was taken off: registering it anew would lose it.
        self._kept: dict[str, Any] = {}

    def read(self) -> dict[str, Any] | None:
        """Return how the variant is scaled; None where it is not."""
        target = self._found()
        if target is None:
            return None
        policies = ask(self._client, "describe_scaling_policies", **self._target)["ScalingPolicies"]
        policy = policies[0] if policies else {}
        return {
            "min_capacity": target["MinCapacity"],
            "max_capacity": target["MaxCapacity"],
            "policy_name": policy.get("PolicyName", ""),
            "policy": policy.get("TargetTrackingScalingPolicyConfiguration", {}),
        }

    def ensure(self, wanted: Scaling | None, tags: Mapping[str, str], before: Mapping[str, str]) -> None:
        """Scale the variant as is wanted, and ask for nothing that is so already.

        Args:
            wanted: How; None takes the scaling off.
            tags: Tags of the scalable target.
            before: Tags that were asked for before: those that are asked for no more go, and others' stay.
        """
        found = self.read()
        if wanted is None:
            self._remove(found)
            return
        bounds = ("min_capacity", "max_capacity")
        if found is None or any(found[bound] != wanted[bound] for bound in bounds):
            capacity = {"MinCapacity": wanted["min_capacity"], "MaxCapacity": wanted["max_capacity"]}
            created = self._created(tags, before) if found is None else {}
            ask(self._client, "register_scalable_target", **self._target, **capacity, **created)
        if found is not None:
            self._tag(tags, before)
        if found is None or not _is_same_policy(found, wanted):
            if found and found["policy_name"] not in ("", wanted["policy_name"]):
                ask(self._client, "delete_scaling_policy", **self._target, PolicyName=found["policy_name"])
            ask(
                self._client,
                "put_scaling_policy",
                **self._target,
                PolicyName=wanted["policy_name"],
                PolicyType=_POLICY_TYPE,
                TargetTrackingScalingPolicyConfiguration=dict(wanted["policy"]),
            )

    def remove(self) -> None:
        """Take the scaling off, where there is any."""
        self._remove(self.read())

    def _remove(self, found: Scaling | None) -> None:
        if found is None:
            return
        target = self._found() or {}
        arn = target.get("ScalableTargetARN")
        self._kept = {"tags": self._tags(arn) if arn else {}, "suspended": target.get("SuspendedState")}
        try:
            # Its policy goes with it (API_DeregisterScalableTarget).
            ask(self._client, "deregister_scalable_target", **self._target)
        except MissingError:
            return

    def _created(self, tags: Mapping[str, str], before: Mapping[str, str]) -> dict[str, Any]:
        """Return what RegisterScalableTarget takes for a new target alone: its tags, and what somebody suspended."""
        kept = {key: value for key, value in self._kept.get("tags", {}).items() if not key.startswith(AWS_TAG_PREFIX)}
        others = {key: value for key, value in kept.items() if key not in before}
        suspended = self._kept.get("suspended") or {}
        return {
            "Tags": {**others, **tags},
            **({"SuspendedState": suspended} if any(suspended.values()) else {}),
        }

    def _tag(self, tags: Mapping[str, str], before: Mapping[str, str]) -> None:
        arn = (self._found() or {}).get("ScalableTargetARN")
        if not arn:
            return
        now = self._tags(arn)
        if changed := {key: value for key, value in tags.items() if now.get(key) != value}:
            ask(self._client, "tag_resource", ResourceARN=arn, Tags=changed)
        if gone := [key for key in before if key not in tags and key in now]:
            ask(self._client, "untag_resource", ResourceARN=arn, TagKeys=gone)

    def _tags(self, arn: str) -> dict[str, str]:
        tags: dict[str, str] = ask(self._client, "list_tags_for_resource", ResourceARN=arn).get("Tags", {})
        return tags

    def _found(self) -> dict[str, Any] | None:
        answer = ask(
            self._client,
            "describe_scalable_targets",
            ServiceNamespace=SERVICE,
            ResourceIds=[self._resource],
            ScalableDimension=DIMENSION,
        )
        targets: list[dict[str, Any]] = answer["ScalableTargets"]
        return targets[0] if targets else None


def _is_same_policy(found: Scaling, wanted: Scaling) -> bool:
    return found["policy_name"] == wanted["policy_name"] and {**_ADDED, **found["policy"]} == {
        **_ADDED,
        **wanted["policy"],
    }
