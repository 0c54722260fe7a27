"""What a preview warns of: it alone sees what the stack was and what it becomes."""

from typing import Any

import pulumi

from pulumi_mlops.stack.losses import data_places, losses
from pulumi_mlops.stack.model import StackConfig

OUTPUT = "data_places"


def warn_of_losses(config: StackConfig) -> None:
    """Export where the stack keeps its data, and warn in a preview of what an edit would take away.

    The settings of before are those in the stack's own outputs. An update does not read them: by then it was decided.

    Args:
        config: The configuration of the stack that Pulumi runs.
    """
    now = data_places(config)
    pulumi.export(OUTPUT, now)
    if not pulumi.runtime.is_dry_run():
        return
    name = f"{pulumi.get_organization()}/{pulumi.get_project()}/{pulumi.get_stack()}"
    before = pulumi.StackReference("before", stack_name=name).get_output(OUTPUT)
    before.apply(lambda places: _warn(places or {}, now))


def _warn(before: dict[str, Any], now: dict[str, Any]) -> None:
    for told in losses(before, now):
        pulumi.warn(told)
