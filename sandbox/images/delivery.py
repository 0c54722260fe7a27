"""Bringing built images to where a cluster finds them."""

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sandbox import commands, packages, paths, progress
from sandbox.cluster.target import Cluster
from sandbox.errors import SandboxError
from sandbox.files import exclusive
from sandbox.images.building import archive_of, choose
from sandbox.images.catalog import ImageBuild

REGISTRY_VARIABLE = "MLOPS_IMAGE_REGISTRY"

_KIND_PREFIX = "kind-"
_NAMESPACE = "k8s.io"


def deliver(builds: Mapping[str, ImageBuild], cluster: Cluster, registry: str | None = None) -> dict[str, str]:
    """Brings images to a cluster.

    The sandbox's own node and kind's nodes get them by import, every other cluster by a push to a registry.

    Args:
        builds: What `build` returned.
        cluster: Where they are to run.
        registry: Registry and path to push to, such as `registry.example.com/team`; MLOPS_IMAGE_REGISTRY by default.
            Named, it is used for kind's nodes too.

    Returns:
        The reference to pin in a stack, by image name: by digest; for imports into kind by content tag, which is all
        that its nodes know the image by.

    Raises:
        SandboxError: When the import or push fails, or the cluster needs a registry and none is named.
    """
    if cluster.containerd_socket is not None:
        return _import(builds, cluster.containerd_socket)
    way = way_to(cluster.context, registry)
    return _push(builds, way.registry) if way.registry else _load_into_kind(builds, way.kind_cluster or "")


def load(reference: str, cluster: Cluster) -> None:
    """Brings an image that `mlops build` has made, and not pushed, to the nodes that take images by import.

    Args:
        reference: The image as a stack pins it, `localhost/<name>:<content>`.
        cluster: Where it is to run.

    Raises:
        SandboxError: When there is no such image, the import fails, or the cluster's nodes take images from a registry.
    """
    socket = cluster.containerd_socket
    if socket is None and not cluster.context.startswith(_KIND_PREFIX):
        raise SandboxError(
            f"image {reference}: the nodes of {cluster.context} take images from a registry alone",
            "name one in the stack's images.repository, and run `mlops build` again",
        )
    if socket is not None and reference in imported(socket):
        return
    with (
        progress.step(f"load image {reference}"),
        tempfile.TemporaryDirectory(prefix="load-", dir=paths.claim(paths.cache_root())) as folder,
    ):
        archive = Path(folder) / "image.tar"
        choose().export(reference, archive, is_kept=False)
        if socket is None:
            name = cluster.context.removeprefix(_KIND_PREFIX)
            commands.run(["kind", "load", "image-archive", "--name", name, archive], timeout_seconds=600)
            return
        _ctr(socket, "images", "import", "--base-name", reference.rpartition(":")[0], archive)
        if reference not in imported(socket):
            raise SandboxError(f"image {reference}: imported, and yet containerd does not know it", "run this again")


@dataclass(frozen=True)
class Way:
    """How images reach a cluster of the user's own: one of the two is set.

    Attributes:
        registry: Registry and path to push to.
        kind_cluster: Name of the kind cluster whose nodes they are loaded into.
    """

    registry: str | None = None
    kind_cluster: str | None = None

    @property
    def description(self) -> str:
        """The way, as told to the person."""
        return f"pushed to {self.registry}" if self.registry else f"loaded into kind cluster {self.kind_cluster}"


def registry_named() -> str | None:
    """Return the registry and path that MLOPS_IMAGE_REGISTRY names; None when it names none."""
    return os.environ.get(REGISTRY_VARIABLE, "").rstrip("/") or None


def way_to(context: str, registry: str | None = None) -> Way:
    """Find the way to a cluster of the user's own; changes nothing.

    Args:
        context: The cluster's context.
        registry: Registry and path to push to; MLOPS_IMAGE_REGISTRY by default.

    Raises:
        SandboxError: When the cluster needs a registry and none is named.
    """
    if target := (registry or "").rstrip("/") or registry_named():
        return Way(registry=target)
    if context.startswith(_KIND_PREFIX):
        return Way(kind_cluster=context.removeprefix(_KIND_PREFIX))
    raise SandboxError(
        f"context {context}: its nodes can get images from a registry alone, and none is named",
        f"set {REGISTRY_VARIABLE} to a registry that you can push to and the nodes can pull from, "
        "such as registry.example.com/team",
    )


def imported(socket: Path) -> set[str]:
    """Return the references that a node's containerd knows.

    Args:
        socket: Where it listens.

    Raises:
        SandboxError: When it does not run.
    """
    if not socket.exists():
        raise SandboxError(f"{socket}: no containerd listens there; the cluster is down", "run `python -m sandbox up`")
    return set(_ctr(socket, "images", "list", "--quiet").split())


def _import(builds: Mapping[str, ImageBuild], socket: Path) -> dict[str, str]:
    with exclusive(paths.claim(paths.state_root()) / "locks" / "images", "importing images"):
        present = imported(socket)
        for build in builds.values():
            if {build.tag, build.reference_by_digest} <= present:
                continue
            with progress.step(f"import image {build.name}"):
                _import_one(build, socket)
    return {name: build.reference_by_digest for name, build in builds.items()}


def _import_one(build: ImageBuild, socket: Path) -> None:
    repository, _, tag = build.tag.rpartition(":")
    _ctr(socket, "images", "import", "--base-name", repository, archive_of(build.name, tag))
    if build.tag not in imported(socket):
        raise SandboxError(f"image {build.tag}: imported, and yet containerd does not know it", "run this again")
    # The tag may have been another build of the same content, imported before.
    _ctr(socket, "images", "tag", "--force", build.tag, build.reference_by_digest)


def _ctr(socket: Path, *arguments: str | Path) -> str:
    command = [packages.tool("ctr"), "--address", socket, "--namespace", _NAMESPACE, *arguments]
    return commands.run(command, environment=packages.environment(), timeout_seconds=600)


def _load_into_kind(builds: Mapping[str, ImageBuild], cluster_name: str) -> dict[str, str]:
    for build in builds.values():
        with progress.step(f"load image {build.name} into kind cluster {cluster_name}"):
            tag = build.tag.rpartition(":")[2]
            commands.run(
                ["kind", "load", "image-archive", "--name", cluster_name, archive_of(build.name, tag)],
                timeout_seconds=600,
            )
    return {name: build.tag for name, build in builds.items()}


def _push(builds: Mapping[str, ImageBuild], registry: str) -> dict[str, str]:
    builder = choose()
    references = {}
    for name, build in builds.items():
        repository = f"{registry}/{name}"
        tag = build.tag.rpartition(":")[2]
        with progress.step(f"push image {name} to {registry}"):
            digest = builder.push(archive_of(name, tag), build.tag, f"{repository}:{tag}")
        references[name] = f"{repository}@{digest}"
    return references
