"""Amazon's names for its resources."""

import re

_ARN = re.compile(r"arn:aws[a-z-]*:[a-zA-Z0-9-]+:[a-z0-9-]*:(aws|\d{12})?:.+")


def is_arn(text: str) -> bool:
    """Tells whether a text has the form of an ARN."""
    return _ARN.fullmatch(text) is not None


def partition(region: str) -> str:
    """Return the partition that a region lies in."""
    if region.startswith("cn-"):
        return "aws-cn"
    return "aws-us-gov" if region.startswith("us-gov-") else "aws"
