"""What fetching needs of a model registry."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


class RegistryUnavailableError(Exception):
    """The registry cannot be reached or fails in itself: it may be worth another try."""


class RegistryRefusalError(Exception):
    """The registry answered, and the answer will not change: no such version, no permission, not ready."""


@dataclass(frozen=True, slots=True)
class RegisteredVersion:
    """A version as the registry has it: the digest of its tag, None without one, and where its files are."""

    digest: str | None
    artifact_uri: str


class Registry(Protocol):
    """A model registry."""

    @property
    def url(self) -> str:
        """Its address."""

    def version(self, model: str, version: str) -> RegisteredVersion:
        """Look a version up.

        Raises:
            RegistryRefusalError: It is not there or not ready.
            RegistryUnavailableError: It cannot be told now.
        """

    def sizes(self, artifact_uri: str) -> list[int]:
        """List the sizes of a version's files in bytes, as far as they are known.

        Raises:
            RegistryRefusalError: They are not there.
            RegistryUnavailableError: They cannot be had now.
        """

    def download(self, artifact_uri: str, target: Path) -> Path:
        """Download a version's files below `target` and return the folder that holds them.

        Raises:
            RegistryRefusalError: They are not there.
            RegistryUnavailableError: They cannot be had now.
        """
