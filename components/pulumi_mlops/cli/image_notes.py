"""What is worth knowing of a stack's images and no problem: they go together, and are not of the project as it is.

So it is with every stack that has yet to be promoted: an environment runs what it was given.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from pulumi_mlops.image.errors import ImageError
from pulumi_mlops.stack.document import StackDocument
from pulumi_mlops.stack.file import read_document
from pulumi_mlops.stack.images import is_known, pinned
from pulumi_mlops.stack.model import WORKLOAD_IMAGES
from pulumi_mlops.stack.project import Project


def notes_on(file: Path, project: Project) -> Iterator[str]:
    """Yield a line for each image that was built before something of it changed, as far as that is known.

    Args:
        file: A stack file without problems.
        project: Its project.
    """
    document = read_document(file, project.name, source=str(file))
    stack = file.name.removeprefix("Pulumi.").removesuffix(".yaml")
    yield from _placeholders(document, stack)
    workloads = [
        workload
        for workload in document.keys_at("workloads")
        if any(is_known(document, workload, image) for image in WORKLOAD_IMAGES)
    ]
    if not workloads:
        return
    from pulumi_mlops.cli.build import Request, changes_of, prepared_of  # noqa: PLC0415 - most stacks need none of it

    for workload in workloads:
        try:
            images = prepared_of(project, document, Request(stack, workload))
        except ImageError as error:
            yield f"{file}: {workload}: not known whether its images are of the project as it stands: {error}"
            continue
        for image, changed in changes_of(document, images):
            yield (
                f"{file}: mlops:workloads.{workload}: the image {image.order.image} was built before a change of "
                f"{changed}; to bring it up to date, run mlops build {workload} --stack {stack}"
            )


def _placeholders(document: StackDocument, stack: str) -> Iterator[str]:
    """Yield a line for each image that a new project's stack pins in the place of one that is yet to be built."""
    for workload in document.keys_at("workloads"):
        for image in WORKLOAD_IMAGES:
            _, reference = pinned(document, workload, image)
            if isinstance(reference, str) and re.search(r":0+$", reference):
                yield (
                    f"{document.source}: mlops:workloads.{workload}: the image {image} is a placeholder, and no "
                    f"pod can start of it; to build it, run mlops build {workload} --stack {stack}"
                )
