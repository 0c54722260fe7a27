"""Reading an OCI archive: the digest and size of the image in it."""

import json
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.errors import SandboxError

_INDEX_TYPES = frozenset(
    {"application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json"}
)


@dataclass(frozen=True)
class ArchivedImage:
    """The one image of an archive.

    Attributes:
        digest: `sha256:<hex>` of its manifest.
        user: The user that its process runs as, such as `10001:10001`; empty for root.
        compressed_bytes: Sum of its layers as stored.
    """

    digest: str
    user: str
    compressed_bytes: int


def read(archive: Path) -> ArchivedImage:
    """Read the image of an OCI archive.

    Args:
        archive: A tar file in OCI image layout.

    Raises:
        SandboxError: When it is no such archive or holds other than one image.
    """
    try:
        with tarfile.open(archive) as opened:
            index = _document(opened, "index.json")
            descriptor = _only(index["manifests"], archive)
            document = _blob(opened, descriptor["digest"])
            if document.get("mediaType", descriptor["mediaType"]) in _INDEX_TYPES:
                images = [entry for entry in document["manifests"] if "platform" in entry and _is_image(entry)]
                descriptor = _only(images, archive)
                document = _blob(opened, descriptor["digest"])
            configuration = _blob(opened, document["config"]["digest"])
    except (KeyError, tarfile.TarError, json.JSONDecodeError) as error:
        raise SandboxError(f"{archive}: got {error}, expected an OCI archive", "remove it and build again") from error
    return ArchivedImage(
        digest=str(descriptor["digest"]),
        user=str(configuration.get("config", {}).get("User", "")),
        compressed_bytes=sum(int(layer["size"]) for layer in document["layers"]),
    )


def _is_image(descriptor: dict[str, Any]) -> bool:
    """Whether this is an image and not a record about its build."""
    return bool(descriptor["platform"].get("os") != "unknown")


def _only(descriptors: list[dict[str, Any]], archive: Path) -> dict[str, Any]:
    if len(descriptors) != 1:
        raise SandboxError(f"{archive}: got {len(descriptors)} images, expected one", "remove it and build again")
    return descriptors[0]


def _blob(opened: tarfile.TarFile, digest: str) -> dict[str, Any]:
    return _document(opened, f"blobs/{digest.replace(':', '/')}")


def _document(opened: tarfile.TarFile, member: str) -> dict[str, Any]:
    stream = opened.extractfile(member)
    if stream is None:
        raise KeyError(member)
    document: dict[str, Any] = json.load(stream)
    return document
