"""How a workload stands, as `mlops status` shows it, whatever its target."""

from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

Value = TypeVar("Value")


@dataclass(frozen=True)
class Known(Generic[Value]):
    """Something that was asked for.

    Attributes:
        value: The answer; None where there is nothing, or no answer.
        problem: Why there is no answer; None where there is one.
    """

    value: Value | None = None
    problem: str | None = None

    def to_document(self) -> Any:
        """Return the value, or why there is none."""
        return self.value if self.problem is None else {"problem": self.problem}


@dataclass(frozen=True)
class Version:
    """One version of a model, by number and digest.

    Attributes:
        number: Its number.
        digest: The digest of its files.
        runtime: What runs it, by its own word; empty where nobody says so. It is no part of which version it is.
    """

    number: int
    digest: str
    runtime: str = field(default="", compare=False)

    def __str__(self) -> str:
        more = ", ".join(filter(None, [self.digest.removeprefix("sha256:")[:8], self.runtime]))
        return f"{self.number} ({more})" if more else str(self.number)

    def to_document(self) -> dict[str, Any]:
        """Return it as plain data; its runtime where that is known."""
        return {"version": self.number, "digest": self.digest} | ({"runtime": self.runtime} if self.runtime else {})


@dataclass(frozen=True)
class Health:
    """What there is to say of what serves, and whether that is what is pinned.

    Attributes:
        text: For people.
        is_healthy: For programs; None where nothing is pinned yet.
    """

    text: str
    is_healthy: bool | None

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class WorkloadStatus:
    """How one workload of one stack stands.

    Attributes:
        stack: The stack.
        workload: The workload; empty where the stack's configuration is refused.
        pinned: The version in the stack file.
        registered: The newest version in the registry.
        serving: The version that the endpoint itself reports.
        healthy: Whether every replica is ready and serves what is pinned, and the last update proved it.
    """

    stack: str
    workload: str
    pinned: Known[Version]
    registered: Known[Version]
    serving: Known[Version]
    healthy: Known[Health]

    def to_document(self) -> dict[str, Any]:
        """Return the status as plain data: each cell is its value, null, or `{"problem"}`.

        `is_healthy` is null where it is not known, and where nothing is pinned yet.
        """
        health = self.healthy.value
        cells: dict[str, Any] = {
            "stack": self.stack,
            "workload": self.workload,
            "healthy": self.healthy.to_document() if health is None else health.text,
            "is_healthy": None if health is None else health.is_healthy,
        }
        for name in ("pinned", "registered", "serving"):
            known: Known[Version] = getattr(self, name)
            cells[name] = known.to_document() if known.value is None else known.value.to_document()
        return cells


def unlike_the_pin(pinned: Version | None, serving: Version | None, why: str = "") -> Health | None:
    """Return how things stand where what is pinned does not serve; None where it does.

    Args:
        pinned: The version in the stack file.
        serving: The version that serves; None where there is no endpoint.
        why: What is known of the reason, to be told beside it.
    """
    if serving is None:
        return Health("waiting-for-model", None) if pinned is None else Health("not deployed", is_healthy=False)
    if serving != pinned:
        return Health(f"no: serves {serving}, pinned is {pinned or 'nothing'}{why}", is_healthy=False)
    return None
