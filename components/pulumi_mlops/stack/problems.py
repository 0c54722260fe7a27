from collections.abc import Iterable
from dataclasses import asdict, dataclass

from pulumi_mlops._shared.problems import told

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a stack's configuration.

    Attributes:
        source: The file, or the stack where there is no file.
        line: The line in that file, from 1; None where there is no file.
        path: Where in the configuration, like `mlops:workloads.churn.model.version`.
        got: What was found, never a secret.
        expected: What would have been right.
        fix: What to do about it.
    """

    source: str
    line: int | None
    path: str
    got: str
    expected: str
    fix: str

    def __str__(self) -> str:
        place = self.source if self.line is None else f"{self.source}:{self.line}"
        return told(f"{place}: {self.path}", self.got, self.expected, self.fix)

    def to_document(self) -> dict[str, str | int | None]:
        """Return the problem as plain data, for `--json`."""
        return asdict(self)


class ConfigError(ValueError):
    """A stack's configuration is refused. Its text holds every problem, one per line."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: (problem.source, problem.line or 0, problem.path)))
        super().__init__("\n".join(str(problem) for problem in self.problems))


def dotted(path: Path) -> str:
    """Write a path for people: `mlops:platform.registry.allowed_namespaces[0]`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text or "the whole file"


def shown(value: object) -> str:
    """Write a value that was found, short enough for one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return repr(value if len(value) <= 80 else value[:77] + "…")
    kinds: dict[type, str] = {
        type(None): "nothing",
        int: f"the whole number {value}",
        float: f"the number {value}",
        dict: "a mapping",
        list: "a list",
    }
    return kinds.get(type(value), f"a value of type {type(value).__name__}")
