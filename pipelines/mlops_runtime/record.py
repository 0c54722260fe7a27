"""What one step left behind: its status, its metrics, the identity of its output."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

StepStatus = Literal["succeeded", "rejected", "skipped", "failed"]
TERMINATION_MESSAGE_BYTES = 4096


class Dataset(BaseModel):
    """Data that a step read from outside the run.

    Attributes:
        name: Such as `customers`.
        digest: `sha256:` and 64 hexadecimal digits, of the bytes that were read.
        source: Where they came from.
        rows: How many rows, where that is known.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    digest: str
    source: str = ""
    rows: int | None = None


class RegisteredModel(BaseModel):
    """A version in the registry, as it was read back from there."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    version: str
    digest: str


class StepRecord(BaseModel):
    """How a step ended.

    Attributes:
        step: Its name.
        status: `rejected` when the gate, or the step itself, turned the model down: the run ends well and the steps
            after it are `skipped`.
        message: One line for people.
        started: Seconds since 1970.
        seconds: How long it took.
        output_digest: Of its output folder; none when that is empty or the step did not succeed.
        metrics: What it measured.
        datasets: What it read from outside.
        model: What it registered.
    """

    # A metric may be no number, which a gate then turns down: the record must still be one that can be read.
    model_config = ConfigDict(extra="forbid", frozen=True, ser_json_inf_nan="strings")

    step: str
    status: StepStatus
    message: str
    started: float = 0.0
    seconds: float = 0.0
    output_digest: str | None = None
    metrics: dict[str, float] = {}
    datasets: tuple[Dataset, ...] = ()
    model: RegisteredModel | None = None

    def termination_message(self) -> str:
        """Return this record as the JSON that a pod's status shows, short enough for Kubernetes to keep it whole."""
        short = _Termination(
            step=self.step,
            status=self.status,
            message=self.message,
            seconds=round(self.seconds, 1),
            metrics={name: round(value, 4) for name, value in self.metrics.items()},
            model_version=self.model.version if self.model else None,
            model_digest=self.model.digest if self.model else None,
        )
        text = short.model_dump_json(exclude_none=True)
        if len(text.encode()) > TERMINATION_MESSAGE_BYTES:
            short = short.model_copy(update={"metrics": {}, "message": _shortened(self.message)})
            text = short.model_dump_json(exclude_none=True)
        return text


class _Termination(BaseModel):
    step: str
    status: StepStatus
    message: str
    seconds: float
    metrics: dict[str, float]
    model_version: str | None
    model_digest: str | None


def _shortened(message: str) -> str:
    # A quarter, since JSON may take several bytes for a character; the end of a long message matters as its start does.
    half = TERMINATION_MESSAGE_BYTES // 8
    return message if len(message) <= 2 * half else f"{message[:half]} … {message[-half:]}"
