"""What goes wrong between the plugin and a cluster."""

from collections.abc import Sequence
from dataclasses import dataclass

from sandbox.plugins.protocol.errors import ProviderError
from sandbox.plugins.protocol.values import Object


class UnreachableError(ProviderError):
    """No connection to the cluster."""


class NoMatchError(ProviderError):
    """The cluster does not know the kind."""


@dataclass(frozen=True)
class Cause:
    """One of the reasons in an answer of the API server.

    Attributes:
        reason: Such as "FieldValueInvalid" or "FieldManagerConflict".
        field: Path of the field, as the API server writes it; may be empty.
        message: What is wrong.
    """

    reason: str
    field: str
    message: str


class ApiError(ProviderError):
    """The API server refused a request.

    Attributes:
        status: HTTP status.
        reason: Kubernetes' own word, such as "NotFound", "Conflict", "Invalid".
        causes: What in particular.
        retry_after_seconds: When the server asks to come back.
    """

    def __init__(
        self,
        status: int,
        reason: str,
        message: str,
        causes: Sequence[Cause] = (),
        retry_after_seconds: float | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.message = message
        self.causes = tuple(causes)
        self.retry_after_seconds = retry_after_seconds

    @property
    def is_not_found(self) -> bool:
        """Whether the object, or the namespace it should be in, is not there."""
        return self.status == 404

    @property
    def is_already_exists(self) -> bool:
        """Whether the object that was to be created is there."""
        return self.status == 409 and self.reason == "AlreadyExists"

    @property
    def is_conflict_of_managers(self) -> bool:
        """Whether fields belong to somebody else."""
        return self.status == 409 and any(cause.reason == "FieldManagerConflict" for cause in self.causes)


class InitializationError(ProviderError):
    """An object exists, but has not become what was asked for.

    Attributes:
        live: The object as it was last seen.
        reasons: What is wrong with it, the most telling first.
    """

    def __init__(self, live: Object, reasons: Sequence[str]) -> None:
        super().__init__("\n".join(reasons))
        self.live = live
        self.reasons = tuple(reasons)
