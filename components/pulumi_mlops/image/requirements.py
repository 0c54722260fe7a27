"""What an image installs: the versions and hashes of the project's lock file, of one of its groups or extras."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from pulumi_mlops._shared.processes import ProcessError, run
from pulumi_mlops.image.definitions import PIPELINE, SERVING
from pulumi_mlops.image.errors import ImageError

THIS_PACKAGE = "pulumi-mlops"
INFRASTRUCTURE = ("pulumi", "ruamel-yaml")
"""What this package needs in a program that declares infrastructure, and no pod does."""

# Groups and extras by image, the most particular first.
_NAMES: Mapping[str, tuple[str, ...]] = {
    PIPELINE: ("{workload}-training", "training", "pipelines"),
    SERVING: ("{workload}-serving", "serving"),
}
# What is left out of every image: by whom it is brought that imports it in no pod. Who else brings it needs it.
_NEEDLESS: Mapping[str, frozenset[str]] = {
    "pulumi": frozenset({THIS_PACKAGE, "pulumi-aws", "pulumi-kubernetes"}),
    "ruamel-yaml": frozenset({THIS_PACKAGE}),
    "pillow": frozenset({"kserve"}),
}
_PINNED = re.compile(r"[A-Za-z0-9][\w.-]*(\[[^\]]*\])?==")


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
    project = _toml(root / "pyproject.toml")
    groups = project.get("dependency-groups", {})
    extras = project.get("project", {}).get("optional-dependencies", {})
    names = [name.format(workload=workload) for name in _NAMES[image]]
    for name in names:
        if name in groups or name in extras:
            wanted = Selection("group" if name in groups else "extra", name, ())
            return replace(wanted, without=needless(_toml(root / "uv.lock"), wanted))
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
            f"{root / 'uv.lock'}: got {error}, expected the packages of {selection}",
            "install uv (`pip install uv`) and run `uv lock`",
        ) from error
    if unpinned := [line for line in listed.splitlines() if line[:1] not in "# \t" and not _PINNED.match(line)]:
        raise ImageError(
            f"{root / 'uv.lock'}: {selection}: got {', '.join(unpinned)}, expected packages of an index by version",
            "publish it to an index, or copy its code in a Dockerfile of the project's own",
        )
    return listed


def needless(lock: Mapping[str, Any], selection: Selection) -> tuple[str, ...]:
    """Return the packages that a selection brings and that no pod needs: none that anything else in it asks for.

    Args:
        lock: What uv.lock holds.
        selection: The group or extra.
    """
    packages = {str(package["name"]): package for package in lock.get("package", ())}
    own: Mapping[str, Any] = next((one for one in packages.values() if "." in one.get("source", {}).values()), {})
    if selection.kind == "group":
        first = own.get("dev-dependencies", {}).get(selection.name, [])
    else:
        first = [*own.get("dependencies", []), *own.get("optional-dependencies", {}).get(selection.name, [])]
    askers: dict[str, set[str]] = {}
    # The project asks for what it brings as this package does, where it is this package.
    waiting = [(str(own.get("name")) if selection.kind == "extra" else "", one) for one in first]
    seen: set[tuple[str, str]] = set()
    while waiting:
        asker, wanted = waiting.pop()
        name = str(wanted["name"])
        askers.setdefault(name, set()).add(asker)
        package = packages.get(name, {})
        for extra in ("", *wanted.get("extra", ())):
            if (name, extra) not in seen:
                seen.add((name, extra))
                more = (
                    package.get("optional-dependencies", {}).get(extra, [])
                    if extra
                    else package.get("dependencies", [])
                )
                waiting += [(name, one) for one in more]
    return tuple(name for name, bringers in _NEEDLESS.items() if askers.get(name, set()) <= bringers)


def _toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_bytes().decode("utf-8-sig"))
    except (OSError, ValueError) as error:
        raise ImageError(f"{file}: got {error}, expected the project's packages", "write it, then `uv lock`") from error
