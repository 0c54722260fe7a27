"""`mlops new`: another workload in a project."""

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import typer

from pulumi_mlops._shared.problems import told
from pulumi_mlops.cli.output import print_json, told_errors
from pulumi_mlops.cli.projects.kinds import Kind, settings_of
from pulumi_mlops.cli.projects.names import package_of, problems_of_workload
from pulumi_mlops.cli.projects.project_file import PROJECT_FILE, with_language_model
from pulumi_mlops.cli.projects.refused import RefusedError
from pulumi_mlops.cli.projects.rendering import made_in, render
from pulumi_mlops.cli.projects.stack_files import with_workload
from pulumi_mlops.stack.document import StackDocument
from pulumi_mlops.stack.edit import EditError
from pulumi_mlops.stack.file import read_document
from pulumi_mlops.stack.project import Project, find_project


@dataclass(frozen=True)
class NewWorkload:
    """A workload that is to be added.

    Attributes:
        name: Its name, as in the stack files.
        kind: Its kind.
    """

    name: str
    kind: Kind

    @property
    def package(self) -> str:
        """The name of its package."""
        return package_of(self.name)


def new(name: str, kind: Kind, *, as_json: bool) -> None:
    """Add a workload to the project around the working directory and say what was made.

    Args:
        name: The workload's name.
        kind: Its kind.
        as_json: Whether to write `{"workload", "kind", "made", "changed"}` for programs.

    Raises:
        typer.Exit: With code 1 when it is refused; nothing was made then.
    """
    with told_errors(RefusedError):
        project = find_project()
        workload = NewWorkload(name, kind)
        made, changed = add(project, workload)
    shown = [project.shown(project.root / path) for path in made]
    if as_json:
        print_json({"workload": name, "kind": kind.value, "made": shown, "changed": list(map(project.shown, changed))})
        return
    for name_of_file in shown:
        typer.echo(f"made {name_of_file}")
    for path in changed:
        typer.echo(f"changed {project.shown(path)}")
    typer.echo(f"train it here: mlops pipeline run {name} --local")


def add(project: Project, workload: NewWorkload) -> tuple[list[Path], list[Path]]:
    """Add a workload to a project: all of it or, where anything is wrong, nothing.

    Args:
        project: The project.
        workload: The workload.

    Returns:
        The new files by their paths within the project, and the files that were changed.

    Raises:
        RefusedError: When it cannot be added; it holds every problem.
    """
    stacks = {path: read_document(path, project.name, source=project.shown(path)) for path in project.stack_files()}
    problems = list(_problems(project, workload, stacks))
    if problems:
        raise RefusedError(problems)
    edited = _edited(project, workload, stacks)
    own = project.root / PROJECT_FILE
    if workload.kind is Kind.LLM and own.is_file():
        edited[own] = with_language_model(own.read_text(encoding="utf-8"), workload.name).encode()
    with tempfile.TemporaryDirectory(dir=project.root, prefix=".new-") as temporary:
        aside = Path(temporary) / "workload"
        answers = {"kind": workload.kind.value, "name": workload.name, "package": workload.package}
        render("workload", answers, aside)
        made = made_in(aside)
        there = [path for path in made if (project.root / path).exists()]
        if there:
            raise RefusedError(_in_the_way(project, path) for path in there)
        _put_in_place(project.root, aside, made, edited)
    return made, list(edited)


def _problems(project: Project, workload: NewWorkload, stacks: Mapping[Path, StackDocument]) -> Iterator[str]:
    package = project.pipelines / workload.package
    if package.exists():
        yield _in_the_way(project, package.relative_to(project.root))
    else:
        yield from problems_of_workload(workload.name)
    for document in stacks.values():
        if not document.is_readable:
            yield from map(str, document.problems)
        elif document.at("workloads", workload.name) is not None:
            yield str(
                document.problem(
                    ("workloads", workload.name),
                    got="a workload of this name already",
                    expected="each name once",
                    fix="choose another name",
                )
            )


def _in_the_way(project: Project, path: Path) -> str:
    shown = project.shown(project.root / path)
    return told(
        shown, "something there already", "nothing: no file is overwritten", "choose another name, or move it away"
    )


def _edited(project: Project, workload: NewWorkload, stacks: Mapping[Path, StackDocument]) -> dict[Path, bytes]:
    """Return the bytes of each stack file with the workload in it."""
    edited: dict[Path, bytes] = {}
    problems: list[str] = []
    for path, document in stacks.items():
        settings = settings_of(workload.kind, document.at("platform", "environment"))
        octets = path.read_bytes()
        encoding = "utf-16" if octets.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8"
        has_others = bool(document.keys_at("workloads"))
        try:
            text = with_workload(octets.decode(encoding), project.name, workload.name, settings, has_others=has_others)
        except EditError as error:
            problems.append(f"{document.source}: {error}")
            continue
        edited[path] = text.encode(encoding)
    if problems:
        raise RefusedError(problems)
    return edited


def _put_in_place(root: Path, aside: Path, made: list[Path], edited: Mapping[Path, bytes]) -> None:
    """Move what was made to where it belongs and write the stack files; take all of it back where one step fails."""
    before = {path: path.read_bytes() for path in edited}
    moved: list[Path] = []
    folders: list[Path] = []
    try:
        for path in made:
            target = root / path
            folders += [folder for folder in target.parents if not folder.exists()]
            target.parent.mkdir(parents=True, exist_ok=True)
            (aside / path).rename(target)
            moved.append(target)
        for path, octets in edited.items():
            _write(path, octets)
    except BaseException:
        for path in moved:
            path.unlink(missing_ok=True)
        for folder in sorted(set(folders), reverse=True):
            shutil.rmtree(folder, ignore_errors=True)
        for path, octets in before.items():
            if path.read_bytes() != octets:
                _write(path, octets)
        raise


def _write(path: Path, octets: bytes) -> None:
    """Write a file, whole or not at all."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_bytes(octets)
    shutil.copymode(path, temporary)
    temporary.replace(path)
