"""Reads `Pulumi.<stack>.yaml` without Pulumi: plain values with their lines, and what YAML itself would get wrong."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path as FilePath

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from pulumi_mlops._shared.suggest import did_you_mean
from pulumi_mlops.stack.document import SECRET_KEYS, StackDocument
from pulumi_mlops.stack.model import StackConfig
from pulumi_mlops.stack.problems import Path, Problem, dotted, shown
from pulumi_mlops.stack.project import Project
from pulumi_mlops.stack.validate import validate

_OLD_BOOLEANS = re.compile(r"(?i)y|n|yes|no|on|off")
_SEXAGESIMAL = re.compile(r"[-+]?[0-9]+(:[0-5]?[0-9])+(\.[0-9]*)?")
_PLAIN_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_PLAIN_FLOAT = re.compile(r"[-+]?[0-9]+(\.[0-9]*)?([eE][-+]?[0-9]+)?")
_TAG = "tag:yaml.org,2002:"
# Deeper than any setting: only an alias that holds itself goes there.
_DEEPEST = 20
# What Pulumi itself keeps in a stack file.
_PULUMI_KEYS = ("config", "encryptedkey", "encryptionsalt", "environment", "secretsprovider")
_KEYS = ("platform", "workloads")


@dataclass
class _Reader:
    """Turns the nodes of one file into values, and notes each key's line and each trap."""

    source: str
    lines: dict[Path, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def refuse(self, node: Node, path: Path, *, got: str, expected: str, fix: str) -> None:
        line = node.start_mark.line + 1
        place = dotted(path[1:] if path[:1] == ("config",) else path)
        self.problems.append(Problem(self.source, line, place, got, expected, fix))

    def value(self, node: Node, path: Path) -> object:
        if len(path) > _DEEPEST:
            self.refuse(node, path[:3], got="settings without end", expected="no alias of itself", fix="write it out")
            return None
        match node:
            case MappingNode():
                return {key: self.value(child, (*path, key)) for key, child in self.pairs(node, path)}
            case SequenceNode():
                return [self._item(child, (*path, index)) for index, child in enumerate(node.value)]
            case ScalarNode():
                return self.scalar(node, path)
            case _:
                return None

    def _item(self, node: Node, path: Path) -> object:
        self.lines[path] = node.start_mark.line + 1
        return self.value(node, path)

    def pairs(self, node: MappingNode, path: Path) -> Iterator[tuple[str, Node]]:
        seen: dict[str, int] = {}
        for key_node, child in node.value:
            key = str(key_node.value)
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, ScalarNode) or str(key_node.tag).endswith("merge"):
                self.refuse(key_node, path, got="a key that is not a plain text", expected="a text", fix="write it out")
                continue
            if key in seen:
                self.refuse(
                    key_node,
                    (*path, key),
                    got=f"the key a second time (first on line {seen[key]})",
                    expected="each key once",
                    fix="remove one of the two",
                )
                continue
            seen[key] = line
            self.lines[(*path, key)] = line
            yield key, child

    def scalar(self, node: ScalarNode, path: Path) -> object:
        text, kind = str(node.value), str(node.tag).removeprefix(_TAG)
        if node.style is not None or kind == "str":
            if node.style is None and (_OLD_BOOLEANS.fullmatch(text) or _SEXAGESIMAL.fullmatch(text)):
                self._refuse_trap(node, path, "other YAML readers take it for true, false or a number")
            return text
        match kind:
            case "null":
                return None
            case "bool":
                return text.lower() == "true"
            case "int" if _PLAIN_INTEGER.fullmatch(text):
                return int(text)
            case "float" if _PLAIN_FLOAT.fullmatch(text):
                return float(text)
            case "timestamp":
                self._refuse_trap(node, path, "YAML takes it for a point in time")
            case _:
                self._refuse_trap(node, path, "YAML readers differ about what number that is")
        return text

    def _refuse_trap(self, node: Node, path: Path, why: str) -> None:
        self.refuse(
            node,
            path,
            got=f"{node.value} without quotes ({why})",
            expected="a value that every YAML reader takes for the same",
            fix=f'write "{node.value}" for a text, true or false for a switch, plain digits for a number',
        )


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
    reader = _Reader(source or str(path))
    try:
        root = YAML(typ="safe", pure=True).compose(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        return _unreadable(reader.source, project, None, str(error), "a readable stack file", "check the name")
    except YAMLError as error:
        return _unreadable(reader.source, project, *_told(error))
    if root is None:
        root = MappingNode(_TAG + "map", [])
    values = reader.value(root, ())
    if not isinstance(values, dict):
        expected = "a mapping with the key config"
        return _unreadable(reader.source, project, 1, shown(values), expected, "see another stack file")
    return _settings(reader, values, project)


def _told(error: YAMLError) -> tuple[int | None, str, str, str]:
    mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
    problem = (error.problem if isinstance(error, MarkedYAMLError) else None) or str(error)
    fix = "quote texts that hold any of : # * & ! % @ ` { } [ ], such as a schedule"
    return (mark.line + 1 if mark else None), problem.replace("\n", " "), "YAML", fix


def _unreadable(source: str, project: str, line: int | None, got: str, expected: str, fix: str) -> StackDocument:
    return StackDocument(source, project, {}, problems=(Problem(source, line, dotted(()), got, expected, fix),))


def _settings(reader: _Reader, values: dict[str, object], project: str) -> StackDocument:
    """Take our own settings out of the file, and refuse what nobody would read."""
    for key in values:
        if key not in _PULUMI_KEYS:
            _refuse_key(reader, (key,), list(_PULUMI_KEYS))
    config = values.get("config")
    if not isinstance(config, dict):
        config = {}
        line = reader.lines.get(("config",), 1)
        expected = f"a mapping with {project}:platform and {project}:workloads"
        reader.problems.append(
            Problem(reader.source, line, "config", shown(values.get("config")), expected, "see another stack file")
        )
    ours, secrets = {}, set()
    for key, value in config.items():
        namespace, _, name = key.partition(":")
        if _is_anothers(namespace, name, project):
            continue
        if namespace != project or not name:
            _refuse_key(reader, ("config", key), [f"{project}:{known}" for known in _KEYS])
        elif name in SECRET_KEYS:
            _take_secret(reader, key, value)
            secrets.add(name)
        else:
            ours[name] = _without_secrets(reader, (key,), value)
    prefix = f"{project}:"
    lines = {
        (str(path[1]).removeprefix(prefix), *path[2:]): line
        for path, line in reader.lines.items()
        if len(path) > 1 and path[0] == "config"
    }
    lines[()] = reader.lines.get(("config",), 1)
    return StackDocument(
        source=reader.source,
        project=project,
        values=ours,
        secrets=frozenset(secrets),
        lines=lines,
        problems=tuple(reader.problems),
    )


def _is_anothers(namespace: str, name: str, project: str) -> bool:
    """Tell whether a key belongs to Pulumi or to a provider, such as aws:region, and is no slip in one of ours."""
    is_slip = name in (*_KEYS, *SECRET_KEYS) and did_you_mean(namespace, [project]) is not None
    return bool(name) and namespace not in ("", project) and not is_slip


def _refuse_key(reader: _Reader, path: Path, known: list[str]) -> None:
    key = str(path[-1])
    reader.problems.append(
        Problem(
            reader.source,
            reader.lines.get(path),
            dotted(path[-1:]),
            "an unknown key",
            f"one of {', '.join(known)}",
            did_you_mean(key, known) or "remove it: nothing reads it",
        )
    )


def _take_secret(reader: _Reader, key: str, value: object) -> None:
    if isinstance(value, dict) and list(value) == ["secure"] and isinstance(value["secure"], str):
        return
    reader.problems.append(
        Problem(
            reader.source,
            reader.lines.get(("config", key)),
            key,
            "a plain text (not shown)" if isinstance(value, str) else shown(value),
            "an encrypted value (secure: …)",
            f"take it out, change the password, and run pulumi config set --secret {key}",
        )
    )


def _without_secrets(reader: _Reader, path: Path, value: object) -> object:
    """Refuse every `secure:` within a setting: it would make the whole setting secret and nothing could be shown."""
    if isinstance(value, list):
        return [_without_secrets(reader, (*path, index), item) for index, item in enumerate(value)]
    if not isinstance(value, dict):
        return value
    if "secure" in value:
        reader.problems.append(
            Problem(
                reader.source,
                reader.lines.get(("config", *path)),
                dotted(path),
                "an encrypted value",
                "secrets only under keys of their own: " + ", ".join(SECRET_KEYS),
                "move it to its own key, with pulumi config set --secret",
            )
        )
        return None
    return {key: _without_secrets(reader, (*path, key), item) for key, item in value.items()}
