"""A version of a registered model."""

from typing import TypedDict

import pulumi


class ModelPinArgs(TypedDict):
    """A registered version of a model, and its digest."""

    version: pulumi.Input[str]
    """The version's number in the registry."""
    digest: pulumi.Input[str]
    """Digest of the version's files: `sha256:` and 64 hexadecimal digits."""
