"""Which Pulumi is used, and the folder for PATH that it is used from."""

import hashlib
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from sandbox import paths, versions
from sandbox.commands import CommandError, run
from sandbox.engine import dynamic_provider
from sandbox.engine.build import EXECUTOR, built_engine
from sandbox.engine.folders import made_whole
from sandbox.engine.launcher import copied_code, launcher_text
from sandbox.engine.libraries import Runtime, plugin_runtime
from sandbox.files import exclusive
from sandbox.progress import say

MINIMUM_VERSION = (3, 250, 0)
"""The oldest Pulumi of the user's own that is taken; the project's SDK asks for it."""

LANGUAGE_HOST = "pulumi-language-python"
_VERSION_SECONDS = 30.0


@dataclass(frozen=True)
class Engine:
    """The Pulumi command line in use.

    Attributes:
        pulumi: The executable.
        version: With a leading "v".
        is_built: Whether it is the sandbox's own build; else it is the user's, from PATH.
    """

    pulumi: Path
    version: str
    is_built: bool

    @property
    def folder(self) -> Path:
        """The folder to put first on PATH."""
        return self.pulumi.parent


def bin_folder() -> Path:
    """Folder of the built engine for PATH: a link that always leads to the current one."""
    return paths.state_root() / "bin"


def current_engine() -> Engine | None:
    """Return the engine that is ready to be used, None when one must be built first. Build and write nothing."""
    if own := _users_engine():
        return own
    pulumi = bin_folder() / "pulumi"
    if pulumi.is_file():
        return Engine(pulumi=pulumi, version=versions.PULUMI, is_built=True)
    return None


def install_engine() -> Engine:
    """Find Pulumi on PATH, else builds it with a host for programs in Python. Quick when there is nothing to do.

    Raises:
        SandboxError: It cannot be built.
    """
    if own := _users_engine():
        return own
    folder = _assembled(built_engine())
    _link(bin_folder(), folder)
    return Engine(pulumi=bin_folder() / "pulumi", version=versions.PULUMI, is_built=True)


def parse_version(text: str) -> tuple[int, int, int] | None:
    """Read what `pulumi version` prints, None when it is no version."""
    match = re.match(r"v?(\d+)\.(\d+)\.(\d+)", text.strip())
    return (int(match[1]), int(match[2]), int(match[3])) if match else None


def _users_engine() -> Engine | None:
    found = shutil.which("pulumi")
    if found is None or _is_ours(Path(found)):
        return None
    try:
        text = run([found, "version"], timeout_seconds=_VERSION_SECONDS).strip()
    except CommandError as error:
        say(f"{found} is passed over: {error.problem}")
        return None
    version = parse_version(text)
    if version is None or version < MINIMUM_VERSION:
        wanted = ".".join(map(str, MINIMUM_VERSION))
        say(f"{found} is passed over: got version {text!r}, expected {wanted} or newer")
        return None
    return Engine(pulumi=Path(found), version=f"v{text.removeprefix('v')}", is_built=False)


def _is_ours(pulumi: Path) -> bool:
    ours = (paths.cache_root().resolve(), paths.state_root().resolve())
    return any(pulumi.resolve().is_relative_to(root) for root in ours)


def _assembled(build: Path) -> Path:
    """Put engine, language host and executor side by side, where the engine looks for them."""
    runtime = plugin_runtime()
    code = copied_code(["language_host"])
    parts = [build.name, code.name, str(runtime.python), runtime.libraries.name, dynamic_provider.LAUNCHER]
    digest = hashlib.sha256("\n".join(parts).encode())
    folder = paths.cache_root() / "engine-with-host" / digest.hexdigest()[:16]
    if folder.is_dir():
        return folder
    with exclusive(paths.claim(paths.cache_root()) / "locks" / "engine", "putting the Pulumi engine together"):
        if not folder.is_dir():
            _assemble(build, runtime, code, folder)
    return folder


def _assemble(build: Path, runtime: Runtime, code: Path, folder: Path) -> None:
    with made_whole(folder) as making:
        for name in ("pulumi", EXECUTOR):
            (making / name).hardlink_to(build / name)
        arguments = ["--executor", str(folder / EXECUTOR), "--version", versions.PULUMI.removeprefix("v")]
        host_text = launcher_text(runtime, code, "sandbox.language_host", arguments)
        for name, text in ((LANGUAGE_HOST, host_text), (dynamic_provider.NAME, dynamic_provider.LAUNCHER)):
            (making / name).write_text(text, encoding="utf-8")
            (making / name).chmod(0o755)


def _link(link: Path, target: Path) -> None:
    if link.is_symlink() and link.readlink() == target:
        return
    paths.claim(paths.state_root())
    temporary = link.with_name(f".{link.name}.{os.getpid()}")
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(target)
    temporary.replace(link)
