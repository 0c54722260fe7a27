"""A version of a registered model."""

from typing import TypedDict

import pulumi


class ModelPinArgs(TypedDict):
    """A registered version of a model, and what its bytes must be."""

    version: pulumi.Input[str]
    """The version's number in the registry."""
    digest: pulumi.Input[str]
    """Digest of the version's bytes: `sha256:` and 64 hexadecimal digits."""
