"""The images of this project and what is known of one that was built."""

from dataclasses import dataclass

IMAGE_NAMES = ("pipeline", "serving", "registry", "postgres")
"""What is built wherever no name is given."""

FEATURE_STORE_IMAGE_NAMES = ("feature_store", "redis")
"""What a stack with a feature store runs besides. Most have none, and Feast is large: built where it is asked for."""

KNOWN_IMAGE_NAMES = (*IMAGE_NAMES, *FEATURE_STORE_IMAGE_NAMES)

REPOSITORY_PREFIX = "localhost/pulumi-mlops"
"""`localhost` is no registry that a node would ask: these images are there or the pod says so."""


@dataclass(frozen=True)
class ImageBuild:
    """An image that was built.

    Attributes:
        name: One of `KNOWN_IMAGE_NAMES`.
        tag: `localhost/pulumi-mlops/<name>:<content tag>`, the same on every machine.
        reference_by_digest: `localhost/pulumi-mlops/<name>@sha256:<digest>` of this very build.
        size_bytes: What its layers take when unpacked; images on the same base share that layer.
        archive_bytes: What its archive takes in the cache, layers compressed.
    """

    name: str
    tag: str
    reference_by_digest: str
    size_bytes: int
    archive_bytes: int

    @property
    def digest(self) -> str:
        """`sha256:<hex>` of the image's manifest."""
        return self.reference_by_digest.partition("@")[2]


def repository(name: str) -> str:
    """Return an image's name without tag or digest."""
    return f"{REPOSITORY_PREFIX}/{name}"
