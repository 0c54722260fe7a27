"""`mlops registry backup` and `restore`: a whole registry as one file, made and read within its own pod."""

import json
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import typer

from pulumi_mlops._shared import names
from pulumi_mlops.cli.kubernetes import registry_archive
from pulumi_mlops.cli.kubernetes.cluster import Cluster, cluster_of
from pulumi_mlops.cli.kubernetes.errors import ClusterError
from pulumi_mlops.cli.kubernetes.services import ServiceAddress
from pulumi_mlops.cli.output import code_prints_to_stderr, print_json, told_errors
from pulumi_mlops.model_registry.config import OwnRegistry
from pulumi_mlops.stack.file import load_stack_file
from pulumi_mlops.stack.project import find_project

_PIECE_BYTES = 1 << 16


class BackupRefusedError(RuntimeError):
    """A registry cannot be packed or filled as things stand."""


def backup(stack: str, file: Path, *, as_json: bool) -> None:
    """Write the registry of a stack into a file.

    Args:
        stack: The stack that runs the registry.
        file: The file; one that is there is refused.
        as_json: Whether to write what is in it as JSON.

    Raises:
        typer.Exit: With code 1 when there is no such registry, or it cannot be packed.
    """
    with told_errors(ClusterError, BackupRefusedError, OSError, tarfile.TarError):
        if file.exists():
            raise BackupRefusedError(f"{file}: got a file already, expected none, fix: name another")
        registry = _Registry(stack)
        partial = file.with_name(f".{file.name}.partial")
        try:
            # Only for oneself: runs have parameters, and artifacts are models.
            partial.touch(mode=0o600)
            with partial.open("wb") as target:
                registry.run("pack", take=target.write)
            header = _header(partial)
            partial.rename(file)
        finally:
            partial.unlink(missing_ok=True)
    _tell(stack, file, header, "holds", as_json=as_json)


def restore(stack: str, file: Path, *, as_json: bool) -> None:
    """Fill the empty registry of a stack from a file, whatever database either has.

    Args:
        stack: The stack that runs the registry.
        file: A file of `mlops registry backup`.
        as_json: Whether to write what is in it as JSON.

    Raises:
        typer.Exit: With code 1 when the file is not whole, or the registry is not empty or of another schema.
    """
    with told_errors(ClusterError, BackupRefusedError, OSError, tarfile.TarError):
        header = _header(file)
        registry = _Registry(stack)
        registry.run("unpack", str(file.stat().st_size), given=_pieces(file))
    _tell(stack, file, header, "was restored:", as_json=as_json)


class _Registry:
    """The pod of a stack's own registry."""

    def __init__(self, stack: str) -> None:
        project = find_project()
        with code_prints_to_stderr():
            config = load_stack_file(project.stack_file(stack), project)
        if config.platform.kubernetes is None or not isinstance(config.platform.registry, OwnRegistry):
            raise BackupRefusedError(
                f"stack {stack}: got a registry that this stack does not run on Kubernetes, expected one of its own, "
                "fix: name the stack that runs it"
            )
        self._cluster: Cluster = cluster_of(config)
        service = ServiceAddress(config.platform.namespace, names.REGISTRY, names.REGISTRY_PORT)
        self._pod = self._cluster.ready_pod(service)

    def run(self, verb: str, *more: str, given: Iterable[bytes] = (), take: Any = lambda _: None) -> None:
        """Run the archive's text in the pod, with the server's own addresses of its data."""
        container = next(each for each in self._pod["spec"]["containers"] if each["name"] == names.REGISTRY)
        words = [*(container.get("command") or []), *(container.get("args") or [])]
        text = Path(registry_archive.__file__).read_text(encoding="utf-8")
        places = [words[words.index(option) + 1] for option in ("--backend-store-uri", "--artifacts-destination")]
        command = ["python", "-c", text, verb, *places, *more]
        self._cluster.run(self._pod, names.REGISTRY, command, given=given, take=take)


def _pieces(file: Path) -> Iterator[bytes]:
    with file.open("rb") as source:
        while piece := source.read(_PIECE_BYTES):
            yield piece


def _header(file: Path) -> dict[str, Any]:
    """Return what an archive says of itself, at its end."""
    with tarfile.open(file, mode="r|gz") as archive:
        for member in archive:
            content = archive.extractfile(member) if member.name == registry_archive.HEADER else None
            if content is not None:
                header: dict[str, Any] = json.loads(content.read())
                return header
    raise BackupRefusedError(
        f"{file}: got no {registry_archive.HEADER}, expected a whole file of mlops registry backup, fix: copy it again"
    )


def _tell(stack: str, file: Path, header: dict[str, Any], verb: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"stack": stack, "file": str(file), **header})
        return
    rows = header["rows"]
    artifacts = "with artifacts" if header["has_artifacts"] else "without artifacts, which are not on a volume"
    typer.echo(f"{file} {verb} {rows.get('model_versions', 0)} versions and {rows.get('runs', 0)} runs, {artifacts}")
