"""The commands about images: `images`, `load`, `pin` and `requirements`."""

from typing import Annotated

import typer
from rich.table import Table

from sandbox import paths, progress
from sandbox.bring_up import current_cluster
from sandbox.cluster import users_context
from sandbox.errors import SandboxError
from sandbox.images import pins, requirements
from sandbox.images.building import build
from sandbox.images.catalog import FEATURE_STORE_IMAGE_NAMES, IMAGE_NAMES, KNOWN_IMAGE_NAMES, ImageBuild
from sandbox.images.delivery import deliver, load

_WHICH = f"Which: {', '.join(IMAGE_NAMES)}; all of them by default. Also {', '.join(FEATURE_STORE_IMAGE_NAMES)}."
_Names = Annotated[list[str] | None, typer.Argument(help=_WHICH)]
_Check = Annotated[bool, typer.Option("--check", help="Change nothing; exit with 1 where something would change.")]


def register(application: typer.Typer) -> None:
    """Add the commands to `python -m sandbox`."""
    application.command("images")(images)
    application.command("load")(load_images)
    application.command("pin")(pin)
    application.command("requirements")(write_requirements)


def images(
    names: _Names = None,
    context: Annotated[
        str | None,
        typer.Option(help=f"A context of your own ({users_context.VARIABLE}).", metavar="NAME"),
    ] = None,
    *,
    build_only: Annotated[bool, typer.Option("--build-only", help="Do not bring them to the cluster.")] = False,
) -> None:
    """Build the images that changed and bring them to the cluster."""
    wanted = tuple(names or IMAGE_NAMES)
    if unknown := sorted(set(wanted) - set(KNOWN_IMAGE_NAMES)):
        raise SandboxError(f"images: got {', '.join(unknown)}, expected some of {', '.join(KNOWN_IMAGE_NAMES)}")
    builds = build(wanted)
    if not build_only:
        for reference in deliver(builds, current_cluster(users_context.named(context))).values():
            progress.say(reference)
    progress.console.print(table(list(builds.values())))


def load_images(
    references: Annotated[list[str], typer.Argument(help="Images as a stack pins them: localhost/<name>:<content>.")],
    context: Annotated[
        str | None,
        typer.Option(help=f"A context of your own ({users_context.VARIABLE}).", metavar="NAME"),
    ] = None,
) -> None:
    """Bring images that `mlops build` has made, and not pushed, to the cluster's nodes."""
    cluster = current_cluster(users_context.named(context))
    for reference in references:
        load(reference, cluster)


def pin(*, check: _Check = False) -> None:
    """Bring the image pins of stacks/*-local.yaml up to date with the checkout."""
    changed = pins.stale() if check else pins.update()
    for change in changed:
        progress.say(f"{change.file.relative_to(paths.checkout())}: {change.found} -> {change.wanted}")
    if not changed:
        progress.say("✓ pins: up to date")
    elif check:
        raise SandboxError(f"stacks: {len(changed)} image pins differ from the checkout", "run `python -m sandbox pin`")


def write_requirements(*, check: _Check = False) -> None:
    """Bring images/*/requirements.txt up to date with uv.lock."""
    changed = (
        [requirements.requirements_file(name, paths.checkout()) for name in requirements.stale()]
        if check
        else requirements.write()
    )
    for file in changed:
        progress.say(str(file.relative_to(paths.checkout())))
    if not changed:
        progress.say("✓ requirements: up to date")
    elif check:
        raise SandboxError(
            f"images: {len(changed)} requirement files differ from uv.lock", "run `python -m sandbox requirements`"
        )


def table(builds: list[ImageBuild]) -> Table:
    """Images with their sizes, for a person.

    Args:
        builds: In the order of rows.
    """
    shown = Table(box=None, pad_edge=False)
    shown.add_column("image")
    shown.add_column("unpacked", justify="right")
    shown.add_column("archive", justify="right")
    for one in builds:
        shown.add_row(one.tag, f"{one.size_bytes / 1e6:.0f} MB", f"{one.archive_bytes / 1e6:.0f} MB")
    return shown
