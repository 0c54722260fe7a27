"""A stack's configuration as it stands before validation: plain values, and the lines they came from."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from pulumi_mlops.image.records import Records
from pulumi_mlops.stack.problems import Path, Problem, dotted

# The keys of a stack's configuration that hold a secret, and nothing but a secret.
SECRET_KEYS = ("registry_database_password",)
SECRET_WORDS = ("password", "secret", "token", "credential", "private_key")


@dataclass(frozen=True)
class StackDocument:
    """The configuration of one stack, read but not yet validated.

    Attributes:
        source: The file it came from, or the stack's name.
        project: The Pulumi project, whose name stands before each of our keys.
        values: Plain values by their keys without the project: `platform`, `workloads`. No secret is among them.
        secrets: The keys that were given as secrets.
        lines: The line of each key by its path, from 1. Empty where there is no file.
        problems: What was already wrong when it was read.
        written: What stands in the file, by path, where a value without quotes is something else than its text.
        images: What the images that stacks of the project pin were built from, as far as that is known.
        is_readable: Whether there is anything to judge: not so where the file is no YAML, for instance.
    """

    source: str
    project: str
    values: Mapping[str, object]
    secrets: frozenset[str] = frozenset()
    lines: Mapping[Path, int] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    written: Mapping[Path, str] = field(default_factory=dict)
    images: Records = field(default_factory=dict)
    is_readable: bool = True

    def with_problems(self, problems: Iterable[Problem]) -> "StackDocument":
        """Return this document with more problems of its form."""
        return replace(self, problems=(*self.problems, *problems))

    def problem(self, path: Path, *, got: str, expected: str, fix: str) -> Problem:
        """Describe a problem at a path of `values`.

        Args:
            path: Where, beginning with a key of `values`; empty for the whole file.
            got: What was found.
            expected: What would have been right.
            fix: What to do about it.
        """
        if any(word in str(part).lower() for part in path[1:] for word in SECRET_WORDS) and got.startswith(("'", '"')):
            got = "a text (not shown: it may be a secret)"
        line = next(
            (self.lines[path[:end]] for end in range(len(path), -1, -1) if path[:end] in self.lines),
            None,
        )
        full = (self.key(path[:1]), *path[1:]) if path else ()
        return Problem(self.source, line, dotted(full), got, expected, fix)

    def key(self, path: Path) -> str:
        """Write the last part of a path of `values` as it stands in the file: a first part has the project before."""
        return f"{self.project}:{path[0]}" if len(path) == 1 else str(path[-1])

    def at(self, *path: str) -> object:
        """Return the value at a path, or None where there is none."""
        value: object = self.values
        for part in path:
            if not isinstance(value, Mapping):
                return None
            value = value.get(part)
        return value

    def keys_at(self, *path: str) -> Iterable[str]:
        """Return the keys of the mapping at a path, or none where it is no mapping."""
        value = self.at(*path)
        return [key for key in value if isinstance(key, str)] if isinstance(value, Mapping) else []
