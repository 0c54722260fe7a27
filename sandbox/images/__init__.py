"""Container images: content tags, building what changed, bringing it to the cluster, pins in the stack files."""

from collections.abc import Sequence

from sandbox.cluster.target import Cluster
from sandbox.images.building import build, built
from sandbox.images.catalog import IMAGE_NAMES, ImageBuild
from sandbox.images.content import content_tag, tagged_name
from sandbox.images.delivery import deliver

__all__ = ["IMAGE_NAMES", "ImageBuild", "build", "built", "content_tag", "deliver", "ensure", "tagged_name"]


def ensure(cluster: Cluster, names: Sequence[str] = IMAGE_NAMES, registry: str | None = None) -> dict[str, str]:
    """Build the images that changed and bring them to a cluster; nothing to do means seconds.

    Args:
        cluster: Where they are to run.
        names: Images wanted.
        registry: Registry and path to push to on a cluster of the user's own; MLOPS_IMAGE_REGISTRY by default.

    Returns:
        The reference to pin in a stack, by image name.

    Raises:
        SandboxError: When a build or the delivery fails.
    """
    return deliver(build(names), cluster, registry)
