"""What goes wrong while a plugin serves a request."""

from sandbox.plugins.protocol.resources import Outcome


class ProviderError(Exception):
    """Something the person who runs Pulumi can act upon. Its text is shown as it is."""


class CancelledError(ProviderError):
    """The person has asked to stop."""


class FailedOutcomeError(ProviderError):
    """An object exists, but is not ready.

    Attributes:
        outcome: What the state is to keep.
        reasons: What is wrong, without secrets.
    """

    def __init__(self, outcome: Outcome, reasons: list[str]) -> None:
        super().__init__("\n".join(reasons))
        self.outcome = outcome
        self.reasons = reasons
