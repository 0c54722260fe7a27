"""The version that a component is pinned to, as its arguments give it."""

from dataclasses import dataclass

import pulumi

from pulumi_mlops._shared import values
from pulumi_mlops._shared.arguments import Arguments


@dataclass(frozen=True)
class PinnedModel:
    """A registered version and the digest of its files."""

    version: pulumi.Input[str]
    digest: pulumi.Input[str]


def read_model(arguments: Arguments, path: str) -> PinnedModel | None:
    """Take the pin of a registered version; None where there is none."""
    if arguments.read(path) is None:
        return None
    version = arguments.read(f"{path}.version", values.version)
    return PinnedModel(version, arguments.read(f"{path}.digest", values.digest))
