"""What Pulumi's configuration says of a stack: read once, for the update and for the review.

`load` has it from the engine, and `file` from a stack file, as the engine would have handed it over.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pulumi_mlops._shared.suggest import did_you_mean
from pulumi_mlops.stack.document import SECRET_KEYS, StackDocument
from pulumi_mlops.stack.problems import Path, Problem
from pulumi_mlops.stack.yaml_scalars import is_moment

SETTINGS = ("platform", "workloads", "feature_stores")


@dataclass(frozen=True)
class PulumiConfig:
    """The configuration of one stack, as the engine hands it to a program.

    Attributes:
        source: The file it came from, or the stack's name.
        project: The Pulumi project, whose name stands before each of our keys.
        texts: The text of each key, `<namespace>:<name>`: JSON where the value is a mapping or a list.
        secrets: Where encrypted values stand, by key. An empty path is the whole value.
        lines: The line of each place, from 1, by its path from a name of the project on. Empty where there is no file.
        written: What stands in the file, by the same paths, where a value without quotes is something else than its
            text.
    """

    source: str
    project: str
    texts: Mapping[str, str]
    secrets: Mapping[str, Sequence[Path]] = field(default_factory=dict)
    lines: Mapping[Path, int] = field(default_factory=dict)
    written: Mapping[Path, str] = field(default_factory=dict)


def document_of(config: PulumiConfig) -> StackDocument:
    """Take what is ours out of a configuration, and tell what cannot be meant."""
    values: dict[str, object] = {}
    secrets: set[str] = set()
    for key in sorted({*config.texts, *config.secrets}):
        namespace, _, name = key.partition(":")
        if namespace != config.project:
            continue
        if name in SECRET_KEYS:
            secrets.add(name)
        elif () not in config.secrets.get(key, ()):
            values[name] = _value(config.texts[key])
    document = StackDocument(
        source=config.source,
        project=config.project,
        values=values,
        secrets=frozenset(secrets),
        lines=config.lines,
        written=config.written,
    )
    problems = (*_slips(config), *_secrets(config, document), *_moments(document, values, ()))
    return document.with_problems(problems)


def _value(text: str) -> object:
    """Return what `pulumi.Config.get_object` makes of a text, or the text where that refuses it."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def _slips(config: PulumiConfig) -> Iterator[Problem]:
    """Find the keys of another namespace, such as mlop:platform, that are meant for this project."""
    known = [f"{config.project}:{name}" for name in SETTINGS]
    for key in sorted({*config.texts, *config.secrets}):
        namespace, _, name = key.partition(":")
        if namespace == config.project or name not in (*SETTINGS, *SECRET_KEYS):
            continue
        if did_you_mean(namespace, [config.project]) is None:
            continue
        fix = did_you_mean(key, known) or f"write {config.project}:{name}"
        line = config.lines.get((key,))
        yield Problem(config.source, line, key, "an unknown key", f"one of {', '.join(known)}", fix)


def _secrets(config: PulumiConfig, document: StackDocument) -> Iterator[Problem]:
    prefix = f"{config.project}:"
    for key in sorted(key for key in {*config.texts, *config.secrets} if key.startswith(prefix)):
        name = key.removeprefix(prefix)
        if name in SECRET_KEYS:
            if () not in config.secrets.get(key, ()):
                yield document.problem(
                    (name,),
                    got="a plain text (not shown)",
                    expected="a secret",
                    fix=f"take it out, change the password, and run pulumi config set --secret {key}",
                )
            continue
        # One encrypted value makes the whole setting a secret, and nothing of it could be shown.
        for path in config.secrets.get(key, ()):
            yield document.problem(
                (name, *path),
                got="an encrypted value",
                expected=f"secrets only under keys of their own: {', '.join(SECRET_KEYS)}",
                fix="move it to its own key, with pulumi config set --secret",
            )


def _moments(document: StackDocument, value: object, path: Path) -> Iterator[Problem]:
    """Find dates without quotes: a program gets them as Go writes a point in time."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _moments(document, item, (*path, key))
            if is_moment(key):
                yield _moment(document, (*path, key), key)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _moments(document, item, (*path, index))
    elif is_moment(value):
        yield _moment(document, path, str(value))


def _moment(document: StackDocument, path: Path, value: str) -> Problem:
    written = document.written.get(path)
    return document.problem(
        path,
        got=f"the point in time {written or value}",
        expected="a text, a number, true or false",
        fix=quote(written),
    )


def quote(written: str | None) -> str:
    """Return the advice to quote a value.

    Args:
        written: What stands in the file, or None where only the value is known that a YAML reader made of it.
    """
    return f'put it in quotes as it stands: "{written}"' if written else "put it in quotes as it stands in the file"


def key_of(written: str, project: str) -> str | None:
    """Return a key of a stack file as Pulumi reads it, `<namespace>:<name>`, or None where it refuses it.

    Args:
        written: As it stands below `config`: without a namespace it gets the project's, and the older form
            `<namespace>:config:<name>` is the same as `<namespace>:<name>`.
        project: The Pulumi project.
    """
    match written.split(":"):
        case [name]:
            return f"{project}:{name}"
        case [_, _]:
            return written
        case [namespace, "config", name] if namespace and name:
            return f"{namespace}:{name}"
        case _:
            return None


def text_of(value: object) -> str:
    """Return the text that the engine makes of a value of a stack file: keys sorted, and nothing is an empty text."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)
