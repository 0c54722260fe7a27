"""What processing jobs of several components have in common: the machine that they run on, and its network. Pure."""

from collections.abc import Sequence
from typing import Any

import pulumi

from pulumi_mlops._shared.aws.volumes import has_own_disks
from pulumi_mlops._shared.documents import Document, without_none
from pulumi_mlops._shared.inputs import combine


def machine(instance_type: str, volume_gib: int, kms_key_arn: pulumi.Input[str] | None) -> Document:
    """Return a job's one machine. Disks of an instance's own are encrypted by their hardware, without a key."""
    encrypts = kms_key_arn is not None and not has_own_disks(instance_type)
    return without_none(
        {
            "InstanceCount": 1,
            "InstanceType": instance_type,
            "VolumeSizeInGB": volume_gib,
            "VolumeKmsKeyId": kms_key_arn if encrypts else None,
        }
    )


def network(subnet_ids: Sequence[pulumi.Input[str]], security_group_ids: Sequence[pulumi.Input[str]]) -> Any:
    """Return the network that a job is in, in an order that does not change; None for SageMaker's own."""
    if not subnet_ids:
        return None
    return combine(
        lambda groups, subnets: {"SecurityGroupIds": sorted(groups), "Subnets": sorted(subnets)},
        list(security_group_ids),
        list(subnet_ids),
    )
