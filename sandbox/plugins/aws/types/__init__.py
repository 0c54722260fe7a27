"""The resource types that are served."""

from sandbox.plugins.aws.errors import UnservedTypeError
from sandbox.plugins.aws.table import ResourceType
from sandbox.plugins.aws.types import cloudwatch, iam, s3, sagemaker_hosting, sagemaker_training
from sandbox.plugins.aws.types import scheduler as schedules

ALL: dict[str, ResourceType] = {
    each.pulumi_type: each
    for module in (cloudwatch, iam, s3, sagemaker_hosting, sagemaker_training, schedules)
    for each in module.TYPES
}


def resource_type(token: str) -> ResourceType:
    """Return a resource type.

    Raises:
        UnservedTypeError: There is no such one here.
    """
    found = ALL.get(token)
    if found is None:
        raise UnservedTypeError(
            f"{token}: this plugin stands in for pulumi-aws with {len(ALL)} resource types, and this is none of them; "
            f"expected one of {', '.join(sorted(each.title for each in ALL.values()))}, or the official plugin"
        )
    return found
