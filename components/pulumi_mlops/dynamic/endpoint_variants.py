"""What an endpoint's variants are asked to be, held against what SageMaker says of them: pure logic."""

from collections.abc import Mapping, Sequence
from typing import Any

Variant = Mapping[str, Any]
"""A variant as it is asked for: `variant_name`, and, where it has machines, `instance_type`, `instances_min` and
`instances_max`."""


def has_machines(variants: Sequence[Variant]) -> bool:
    """Tell whether the variants have machines; a serverless one has none."""
    return any("instance_type" in variant for variant in variants)


def changes_machines(variants: Sequence[Variant], configuration: Mapping[str, Any] | None) -> bool:
    """Tell whether a variant gets another instance type than its present configuration has.

    Args:
        variants: As they are asked for.
        configuration: What DescribeEndpointConfig says of the present one; None where it is gone, and so unknown.
    """
    if configuration is None:
        return True
    now = {name: described.get("InstanceType") for name, described in _described(configuration)}
    return any(
        now.get(variant["variant_name"]) not in (None, variant.get("instance_type"))
        for variant in variants
        if "instance_type" in variant
    )


def not_retained(variants: Sequence[Variant], endpoint: Mapping[str, Any]) -> list[str]:
    """Return the properties that an update must take from the new configuration, and not from what is there.

    The weights always: nothing else sets them. The machines where their number is fixed, or has to grow to the least
    that there may be, which is what the configuration says; one that follows the load is kept.
    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_VariantProperty.html
    """
    now = _counts(endpoint)
    follows_load = [one for one in variants if one.get("instances_max", 0) > one.get("instances_min", 0)]
    kept = bool(follows_load) and all(now.get(one["variant_name"], 0) >= one["instances_min"] for one in follows_load)
    return ["DesiredWeight"] if kept else ["DesiredWeight", "DesiredInstanceCount"]


def counts_to_set(variants: Sequence[Variant], endpoint: Mapping[str, Any]) -> dict[str, int]:
    """Return how many machines each variant must get that has fewer or more than it may, by the variant's name."""
    now = _counts(endpoint)
    wanted = {
        one["variant_name"]: min(max(now[one["variant_name"]], one["instances_min"]), one["instances_max"])
        for one in variants
        if "instances_min" in one and one["variant_name"] in now
    }
    return {name: count for name, count in wanted.items() if count != now[name]}


def _counts(endpoint: Mapping[str, Any]) -> dict[str, int]:
    counts = {
        name: described.get("DesiredInstanceCount", described.get("CurrentInstanceCount"))
        for name, described in _described(endpoint)
    }
    return {name: int(count) for name, count in counts.items() if count is not None}


def _described(document: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    members = ("ProductionVariants", "ShadowProductionVariants")
    return [(one["VariantName"], one) for member in members for one in document.get(member) or []]
