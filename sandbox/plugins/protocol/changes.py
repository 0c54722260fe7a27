"""What differs between a resource as it is and as it is wanted."""

from dataclasses import dataclass
from enum import Enum

Path = tuple[str | int, ...]
"""The steps to a property: names, and positions in lists."""


class ChangeKind(Enum):
    """What happens to a property."""

    ADD = "add"
    DELETE = "delete"
    UPDATE = "update"


@dataclass(frozen=True)
class Change:
    """A property that differs.

    Attributes:
        path: Where it is.
        kind: What happens to it.
        replaces: Whether it needs another object.
    """

    path: Path
    kind: ChangeKind
    replaces: bool = False

    @property
    def text(self) -> str:
        """The path as Pulumi writes it, such as `spec.containers[0].image` or `metadata.labels["a.b/c"]`."""
        return path_text(self.path)


@dataclass(frozen=True)
class Difference:
    """All that differs.

    Attributes:
        changes: Each property.
        deletes_first: Whether a replacement could not stand beside what it replaces.
    """

    changes: tuple[Change, ...]
    deletes_first: bool

    @property
    def replaces(self) -> bool:
        """Whether the object must be replaced."""
        return any(change.replaces for change in self.changes)


def path_text(path: Path) -> str:
    """Write a path as Pulumi does."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif any(character in step for character in '."[]'):
            escaped = step.replace('"', '\\"')
            text += f'["{escaped}"]'
        else:
            text += f".{step}" if text else step
    return text


def covers(outer: str, inner: str) -> bool:
    """Tells whether one path, as Pulumi writes it, is another one or holds it."""
    outer = outer.strip()
    return inner == outer or (inner.startswith(outer) and inner[len(outer)] in ".[")
