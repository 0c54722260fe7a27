"""What an edit does to the size of a volume that stays: Kubernetes shrinks none, and grows one if its class says so."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pulumi_mlops._shared import names
from pulumi_mlops.model_registry.args import RegistryDatabase
from pulumi_mlops.model_registry.config import OwnRegistry
from pulumi_mlops.model_registry.kubernetes.settings import ARTIFACTS_VOLUME_GIB
from pulumi_mlops.stack.platform.config import PlatformConfig

_POSTGRESQL_CLAIM = f"{names.database_of(names.REGISTRY)}-data"


@dataclass(frozen=True)
class Resizing:
    """Another size of a volume.

    Attributes:
        path: The setting.
        claim: Namespace and name of the PersistentVolumeClaim.
        before: Its size at the last update, in GiB.
        now: The size that is asked for, in GiB.
    """

    path: str
    claim: tuple[str, str]
    before: int
    now: int

    @property
    def is_growth(self) -> bool:
        """Whether it becomes larger."""
        return self.now > self.before

    def refusal(self, why: str, fix: str) -> str:
        """Return that it cannot be had."""
        kind = "most" if self.is_growth else "least"
        return (
            f"{self.path}: got {self.now}, expected at {kind} {self.before}, the GiB of the PersistentVolumeClaim "
            f"{'/'.join(self.claim)}: {why}, fix: put {self.before} back, or {fix}"
        )


def sizes(platform: PlatformConfig) -> dict[str, dict[str, Any]]:
    """Return the volumes that a stack on Kubernetes keeps, by the setting of their size.

    Args:
        platform: The stack's platform.
    """
    registry = platform.registry
    if not isinstance(registry, OwnRegistry) or platform.kubernetes is None:
        return {}
    is_postgresql = registry.database is RegistryDatabase.POSTGRESQL
    claim = _POSTGRESQL_CLAIM if is_postgresql else names.database_of(names.REGISTRY)
    found = {"database": {"claim": claim, "gib": registry.database_volume_gib}}
    if registry.artifacts_s3 is None:
        size = registry.artifacts_volume_gib or ARTIFACTS_VOLUME_GIB.default
        found["artifacts"] = {"claim": f"{names.REGISTRY}-artifacts", "gib": size}
    return {f"mlops:platform.registry.{role}_volume_gib": volume for role, volume in found.items()}


def resizings(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Resizing]:
    """Yield each volume that stays and changes its size.

    Args:
        before: The stack's `data_places` at the last update.
        now: The same of now.
    """
    if any(before.get(key) != now.get(key) for key in ("target", "namespace", "storage_class")):
        return
    known = before.get("volumes") or {}
    for path, volume in (now.get("volumes") or {}).items():
        earlier = known.get(path) or {}
        if earlier.get("claim") == volume["claim"] and int(earlier["gib"]) != volume["gib"]:
            yield Resizing(path, (str(now["namespace"]), volume["claim"]), int(earlier["gib"]), volume["gib"])
