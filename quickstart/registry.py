"""What the stack's own model registry knows, by its REST interface."""

import urllib.parse
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from pulumi_mlops._shared.names import DIGEST_TAG
from quickstart.personal_stack import ModelPin
from sandbox.errors import SandboxError

_IMAGE_TAG = "mlops.image"
_MOST_VERSIONS = 200


class Registry(Protocol):
    """How the registry is asked."""

    def get(self, path: str) -> Any:
        """Return the JSON that a path answers with."""


def newest_version(registry: Registry, workload: str, image: str) -> ModelPin | None:
    """Find the newest version of a workload's model that the given pipeline image trained, None when there is none."""
    query = urllib.parse.urlencode(
        {"filter": f"name='{workload}'", "max_results": _MOST_VERSIONS, "order_by": "version_number DESC"}
    )
    answer = registry.get(f"/api/2.0/mlflow/model-versions/search?{query}")
    if not isinstance(answer, Mapping):
        raise SandboxError(f"the model registry: got {answer!r}, expected an object with model_versions")
    return newest_of(answer.get("model_versions", []), image)


def newest_of(versions: Sequence[Mapping[str, Any]], image: str) -> ModelPin | None:
    """Pick the highest version that an image trained and whose digest is known."""
    pins = [
        ModelPin(version=int(version["version"]), digest=tags[DIGEST_TAG])
        for version in versions
        if (tags := _tags(version)).get(_IMAGE_TAG) == image and DIGEST_TAG in tags
    ]
    return max(pins, key=lambda pin: pin.version, default=None)


def _tags(version: Mapping[str, Any]) -> dict[str, str]:
    return {tag["key"]: tag["value"] for tag in version.get("tags", [])}
