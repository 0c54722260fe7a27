"""The images that a stack's workloads need, as they are to be built. Pins are what comes of it: none are asked for."""

import copy
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pulumi_mlops.image.build import Order
from pulumi_mlops.image.builder import Format
from pulumi_mlops.stack import graphs
from pulumi_mlops.stack.document import StackDocument
from pulumi_mlops.stack.model import WORKLOAD_IMAGES, StackConfig
from pulumi_mlops.stack.platform.config import Target
from pulumi_mlops.stack.problems import ConfigError
from pulumi_mlops.stack.validate import validate

# SageMaker mounts folders that belong to root, and its hosting takes Docker's manifests for this platform alone.
_SAGEMAKER_USER = "0:0"
_SAGEMAKER_PLATFORM = "linux/amd64"
_NO_DIGEST = "sha256:" + "0" * 64
_NO_CONTENT = "localhost/none:" + "0" * 16


def validate_without_pins(document: StackDocument, workloads: Sequence[str], *, pushes: bool | None) -> StackConfig:
    """Judge a stack whose images are about to be built: all of it but what they are pinned to.

    Args:
        document: The stack as it was read.
        workloads: The workloads whose images are to be built.
        pushes: Whether they are pushed. None: where the stack names a repository.

    Raises:
        ConfigError: When anything else is wrong with it, or it names no repository where one is needed.
    """
    values: dict[str, Any] = copy.deepcopy(dict(document.values))
    needed = pushes or (pushes is None and document.at("platform", "target") == Target.SAGEMAKER.value)
    problems = []
    for workload in workloads:
        own, shared = ("workloads", workload, "images", "repository"), ("platform", "images", "repository")
        repository = document.at(*own) or document.at(*shared)
        if needed and repository is None:
            problems.append(
                document.problem(
                    shared,
                    got="nothing",
                    expected=f"the repository that the images of {workload} are pushed to",
                    fix="add repository: <registry>/<path>, or build with --no-push",
                )
            )
        is_pushed = pushes is not False and isinstance(repository, str)
        _set_pins(values, workload, f"{repository}@{_NO_DIGEST}" if is_pushed else _NO_CONTENT)
    if problems:
        raise ConfigError(problems)
    return validate(replace(document, values=values, images={}))


def _set_pins(values: dict[str, Any], workload: str, pin: str) -> None:
    workloads = values.get("workloads")
    if not isinstance(workloads, dict) or workload not in workloads:
        return
    settings = workloads[workload] = workloads[workload] if workloads[workload] is not None else {}
    if not isinstance(settings, dict):
        return
    images = settings["images"] = settings.get("images") or {}
    if isinstance(images, dict):
        images.update(dict.fromkeys(WORKLOAD_IMAGES, pin))


def order_of(stack: StackConfig, project: str, workload: str, image: str, *, pushes: bool | None) -> Order:
    """Return one image of a workload as it is to be built.

    Args:
        stack: The stack.
        project: The Pulumi project's name.
        workload: The workload.
        image: `pipeline` or `serving`.
        pushes: As for `validate_without_pins`.
    """
    is_on_sagemaker = stack.platform.target is Target.SAGEMAKER
    return Order(
        project=project,
        workload=workload,
        image=image,
        graph=graphs.load_graph(stack.graph_of(workload)).to_document(),
        repository=None if pushes is False else stack.repository_of(workload),
        format=Format.DOCKER if is_on_sagemaker else Format.OCI,
        platform=_SAGEMAKER_PLATFORM if is_on_sagemaker else None,
        arguments={"IMAGE_USER": _SAGEMAKER_USER} if is_on_sagemaker else {},
    )
