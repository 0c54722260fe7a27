"""Building with buildah: no daemon, a storage of the sandbox's own, commands run in a chroot."""

import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from sandbox import commands, packages, paths
from sandbox.errors import SandboxError
from sandbox.files import write_atomically
from sandbox.images.builder import Recipe

_POLICY = '{"default": [{"type": "insecureAcceptAnything"}]}\n'
_ZSTD_LEVEL = "3"
_UNITS = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9}
_LOCAL_REGISTRY = re.compile(r"(localhost|127\.0\.0\.1|\[::1\])(:\d+)?/")


class Buildah:
    """Buildah with a storage in the cache, kept apart from any other storage and setting of this machine."""

    def __init__(self, program: Path, make_base: "Callable[[Buildah, str], None]") -> None:
        """Prepare the storage.

        Args:
            program: What `packages.tool` found.
            make_base: Makes a base image with a builder, unless its storage holds one of that name.
        """
        self._make_base = make_base
        self._folder = paths.cache_root() / "images" / "buildah"
        self._program = _self_contained(program, self._folder / "bin")
        self._prepare_folder()
        self._write_command()

    @property
    def description(self) -> str:
        """Which program this is."""
        return "buildah"

    def build(self, recipe: Recipe, report: Callable[[str], None]) -> None:
        """Build an image from bases that `prepare_base` made."""
        command: list[str | Path] = ["build", "--tag", recipe.tag, "--file", recipe.dockerfile]
        command += ["--pull-never", "--layers", "--isolation", "chroot", "--network", "host", *self._signature()]
        for name, value in recipe.arguments.items():
            command += ["--build-arg", f"{name}={value}"]
        for identity, file in recipe.secrets.items():
            command += ["--secret", f"id={identity},src={file}"]
        self.follow([*command, recipe.context], report)

    def follow(self, arguments: Sequence[str | Path], report: Callable[[str], None]) -> None:
        """Run buildah and hands on what it says."""
        commands.follow([self._program, *arguments], report, environment=self._environment(), with_output=True)

    def run(self, *arguments: str | Path) -> str:
        """Run buildah and return what it wrote."""
        return commands.run([self._program, *arguments], environment=self._environment())

    def recover(self) -> None:
        """Clear away the containers, mounts and folders of a build that was killed."""
        self.run("rm", "--all")
        for left in (self._folder / "temporary").glob("buildah[0-9]*"):
            shutil.rmtree(left, ignore_errors=True)

    def prepare_base(self, name: str) -> None:
        """Make a base image of Debian's packages unless the storage holds one of this name."""
        self._make_base(self, name)

    def holds(self, tag: str) -> bool:
        """Whether the storage has an image of this name."""
        return tag in self._tags()

    def commit_root(self, archive: Path, tag: str) -> None:
        """Make an image of a root file system.

        Args:
            archive: Tar file of the whole file system.
            tag: Name of the image.
        """
        container = self.run("from", "scratch").strip()
        try:
            self.run("add", "--quiet", container, archive, "/")
            self.run("config", "--cmd", "bash", container)
            self.run("commit", "--quiet", *self._signature(), container, tag)
        finally:
            self.run("rm", container)

    def export(self, tag: str, archive: Path, *, is_kept: bool = True) -> None:
        """Write an image to an OCI archive."""
        # What is read once, and at once, takes less time as it is.
        compression = ["--compression-format", "zstd", "--compression-level", _ZSTD_LEVEL]
        compression = compression if is_kept else ["--disable-compression"]
        target = f"oci-archive:{archive}:{tag}"
        self.run("push", "--quiet", "--format", "oci", *compression, *self._signature(), tag, target)

    def size_bytes(self, tag: str) -> int:
        """Return what the image's layers take when unpacked, to three digits."""
        for image in json.loads(self.run("images", "--json")):
            if tag in (image.get("names") or []):
                number, unit = image["size"].split()
                return round(float(number) * _UNITS[unit.upper()])
        raise SandboxError(f"{tag}: not in buildah's storage", "build it: `python -m sandbox images`")

    def push(self, archive: Path, tag: str, target: str) -> str:
        """Pushes an image that was exported to a registry and returns its digest there."""
        if not self.holds(tag):
            self.run("pull", "--quiet", *self._signature(), f"oci-archive:{archive}")
        # Docker speaks plain HTTP to a registry on this machine as well.
        local = ["--tls-verify=false"] if _LOCAL_REGISTRY.match(target) else []
        with tempfile.TemporaryDirectory(prefix="push-", dir=self._folder / "temporary") as folder:
            digest_file = Path(folder) / "digest"
            arguments = ["--quiet", *local, *self._signature(), "--digestfile", digest_file]
            self.run("push", *arguments, tag, f"docker://{target}")
            return digest_file.read_text(encoding="utf-8").strip()

    def forget(self, repository: str, keep: frozenset[str]) -> None:
        """Remove all images of a repository but those tags."""
        stale = [tag for tag in self._tags() if tag.startswith(f"{repository}:") and tag not in keep]
        if stale:
            self.run("rmi", *stale)

    def _tags(self) -> list[str]:
        return [name for image in json.loads(self.run("images", "--json")) for name in image.get("names") or []]

    def _signature(self) -> list[str | Path]:
        return ["--signature-policy", self._folder / "policy.json"]

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": packages.environment()["PATH"],
            "CONTAINERS_CONF": str(self._folder / "containers.conf"),
            "CONTAINERS_REGISTRIES_CONF": str(self._folder / "registries.conf"),
            "CONTAINERS_STORAGE_CONF": str(self._folder / "storage.conf"),
            # Cache mounts lie here as well: what pip and apt have downloaded once.
            "TMPDIR": str(self._folder / "temporary"),
        }

    def _prepare_folder(self) -> None:
        (self._folder / "temporary").mkdir(parents=True, exist_ok=True)
        for name, content in (("policy.json", _POLICY), ("containers.conf", ""), ("registries.conf", "")):
            if not (self._folder / name).exists():
                write_atomically(self._folder / name, content)
        run_folder = self._folder / f"run-{_boot_id()}"
        for other in self._folder.glob("run-*"):
            if other != run_folder:
                shutil.rmtree(other, ignore_errors=True)
        storage = self._folder / "storage.conf"
        if storage.exists() and str(run_folder) in storage.read_text(encoding="utf-8"):
            return
        write_atomically(storage, self._storage(run_folder, "overlay"))
        try:
            self.run("images", "--json")
        except commands.CommandError:
            # No overlay file system here, as within some containers: plain copies of each layer work everywhere.
            write_atomically(storage, self._storage(run_folder, "vfs"))
            self.run("images", "--json")

    def _write_command(self) -> None:
        """Make a buildah that `mlops build` finds on PATH: with this storage, and its commands run in a chroot."""
        variables = {**self._environment(), "BUILDAH_ISOLATION": "chroot"}
        helpers = variables.pop("PATH").removesuffix(os.environ.get("PATH", ""))
        lines = ["#!/bin/sh", "# Written by the sandbox: buildah with the storage of its images."]
        lines += [f'export PATH={shlex.quote(helpers)}"$PATH"'] if helpers else []
        lines += [f"export {name}={shlex.quote(value)}" for name, value in variables.items()]
        lines += [f'exec {shlex.quote(str(self._program))} "$@"', ""]
        command = paths.builder_folder() / "buildah"
        text = "\n".join(lines)
        if not command.exists() or command.read_text(encoding="utf-8") != text:
            write_atomically(command, text, mode=0o755)

    def _storage(self, run_folder: Path, driver: str) -> str:
        root = self._folder / f"storage-{driver}"
        return (
            f'[storage]\ndriver = "{driver}"\ngraphroot = "{root}"\nrunroot = "{run_folder}"\n'
            # Else a mount of the storage onto itself outlives each command.
            + ('[storage.options.overlay]\nskip_mount_home = "true"\n' if driver == "overlay" else "")
        )


def _boot_id() -> str:
    """Names this boot: what buildah notes about mounts is void after the next."""
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()[:8]


def _self_contained(program: Path, folder: Path) -> Path:
    """Return a buildah that finds its libraries in any environment; it runs itself again with an empty one.

    Args:
        program: What `packages.tool` found: an installed buildah, or one unpacked into a private folder.
        folder: Where a copy may be kept.

    Returns:
        The program itself when it is installed, else a copy that names the private folders of its libraries.
    """
    editor = program.parent / "patchelf"
    libraries = packages.environment().get("LD_LIBRARY_PATH", "")
    if _runs_bare(program) or not libraries:
        return program
    key = hashlib.sha256(f"{program}\0{libraries}".encode() + program.read_bytes()).hexdigest()[:16]
    copy = folder / f"buildah-{key}"
    if not copy.exists():
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = folder / f".{copy.name}.{os.getpid()}"
        shutil.copy2(program, unfinished)
        commands.run(
            [editor, "--force-rpath", "--set-rpath", libraries, unfinished], environment={"LD_LIBRARY_PATH": libraries}
        )
        unfinished.replace(copy)
    return copy


def _runs_bare(program: Path) -> bool:
    ended = subprocess.run([program, "--version"], env={}, capture_output=True, check=False)
    return ended.returncode == 0
