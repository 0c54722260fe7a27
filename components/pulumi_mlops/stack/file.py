"""Reads `Pulumi.<stack>.yaml` without Pulumi, and makes of it what Pulumi's engine would hand to the program."""

from collections.abc import Iterator
from pathlib import Path as FilePath
from typing import TypeVar

from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode

from pulumi_mlops._shared.suggest import did_you_mean
from pulumi_mlops.stack.document import StackDocument
from pulumi_mlops.stack.encoded_text import EncodingError, decoded
from pulumi_mlops.stack.images import with_records
from pulumi_mlops.stack.model import StackConfig
from pulumi_mlops.stack.problems import Path, Problem, dotted, shown
from pulumi_mlops.stack.project import Project
from pulumi_mlops.stack.pulumi_config import PulumiConfig, document_of, key_of, text_of
from pulumi_mlops.stack.validate import validate
from pulumi_mlops.stack.yaml_nodes import parsed
from pulumi_mlops.stack.yaml_values import MOST_VALUES, TooManyValuesError, ValueReader

_Note = TypeVar("_Note")

# What Pulumi itself keeps in a stack file. It reads past any other key, so that anchors can have a place of their own.
_PULUMI_KEYS = ("config", "encryptedkey", "encryptionsalt", "environment", "mainEnvironment", "secretsprovider")


def load_stack_file(path: FilePath, project: Project) -> StackConfig:
    """Read a stack file and validate it: no engine, no passphrase, no network.

    Args:
        path: The file.
        project: The project that it belongs to.

    Raises:
        ConfigError: When anything is wrong with it; its text holds every problem with its line.
    """
    return validate(read_document(path, project.name, source=project.shown(path)))


def read_document(path: FilePath, project: str, *, source: str | None = None) -> StackDocument:
    """Read a stack file.

    Args:
        path: The file.
        project: The name of the Pulumi project, which stands before each key.
        source: What to call the file in problems. Defaults to the path as given.

    Returns:
        The document, with the problems of its form. A file that cannot be read at all is a document with one problem.
    """
    source = source or str(path)
    try:
        octets = path.read_bytes()
    except OSError as error:
        return _unreadable(source, project, None, str(error), "a readable stack file", "check the name")
    return with_records(document_in(octets, project, source=source), path.parent)


def document_in(octets: bytes, project: str, *, source: str) -> StackDocument:
    """Read what a stack file holds, or would hold.

    Args:
        octets: Its bytes.
        project: The name of the Pulumi project, which stands before each key.
        source: What to call the file in problems.

    Returns:
        The document, with the problems of its form. What cannot be read at all is a document with one problem.
    """
    reader = ValueReader(source)
    try:
        root = parsed(decoded(octets))
        values = reader.value(root if root is not None else MappingNode("tag:yaml.org,2002:map", []), ())
    except EncodingError as error:
        return _unreadable(reader.source, project, None, str(error), "text in UTF-8", "save it as UTF-8")
    except TooManyValuesError:
        got, expected = f"more than {MOST_VALUES} values", "fewer: aliases of aliases multiply"
        return _unreadable(reader.source, project, None, got, expected, "write them out")
    except YAMLError as error:
        return _unreadable(reader.source, project, *_told(error))
    if values is None:
        values = {}
    if not isinstance(values, dict):
        expected = "a mapping with the key config"
        return _unreadable(reader.source, project, 1, shown(values), expected, "see another stack file")
    return _settings(reader, values, project)


def _told(error: YAMLError) -> tuple[int | None, str, str, str]:
    mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
    problem = (error.problem if isinstance(error, MarkedYAMLError) else None) or str(error)
    fix = "quote texts that hold any of : # * & ! % @ ` { } [ ], such as a schedule"
    if "\\t" in problem:
        fix = "indent with blanks instead of tabs"
    return (mark.line + 1 if mark else None), problem.replace("\n", " "), "YAML", fix


def _unreadable(source: str, project: str, line: int | None, got: str, expected: str, fix: str) -> StackDocument:
    problem = Problem(source, line, dotted(()), got, expected, fix)
    return StackDocument(source, project, {}, problems=(problem,), is_readable=False)


def _settings(reader: ValueReader, values: dict[str, object], project: str) -> StackDocument:
    """Make of a file's values the configuration that the engine would hand over."""
    config = values.get("config")
    if config is None:
        config = {}
        _refuse_slip(reader, values)
    if not isinstance(config, dict):
        expected = f"a mapping with {project}:platform and {project}:workloads"
        line = reader.lines.get(("config",), 1)
        problem = Problem(reader.source, line, "config", shown(config), expected, "see another stack file")
        return StackDocument(reader.source, project, {}, problems=(problem,), is_readable=False)
    names = _names(reader, config, project)
    document = document_of(
        PulumiConfig(
            source=reader.source,
            project=project,
            texts={full: text_of(_without_secrets(config[key])) for key, full in names.items()},
            secrets={full: paths for key, full in names.items() if (paths := list(_secrets(config[key], ())))},
            lines=_placed(reader.lines, names, project) | {(): reader.lines.get(("config",), 1)},
            written=_placed(reader.written, names, project),
        )
    )
    return document.with_problems(reader.problems)


def _names(reader: ValueReader, config: dict[str, object], project: str) -> dict[str, str]:
    """Return Pulumi's name of each key below `config`, and refuse what it would refuse."""
    names: dict[str, str] = {}
    for key in config:
        line = reader.lines.get(("config", key))
        name = key_of(key, project)
        if name is None:
            expected, fix = "<namespace>:<name>", did_you_mean(key, [f"{project}:platform", f"{project}:workloads"])
            problem = Problem(reader.source, line, key, "a key of another form", expected, fix or "rename it")
            reader.problems.append(problem)
        elif name in names.values():
            got = f"the key {name} a second time, in another form"
            reader.problems.append(Problem(reader.source, line, key, got, "each key once", "remove one of the two"))
        else:
            names[key] = name
    return names


def _placed(noted: dict[Path, _Note], names: dict[str, str], project: str) -> dict[Path, _Note]:
    """Return what was noted of the file, by paths as a document has them: those of the project without its name."""
    placed: dict[Path, _Note] = {}
    for path, note in noted.items():
        name = names.get(str(path[1])) if len(path) > 1 and path[0] == "config" else None
        if name is not None:
            placed[(name.removeprefix(f"{project}:"), *path[2:])] = note
    return placed


def _refuse_slip(reader: ValueReader, values: dict[str, object]) -> None:
    """Tell of a key that is meant for `config`, which Pulumi reads past."""
    for key in values:
        if key not in _PULUMI_KEYS and (fix := did_you_mean(key.lower(), ["config"])) is not None:
            line = reader.lines.get((key,))
            reader.problems.append(Problem(reader.source, line, key, "an unknown key", "config", fix))


def _is_secret(value: object) -> bool:
    """Tell whether a value is an encrypted one, as Pulumi tells it: the key secure alone, with a text."""
    return isinstance(value, dict) and list(value) == ["secure"] and isinstance(value["secure"], str)


def _secrets(value: object, path: Path) -> Iterator[Path]:
    if _is_secret(value):
        yield path
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _secrets(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _secrets(item, (*path, index))


def _without_secrets(value: object) -> object:
    if _is_secret(value):
        return None
    if isinstance(value, dict):
        return {key: _without_secrets(item) for key, item in value.items()}
    return [_without_secrets(item) for item in value] if isinstance(value, list) else value
