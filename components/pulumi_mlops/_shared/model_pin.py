"""The pin of a registered version, as a stack file has it."""

from typing import Annotated

from pydantic import field_serializer

from pulumi_mlops._shared.config_model import Model
from pulumi_mlops._shared.rules import Range
from pulumi_mlops._shared.values import Digest


class ModelPin(Model):
    """A registered version of a model."""

    version: Annotated[int, Range(1)]
    """The version's number in the registry."""

    digest: Digest
    """Digest of the version's files, as the registry shows it: sha256: and 64 hexadecimal digits."""

    @field_serializer("version")
    def _as_text(self, version: int) -> str:
        """Components take the number as text: an output of another stack may stand for it."""
        return str(version)
