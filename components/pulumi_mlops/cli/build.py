"""`mlops build`: the images of a stack's workloads, built where they have changed, pushed and pinned."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import typer
from rich.console import Console

from pulumi_mlops._shared.files import write_atomically
from pulumi_mlops._shared.suggest import did_you_mean
from pulumi_mlops.cli.output import FAILED, code_prints_to_stderr, print_json, say_error, told_errors
from pulumi_mlops.image import records
from pulumi_mlops.image.build import Prepared, deliver, differences, make, prepare
from pulumi_mlops.image.buildah import Buildah
from pulumi_mlops.image.builder import DOCKER, Builder, Login, choice
from pulumi_mlops.image.docker import Docker
from pulumi_mlops.image.errors import ImageError
from pulumi_mlops.image.records import ImageRecord, key_of
from pulumi_mlops.image.registry_login import login_to
from pulumi_mlops.stack.document import StackDocument
from pulumi_mlops.stack.edit import EditError
from pulumi_mlops.stack.encoded_text import decoded
from pulumi_mlops.stack.file import read_document
from pulumi_mlops.stack.image_orders import order_of, validate_without_pins
from pulumi_mlops.stack.image_pins import with_pins
from pulumi_mlops.stack.images import is_known, pinned
from pulumi_mlops.stack.model import WORKLOAD_IMAGES
from pulumi_mlops.stack.project import Project, ProjectError, find_project

_DETAIL_LENGTH = 100


@dataclass(frozen=True)
class Request:
    """What is asked for.

    Attributes:
        stack: The stack.
        workload: The workload; None: all of the stack.
        pushes: Whether to push. None: where the stack names a repository.
        again: Whether to build what has not changed as well.
    """

    stack: str
    workload: str | None = None
    pushes: bool | None = None
    again: bool = False


@dataclass(frozen=True)
class Result:
    """What came of one image."""

    prepared: Prepared
    reference: str
    outcome: str
    """`built`, `pushed` or `unchanged`."""
    size_bytes: int | None = None

    def to_document(self) -> dict[str, object]:
        """Return it as plain data, for `--json`."""
        order = self.prepared.order
        return {
            "workload": order.workload,
            "image": order.image,
            "reference": self.reference,
            "outcome": self.outcome,
            "size_bytes": self.size_bytes,
            "content": self.prepared.record.content,
        }


def build(request: Request, *, checks: bool, as_json: bool) -> None:
    """Build, push and pin the images of a stack's workloads.

    Args:
        request: What is asked for.
        checks: Whether to build nothing, and tell what has changed since the pinned images were built.
        as_json: Whether to write JSON for programs.

    Raises:
        typer.Exit: With code 1 when something failed, or is to be built and `checks` says to tell.
    """
    with told_errors(ImageError, EditError):
        project = find_project()
        file = project.stack_file(request.stack)
        document = read_document(file, project.name, source=project.shown(file))
        with code_prints_to_stderr():
            images = prepared_of(project, document, request)
        if checks:
            _tell_changes(document, images, as_json=as_json)
            return
        results = [*_results(images, document, again=request.again)]
        _pin(project, request.stack, document, results)
    if as_json:
        print_json({"stack": request.stack, "images": [result.to_document() for result in results]})
        return
    for result in results:
        size = f", {result.size_bytes / 1e6:.0f} MB unpacked" if result.size_bytes else ""
        order = result.prepared.order
        typer.echo(f"{order.workload} {order.image}: {result.outcome}{size}\n  {result.reference}")


def prepared_of(project: Project, document: StackDocument, request: Request) -> list[Prepared]:
    """Return the images that are asked for, with what each is going to be built from.

    Raises:
        ProjectError: When the stack has no such workload.
        ConfigError: When the stack is refused, whatever its images are pinned to.
        ImageError: When the project's lock file, Dockerfile or code cannot be used.
    """
    known = sorted(document.keys_at("workloads"))
    if request.workload is not None and request.workload not in known:
        raise ProjectError(
            f"stack {request.stack}: got the unknown workload {request.workload}, expected one of "
            f"{', '.join(known) or 'none'}, fix: {did_you_mean(request.workload, known) or 'name one of these'}"
        )
    workloads = known if request.workload is None else [request.workload]
    stack = validate_without_pins(document, workloads, pushes=request.pushes)
    return [
        prepare(order_of(stack, project.name, workload, image, pushes=request.pushes), project.root)
        for workload in workloads
        for image in WORKLOAD_IMAGES
    ]


def changes_of(document: StackDocument, images: Sequence[Prepared]) -> Iterator[tuple[Prepared, str]]:
    """Yield each image that is pinned by a record of another content, with what has changed since, in words."""
    for one in images:
        _, reference = pinned(document, one.order.workload, one.order.image)
        record = document.images.get(key_of(reference)) if isinstance(reference, str) else None
        if record is not None and record.workload == one.order.workload and (found := differences(record, one)):
            yield one, " and ".join(found)


def _tell_changes(document: StackDocument, images: Sequence[Prepared], *, as_json: bool) -> None:
    changed = [
        {"workload": one.order.workload, "image": one.order.image, "changed": what}
        for one, what in changes_of(document, images)
    ]
    unknown = [one for one in images if not is_known(document, one.order.workload, one.order.image)]
    changed += [
        {"workload": one.order.workload, "image": one.order.image, "changed": "never built by mlops build"}
        for one in unknown
    ]
    if as_json:
        print_json({"images": changed})
    for entry in () if as_json else changed:
        say_error(f"{entry['workload']} {entry['image']}: {entry['changed']}, fix: run mlops build {entry['workload']}")
    if changed:
        raise typer.Exit(FAILED)
    if not as_json:
        typer.echo(f"{len(images)} images checked, each is of the project as it stands")


def builder_of_this_machine() -> Builder:
    """Return what builds images here.

    Raises:
        ImageError: When there is neither Docker nor buildah.
    """
    return Docker() if choice() == DOCKER else Buildah()


def _results(images: Sequence[Prepared], document: StackDocument, *, again: bool) -> Iterator[Result]:
    builder: Builder | None = None
    logins: dict[str, Login | None] = {}
    for one in images:
        repository = one.order.repository
        known = None if again or repository is None else _pushed_before(document, one)
        if known is not None:
            yield Result(one, known, "unchanged")
            continue
        builder = builder or builder_of_this_machine()
        if repository is not None and repository not in logins:
            # Before the first build: a wrong credential is told in a second, and not after minutes.
            logins[repository] = login_to(repository)
        with _shown(f"build {one.order.workload} {one.order.image} with {builder.description}") as report:
            is_new = make(one, builder, report, again=again)
            report("push")
            reference = deliver(one, builder, logins.get(repository) if repository else None)
        outcome = "built" if is_new else "unchanged" if repository is None else "pushed"
        yield Result(one, reference, outcome, builder.size_bytes(one.local_name))


def _pushed_before(document: StackDocument, image: Prepared) -> str | None:
    """Return the reference of the same content in the same repository, where the project knows of one."""
    for key, record in document.images.items():
        same = (record.content, record.repository) == (image.record.content, image.order.repository)
        if same and key.startswith("sha256:"):
            return f"{record.repository}@{key}"
    return None


@contextmanager
def _shown(what: str) -> Iterator[Callable[[str], None]]:
    """Show a build on standard error: alive on a terminal, one line elsewhere."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    if not console.is_terminal:
        sys.stderr.write(f"{what}\n")
        yield lambda _: None
        return
    with console.status(what) as status:
        yield lambda line: status.update(f"{what}  [dim]{line[:_DETAIL_LENGTH].replace('[', '(')}[/]")


def _pin(project: Project, stack: str, document: StackDocument, results: Sequence[Result]) -> None:
    """Write the references into the stack file, and what they were built from beside it."""
    file = project.stack_file(stack)
    before = decoded(file.read_bytes())
    # A build takes minutes, in which the file may have been edited.
    lines = read_document(file, project.name).lines
    text = before
    # From the last line up: what is added below leaves the lines above where they are.
    workloads = dict.fromkeys(result.prepared.order.workload for result in results)
    for workload in sorted(workloads, key=lambda name: lines.get(("workloads", name), 0), reverse=True):
        of_it = [result for result in results if result.prepared.order.workload == workload]
        pins = {result.prepared.order.image: result.reference for result in of_it}
        text = with_pins(text, ["config", f"{project.name}:workloads", workload], pins, lines)
    known: dict[str, ImageRecord] = {**document.images}
    known |= {key_of(result.reference): result.prepared.record for result in results}
    # The record first: a pin without one is an image that nothing is known of.
    others = [other.read_text(encoding="utf-8", errors="replace") for other in project.stack_files() if other != file]
    records.write(project.stacks / records.FILE_NAME, known, [text, *others])
    if text != before:
        write_atomically(file, text, mode=file.stat().st_mode & 0o777)
