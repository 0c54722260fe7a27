"""`mlops pin`: the line of a stack file that says which version serves."""

import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from pulumi_mlops._shared.model_pin import ModelPin
from pulumi_mlops.cli.output import WRONG_USE, code_prints_to_stderr, print_json, say_error
from pulumi_mlops.cli.registered_version import RegisteredVersion, VersionRefusedError
from pulumi_mlops.cli.stacks import Place, place_of, stack_of
from pulumi_mlops.cli.targets import on_target
from pulumi_mlops.stack.across import problems_between
from pulumi_mlops.stack.edit import EditError, values_of, with_value
from pulumi_mlops.stack.encoded_text import EncodingError, decoded
from pulumi_mlops.stack.file import document_in, read_document
from pulumi_mlops.stack.problems import ConfigError
from pulumi_mlops.stack.project import Project, find_project
from pulumi_mlops.stack.pulumi_config import key_of
from pulumi_mlops.stack.validate import validate

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
# A pin stands in front of these in a workload.
_AFTER_THE_PIN = ("endpoint", "batch")


@dataclass(frozen=True)
class Request:
    """What a user asks for: a version by its number, or the one that another stack pins."""

    workload: str
    stack: str
    version: int | None
    origin: str | None


def pin(request: Request, *, as_json: bool) -> None:
    """Write the pin of a registered version into a stack file.

    Args:
        request: Which version of which workload.
        as_json: Whether to write what was done as JSON.

    Raises:
        typer.Exit: With code 1 when the version is refused, or the file would be; 2 when the command is incomplete.
    """
    if (request.version is None) == (request.origin is None):
        given = "neither" if request.version is None else "both"
        say_error(f"mlops pin: got {given} of --version and --from, expected one, fix: name the version or the stack")
        raise typer.Exit(WRONG_USE)
    with on_target(request.workload, request.stack, VersionRefusedError, EditError, OSError) as operations:
        wanted = _wanted(request, operations.place.model)
        version = operations.version(wanted.version)
        refuse_unfit(operations.place, version)
        if wanted.digest and wanted.digest != version.digest:
            raise VersionRefusedError(
                f"model {operations.place.model}: version {version.version}: got digest {version.digest} in the "
                f"registry of stack {request.stack}, expected {wanted.digest} as stack {request.origin} pins it, "
                "fix: pin a version that both registries have, or let both stacks use one registry"
            )
        project = find_project()
        before = operations.place.config.workloads[request.workload].model
        written = _write(project, operations.place, version)
    _tell(request, project, version, before, is_new=written, as_json=as_json)


@dataclass(frozen=True)
class _Wanted:
    version: int
    digest: str


def _wanted(request: Request, model: str) -> _Wanted:
    if request.version is not None:
        return _Wanted(request.version, "")
    there = _origin(request, model)
    pinned = there.config.workloads[there.workload].model
    if pinned is None:
        raise VersionRefusedError(
            f"stack {there.stack}: {there.workload}: got no pinned version, expected one to copy, "
            f"fix: pin one there first: mlops pin {there.workload} --stack {there.stack} --version N"
        )
    return _Wanted(pinned.version, pinned.digest)


def _origin(request: Request, model: str) -> Place:
    """Return the workload of the other stack that has the same model: of this name, or of that before a renaming.

    Raises:
        VersionRefusedError: When the workload of this name has another model there.
    """
    origin = request.origin or ""
    config = stack_of(origin)
    same = [name for name in config.workloads if config.model_of(name) == model]
    if request.workload in config.workloads and request.workload not in same:
        raise VersionRefusedError(
            f"stack {origin}: {request.workload}: got a pin of the model {config.model_of(request.workload)}, expected "
            f"one of {model}, which is this workload's in stack {request.stack}, "
            "fix: give both the same model_name, or pin by --version"
        )
    return place_of(same[0] if same else request.workload, origin)


def refuse_unfit(place: Place, version: RegisteredVersion) -> None:
    """Refuse what no stack could serve.

    Raises:
        VersionRefusedError: When the version has no digest, or was not approved where the target wants that.
    """
    what = f"model {place.model}: version {version.version}"
    if not _DIGEST.fullmatch(version.digest):
        raise VersionRefusedError(
            f"{what}: got {version.digest or 'no digest'} in the registry, expected sha256: and 64 hexadecimal digits, "
            "fix: pin a version that a pipeline of this project registered: mlops versions shows them"
        )
    if version.approval is not None and version.approval != "Approved":
        raise VersionRefusedError(
            f"{what}: got {version.approval or 'no approval'}, expected Approved, "
            f"fix: mlops approve {place.workload} --stack {place.stack} --version {version.version}"
        )


def _write(project: Project, place: Place, version: RegisteredVersion) -> bool:
    """Write the pin, unless the file would be refused with it, or says so already. Return whether it was written."""
    path = project.stack_file(place.stack)
    octets = path.read_bytes()
    try:
        decoded(octets)
    except EncodingError as error:
        raise EditError(f"{project.shown(path)}: got {error}, expected UTF-8, fix: save it as UTF-8") from error
    encoding = "utf-8" if octets[:2] not in (b"\xff\xfe", b"\xfe\xff") else _wide(octets)
    text = octets.decode(encoding)
    pinned = {"version": version.version, "digest": version.digest}
    place_in_file = ("config", _workloads_key(text, project.name), place.workload, "model")
    edited = with_value(text, place_in_file, pinned, before=_AFTER_THE_PIN).encode(encoding)
    if edited == octets:
        return False
    _refuse_what_check_refuses(project, path, edited)
    _replace_file(path, edited)
    return True


def _wide(octets: bytes) -> str:
    return "utf-16-le" if octets.startswith(b"\xff\xfe") else "utf-16-be"


def _workloads_key(text: str, project: str) -> str:
    """Return the key of the workloads as the file has it: Pulumi knows it in several forms."""
    values: Any = values_of(text)
    config = values.get("config") if isinstance(values, Mapping) else None
    wanted = f"{project}:workloads"
    return next((str(key) for key in config or {} if key_of(str(key), project) == wanted), wanted)


def _refuse_what_check_refuses(project: Project, path: Path, octets: bytes) -> None:
    """Hold the new file against all that `mlops config check` holds it against.

    Raises:
        ConfigError: When it would be refused.
    """
    source = project.shown(path)
    document = document_in(octets, project.name, source=source)
    with code_prints_to_stderr():
        validate(document)
        others = [
            read_document(other, project.name, source=project.shown(other))
            for other in project.stack_files()
            if other != path
        ]
        problems = [problem for problem in problems_between([*others, document]) if problem.source == source]
    if problems:
        raise ConfigError(problems)


def _replace_file(path: Path, octets: bytes) -> None:
    """Exchange a file for one of the same mode, whole or not at all."""
    path = path.resolve()
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(octets)
        Path(name).chmod(path.stat().st_mode & 0o7777)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _tell(
    request: Request,
    project: Project,
    version: RegisteredVersion,
    before: ModelPin | None,
    *,
    is_new: bool,
    as_json: bool,
) -> None:
    file = project.shown(project.stack_file(request.stack))
    if as_json:
        earlier = None if before is None else {"version": before.version, "digest": before.digest}
        print_json(
            {
                "stack": request.stack,
                "workload": request.workload,
                "file": file,
                "version": version.version,
                "digest": version.digest,
                "before": earlier,
                "is_changed": is_new,
            }
        )
    elif is_new:
        was = "nothing" if before is None else f"version {before.version}"
        typer.echo(f"{file}: {request.workload} is pinned to version {version.version} ({version.digest}), was {was}")
    else:
        typer.echo(f"{file}: {request.workload} is pinned to version {version.version} already")
