"""A run of a training pipeline, as the commands show it, whatever its target."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import Enum
from typing import Any


class Status(str, Enum):
    """How a run or a step of it stands."""

    WAITING = "waiting"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    SKIPPED = "skipped"
    REJECTED = "rejected"
    FAILED = "failed"

    @property
    def is_final(self) -> bool:
        """Whether it stays like this."""
        return self not in {Status.WAITING, Status.RUNNING}


EXIT_CODES = {Status.SUCCEEDED: 0, Status.FAILED: 1, Status.REJECTED: 3}
"""What a command that waited for a run ends with."""


@dataclass(frozen=True)
class RunReference:
    """A run that there is.

    Attributes:
        name: What people call it.
        address: What its target finds it by.
    """

    name: str
    address: str


@dataclass(frozen=True)
class Step:
    """One step of a run.

    Attributes:
        name: Its name in the step graph.
        container: The container that runs it; empty on SageMaker.
        status: How it stands.
        message: What it says about that; empty where it says nothing.
        started_at: When it started, RFC 3339; None before that.
        finished_at: When it ended, RFC 3339; None before that.
    """

    name: str
    container: str
    status: Status
    message: str = ""
    started_at: str | None = None
    finished_at: str | None = None


@dataclass(frozen=True)
class Run:
    """One run of a training pipeline, as it stands.

    Attributes:
        name: What people call it: the name of its Job, or the identity of its execution.
        status: How it stands.
        message: Why, where that needs saying.
        steps: Its steps in order; none before there is a pod.
        pod: The name of its pod; None before there is one, and on SageMaker.
        stuck: Why it will not go on by itself; None while it may.
        model_version: The version that it registered, if any.
        model_digest: The digest of that version.
        metrics: What its steps measured.
    """

    name: str
    status: Status
    message: str = ""
    steps: tuple[Step, ...] = ()
    pod: str | None = None
    stuck: str | None = None
    model_version: int | None = None
    model_digest: str | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)

    def to_document(self) -> dict[str, Any]:
        """Return the run as plain data, for `--json`; its name stands under `run`."""
        document = asdict(self)
        return {"run": document.pop("name"), **document}
