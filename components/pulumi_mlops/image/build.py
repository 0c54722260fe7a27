"""One image of a workload, from the project's files to a reference that a stack can pin."""

import hashlib
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pulumi_mlops.image import content, definitions, host, requirements, workload_code
from pulumi_mlops.image.builder import Builder, Format, Login, Recipe
from pulumi_mlops.image.content import GIVEN, Source, Sources
from pulumi_mlops.image.records import ImageRecord, graph_digest

TAG_LENGTH = 16

_ARGUMENTS = f"{GIVEN}arguments"


@dataclass(frozen=True)
class Order:
    """An image that is wanted.

    Attributes:
        project: The Pulumi project's name.
        workload: The workload.
        image: `pipeline` or `serving`.
        graph: The workload's step graph, as `StepGraph.to_document()` has it.
        repository: Where it is pushed to; None where it stays with the builder.
        format: Format of its manifest.
        platform: Where it is to run, such as `linux/amd64`; the builder's own by default.
        arguments: Build arguments.
    """

    project: str
    workload: str
    image: str
    graph: Mapping[str, object]
    repository: str | None
    format: Format = Format.OCI
    platform: str | None = None
    arguments: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Prepared:
    """An image that can be built, and what it is going to be built from.

    Attributes:
        order: What is wanted.
        files: The build context.
        record: What it is built from.
    """

    order: Order
    files: Sources
    record: ImageRecord

    @property
    def local_name(self) -> str:
        """The image's name at the builder: the same on every machine, and another as soon as its content is."""
        project = self.order.project.lower()
        name = f"{self.order.workload}-{self.order.image}"
        return f"localhost/{project}/{name}:{self.record.content[:TAG_LENGTH]}"

    @property
    def target(self) -> str | None:
        """Where the image is pushed to, with its tag; None where it stays with the builder."""
        if self.order.repository is None:
            return None
        tag = f"{self.order.workload}-{self.order.image}-{self.record.content[:TAG_LENGTH]}"
        return f"{self.order.repository}:{tag}"


def prepare(order: Order, root: Path) -> Prepared:
    """Return what goes into an image. Nothing is built.

    Args:
        order: The image.
        root: The project's folder.

    Raises:
        ImageError: When the project's lock file, Dockerfile or code cannot be used.
    """
    installed = requirements.export(root, requirements.selection_of(order.image, order.workload, root))
    is_pipeline = order.image == definitions.PIPELINE
    graph = str(order.graph["reference"])
    code: Mapping[str, Source] = workload_code.code_of(graph, root) if is_pipeline else {}
    choices = {"format": order.format.value, "platform": order.platform or ""}
    given: dict[str, Source] = {
        **definitions.given(order.image, arguments={**order.arguments, **choices}),
        f"{GIVEN}requirements.txt": installed.encode(),
        # An image without code of a project's own, or whose graph is an installed package, still has the folder.
        f"{GIVEN}workload/.workload": f"{order.workload}\n".encode(),
        **{f"{GIVEN}workload/{path}": source for path, source in code.items()},
        **{f"{GIVEN}runtime/{path}": source for path, source in workload_code.runtime_code().items()},
    }
    recipe = definitions.dockerfile_of(order.image, root)
    shown = str(recipe.relative_to(root) if recipe.is_relative_to(root) else recipe)
    files = content.sources(recipe, root, given, name=shown)
    record = ImageRecord(
        image=order.image,
        workload=order.workload,
        repository=order.repository or "",
        content=content.digest_of({**files, _ARGUMENTS: given[_ARGUMENTS]}),
        graphs={graph: graph_digest(order.graph)} if is_pipeline else {},
        source=workload_code.source_digest(code) if code else "",
        packages=f"sha256:{hashlib.sha256(installed.encode()).hexdigest()}",
    )
    return Prepared(order, files, record)


def make(prepared: Prepared, builder: Builder, report: Callable[[str], None], *, again: bool = False) -> bool:
    """Build an image unless the builder holds it.

    Args:
        prepared: The image.
        builder: What builds it.
        report: Called with each line that the builder writes.
        again: Whether to build it all the same.

    Returns:
        Whether it was built.

    Raises:
        ImageError: When the build fails.
    """
    if not again and builder.holds(prepared.local_name):
        return False
    with tempfile.TemporaryDirectory(prefix="mlops-build-") as name:
        folder = Path(name)
        context = folder / "context"
        context.mkdir()
        recipe = Recipe(
            tag=prepared.local_name,
            dockerfile=content.stage(prepared.files, context),
            context=context,
            arguments={**prepared.order.arguments, "MLOPS_CODE_VERSION": prepared.record.content[:TAG_LENGTH]},
            secrets=host.read_settings().write_secrets(folder),
            labels=prepared.record.labels(),
            format=prepared.order.format,
            platform=prepared.order.platform,
        )
        builder.build(recipe, report)
    return True


def deliver(prepared: Prepared, builder: Builder, login: Login | None) -> str:
    """Push an image where it is wanted, and return the reference to pin: by digest, or by content where it stays.

    Raises:
        ImageError: When the push fails.
    """
    if prepared.target is None:
        return prepared.local_name
    digest = builder.push(prepared.local_name, prepared.target, prepared.order.format, login)
    return f"{prepared.order.repository}@{digest}"


def differences(record: ImageRecord, prepared: Prepared) -> list[str]:
    """Return in words what of an image's ingredients is another now than when it was built; empty: nothing is."""
    now = prepared.record
    if record.content == now.content:
        return []
    pairs = {
        "the step graph": (record.graphs, now.graphs),
        "the workload's code": (record.source, now.source),
        "the locked packages": (record.packages, now.packages),
    }
    found = [name for name, (then, this) in pairs.items() if then != this]
    return found or ["its Dockerfile, its arguments or the version of pulumi-mlops"]
