"""A registered version of a model, as the commands show it, whatever its target."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any


class VersionRefusedError(RuntimeError):
    """A version cannot be pinned, or deleted, as things stand."""


@dataclass(frozen=True)
class RegisteredVersion:
    """One version of a model, and where it comes from. What was not noted is empty.

    Attributes:
        version: Its number.
        digest: Of its files.
        created_at: When it was registered, RFC 3339.
        created_by: Who or what started the run.
        run: The run that registered it.
        data_digest: Of the data that the run read.
        code_version: Of the code that ran.
        image: That the steps ran in.
        environment: In which it was trained.
        metrics: What the run measured.
        approval: What the target calls the decision on it; None where the target has no approval.
    """

    version: int
    digest: str
    created_at: str = ""
    created_by: str = ""
    run: str = ""
    data_digest: str = ""
    code_version: str = ""
    image: str = ""
    environment: str = ""
    metrics: Mapping[str, float] = field(default_factory=dict)
    approval: str | None = None

    def to_document(self) -> dict[str, Any]:
        """Return the version as plain data, for `--json`."""
        return asdict(self)


def missing_version(model: str, number: int, known: Sequence[int]) -> VersionRefusedError:
    """Return that a model has no such version, and which it has."""
    listed = ", ".join(map(str, sorted(known, reverse=True)[:10])) or "none at all"
    fix = "name one of these: mlops versions shows them" if known else "train one first: mlops train"
    return VersionRefusedError(f"model {model}: got version {number}, expected a registered one ({listed}), fix: {fix}")
