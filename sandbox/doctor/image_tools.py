"""Looking for what builds the images, and for the way on which they reach the cluster."""

import shutil

from pulumi_mlops.image.builder import DOCKER
from sandbox import images
from sandbox.doctor.finding import Finding, State
from sandbox.doctor.machine import packaged
from sandbox.errors import SandboxError
from sandbox.images import building, delivery
from sandbox.packages.catalog import IMAGES


def image_builder(context: str | None = None) -> Finding:
    """Docker, or buildah as root; needless where every image is built and none is pushed.

    Args:
        context: The context of the user's own cluster; None for a node of the sandbox.
    """
    name = "image builder"
    pushes = context is not None and delivery.registry_named() is not None
    if not pushes and len(images.built()) == len(images.IMAGE_NAMES):
        return Finding(name, State.FOUND, "not needed: every image is built")
    try:
        chosen = building.choice()
    except SandboxError as error:
        return Finding(name, State.MISSING, error.problem, error.fix)
    return Finding(name, State.FOUND, "Docker") if chosen == DOCKER else packaged(name, IMAGES)


def image_delivery(context: str) -> Finding:
    """Return the way of the images to a cluster of the user's own: kind's own, or a registry."""
    name = "way for images"
    try:
        way = delivery.way_to(context)
    except SandboxError as error:
        return Finding(name, State.MISSING, error.problem, error.fix)
    if way.kind_cluster is not None and shutil.which("kind") is None:
        fix = f"install it: https://kind.sigs.k8s.io, or set {delivery.REGISTRY_VARIABLE}"
        return Finding(name, State.MISSING, f"no kind on PATH, with which {context} gets images", fix)
    return Finding(name, State.FOUND, way.description)
