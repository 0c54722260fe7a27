"""Fetching packages with apt, without installing them: nothing of the system changes."""

import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from sandbox import commands
from sandbox.errors import SandboxError
from sandbox.progress import Step

_INSTALL_LINE = re.compile(r"^Inst (?P<name>\S+) (?:\[[^\]]*\] )?\((?P<version>\S+)", re.MULTILINE)


def is_available() -> bool:
    """Whether this machine's packages come by apt."""
    return all(shutil.which(program) for program in ("apt-get", "dpkg-deb"))


def parse_simulation(output: str) -> list[str]:
    """Read what `apt-get --simulate install` would install.

    Args:
        output: The simulation's standard output.

    Returns:
        `name=version` of each package, in apt's order.
    """
    return [f"{match['name']}={match['version']}" for match in _INSTALL_LINE.finditer(output)]


def unpack(packages: Sequence[str], root: Path, work: Path, current: Step) -> list[str]:
    """Download packages with what they need beyond the installed ones, and unpack them into a folder.

    Args:
        packages: Names of packages.
        root: Where their files go.
        work: An empty folder for the downloads; the caller removes it.
        current: Told what is being done.

    Returns:
        `name=version` of each package unpacked.

    Raises:
        SandboxError: When apt cannot find or fetch them.
    """
    for lists in (None, work / "lists"):  # the machine's own lists may be absent or out of date
        options = _options(work, lists)
        try:
            if lists is not None:
                current.detail("apt-get update, into a private folder")
                commands.run(["apt-get", *options, "update"], timeout_seconds=600)
            wanted = _resolve(packages, options)
            _download(wanted, options, work, current)
        except commands.CommandError as error:
            if lists is not None:
                raise SandboxError(
                    f"packages {', '.join(packages)}: apt cannot fetch them\n{error.problem}",
                    "check the machine's apt sources with `apt-get update`",
                ) from error
            continue
        break
    for archive in sorted(work.glob("*.deb")):
        current.detail(archive.name)
        commands.run(["dpkg-deb", "--extract", archive, root])
    return wanted


def _options(work: Path, lists: Path | None) -> list[str]:
    settings = {
        "Debug::NoLocking": "1",
        "APT::Sandbox::User": "",
        "Dir::Cache::pkgcache": "",
        "Dir::Cache::srcpkgcache": "",
        "Dir::Cache::archives": str(work / "archives"),
    }
    (work / "archives" / "partial").mkdir(parents=True, exist_ok=True)
    if lists is not None:
        (lists / "partial").mkdir(parents=True, exist_ok=True)
        settings["Dir::State::lists"] = str(lists)
    return [part for name, value in settings.items() for part in ("-o", f"{name}={value}")]


def _resolve(packages: Sequence[str], options: list[str]) -> list[str]:
    output = commands.run(
        [
            "apt-get",
            *options,
            "--simulate",
            "--no-install-recommends",
            "--allow-change-held-packages",
            "--reinstall",
            "install",
            *packages,
        ],
        environment={"LC_ALL": "C"},
    )
    return parse_simulation(output)


def _download(wanted: list[str], options: list[str], work: Path, current: Step) -> None:
    current.detail(f"download {len(wanted)} packages")
    commands.run(["apt-get", *options, "download", *wanted], folder=work, timeout_seconds=900)
