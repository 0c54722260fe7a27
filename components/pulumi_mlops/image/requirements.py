"""What an image installs: the versions and hashes of the project's lock file, of one of its groups or extras."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pulumi_mlops._shared.processes import ProcessError, run
from pulumi_mlops.image.definitions import PIPELINE, SERVING
from pulumi_mlops.image.errors import ImageError

THIS_PACKAGE = "pulumi-mlops"
INFRASTRUCTURE = ("pulumi", "ruamel-yaml")
"""What this package needs in a program that declares infrastructure, and no pod does."""

# Groups and extras by image, the most particular first. What a server brings and never imports is left out of it.
_NAMES: Mapping[str, tuple[str, ...]] = {
    PIPELINE: ("{workload}-training", "training", "pipelines"),
    SERVING: ("{workload}-serving", "serving"),
}
_NEVER_IMPORTED: Mapping[str, tuple[str, ...]] = {SERVING: ("pillow",)}
_PINNED = re.compile(r"[A-Za-z0-9][\w.-]*(\[[^\]]*\])?==")
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*")


@dataclass(frozen=True)
class Selection:
    """The packages of one image.

    Attributes:
        kind: Whether `name` is a dependency group or an extra of the project.
        name: Its name.
        without: Packages left out of it, with what they alone bring.
    """

    kind: Literal["group", "extra"]
    name: str
    without: tuple[str, ...] = INFRASTRUCTURE

    def __str__(self) -> str:
        return f"{self.kind} `{self.name}`"


def selection_of(image: str, workload: str, root: Path) -> Selection:
    """Return what a project says of an image's packages: a dependency group, or else an extra.

    Args:
        image: `pipeline` or `serving`.
        workload: The workload, whose own group or extra comes first.
        root: The project's folder, with its pyproject.toml.

    Raises:
        ImageError: When the project has neither, or no pyproject.toml that can be read.
    """
    project = _project(root)
    groups = project.get("dependency-groups", {})
    extras = project.get("project", {}).get("optional-dependencies", {})
    names = [name.format(workload=workload) for name in _NAMES[image]]
    for name in names:
        if name in groups:
            return Selection("group", name, _left_out(image, groups[name]))
        if name in extras:
            return Selection("extra", name, _left_out(image, extras[name]))
    raise ImageError(
        f"{root / 'pyproject.toml'}: got neither a dependency group nor an extra {' or '.join(names)}, expected one "
        f"with the packages of the image {image}",
        f"add [dependency-groups] {names[1]} = […] and run `uv lock`",
    )


def export(root: Path, selection: Selection) -> str:
    """Read an image's requirements out of uv.lock.

    Args:
        root: The project's folder, with its uv.lock.
        selection: What the image installs.

    Returns:
        The text of a requirements.txt, every package with its hashes. This package itself is not in it.

    Raises:
        ImageError: When uv is missing, its lock file does not fit pyproject.toml, or something has no pinned version.
    """
    command = ["uv", "export", "--frozen", "--offline", "--quiet", "--no-header", "--no-annotate", "--no-emit-project"]
    command += ["--no-emit-package", THIS_PACKAGE, "--no-default-groups"]
    command += ["--only-group" if selection.kind == "group" else "--extra", selection.name]
    for package in selection.without:
        command += ["--prune", package]
    try:
        listed = run(command, folder=root, timeout_seconds=120)
    except ProcessError as error:
        raise ImageError(
            f"{root / 'uv.lock'}: {selection} cannot be read out of it: {error}",
            "install uv (`pip install uv`) and run `uv lock`",
        ) from error
    if unpinned := [line for line in listed.splitlines() if line[:1] not in "# \t" and not _PINNED.match(line)]:
        raise ImageError(
            f"{root / 'uv.lock'}: {selection}: got {', '.join(unpinned)}, expected packages of an index by version",
            "publish it to an index, or copy its code in a Dockerfile of the project's own",
        )
    return listed


def _left_out(image: str, listed: Sequence[object]) -> tuple[str, ...]:
    """Return what an image does without; what the project names itself is wanted."""
    named = {found[0].lower().replace("_", "-") for one in listed if (found := _NAME.match(str(one)))}
    return tuple(name for name in (*INFRASTRUCTURE, *_NEVER_IMPORTED.get(image, ())) if name not in named)


def _project(root: Path) -> dict[str, Any]:
    file = root / "pyproject.toml"
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ImageError(
            f"{file}: got {error}, expected the project's packages", "write it, and run `uv lock`"
        ) from error
