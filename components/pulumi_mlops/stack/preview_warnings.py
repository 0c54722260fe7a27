"""What a preview tells of an edit: it alone sees what the stack was and what it becomes."""

from typing import Any

import pulumi

from pulumi_mlops.stack import volume_class
from pulumi_mlops.stack.losses import data_places, losses
from pulumi_mlops.stack.model import StackConfig
from pulumi_mlops.stack.volumes import Resizing, resizings

OUTPUT = "data_places"
_MOVE = "move the registry to another volume: mlops registry backup and restore"


class RefusedVolumeError(pulumi.RunError):
    """A volume cannot become what is asked for. Pulumi shows a RunError's text, and any other's traceback."""


def warn_of_losses(config: StackConfig) -> None:
    """Export where the stack keeps its data, and tell in a preview what an edit would take away, or cannot have.

    The settings of before are those in the stack's own outputs. An update does not read them: by then it was decided.

    Args:
        config: The configuration of the stack that Pulumi runs.
    """
    now = data_places(config)
    pulumi.export(OUTPUT, now)
    if not pulumi.runtime.is_dry_run():
        return
    kubernetes = config.platform.kubernetes
    context = "" if kubernetes is None else kubernetes.context
    name = f"{pulumi.get_organization()}/{pulumi.get_project()}/{pulumi.get_stack()}"
    before = pulumi.StackReference("before", stack_name=name).get_output(OUTPUT)
    before.apply(lambda places: _tell(places or {}, now, context))


def _tell(before: dict[str, Any], now: dict[str, Any], context: str) -> None:
    for told in losses(before, now):
        pulumi.warn(told)
    refused = [refusal for change in resizings(before, now) if (refusal := refusal_of(change, context)) is not None]
    if refused:
        raise RefusedVolumeError("\n".join(refused))


def refusal_of(change: Resizing, context: str) -> str | None:
    """Return why a volume cannot have another size; None where it can. Where that cannot be known, it is warned of.

    Args:
        change: The other size.
        context: The context of the stack's cluster.
    """
    if not change.is_growth:
        return change.refusal("Kubernetes does not shrink a volume", _MOVE)
    try:
        storage_class = volume_class.forbids_growth(context, *change.claim)
    except volume_class.UnknownClassError as error:
        pulumi.warn(
            f"{change.path}: grows from {change.before} to {change.now} GiB, and whether its StorageClass lets a "
            f"volume grow (allowVolumeExpansion) could not be read: {error}"
        )
        return None
    if storage_class is None:
        return None
    why = f"its StorageClass {storage_class} does not say allowVolumeExpansion: true, so the API server refuses it"
    return change.refusal(why, _MOVE)
