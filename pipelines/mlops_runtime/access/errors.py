"""Why a request is not let through, and why a server does not begin to judge any."""

from enum import Enum

Headers = tuple[tuple[bytes, bytes], ...]


class AccessError(Exception):
    """The server cannot judge requests as it was told to, and must not start; the message says why."""


class Outcome(Enum):
    """What became of a request, as metrics tell it."""

    ADMITTED = "admitted"
    NO_CREDENTIAL = "no-credential"
    WRONG_CREDENTIAL = "wrong-credential"
    EXPIRED = "expired"
    PLAIN_HTTP = "plain-http"
    SCOPE_MISSING = "scope-missing"
    TOO_MANY = "too-many"
    KEYS_UNKNOWN = "keys-unknown"


class AccessRefusedError(Exception):
    """A request is not let through. No text of a credential is in the message."""

    def __init__(self, status: int, outcome: Outcome, reason: str, *, client: str = "", headers: Headers = ()) -> None:
        """Describe the refusal.

        Args:
            status: The answer's status.
            outcome: What metrics call it.
            reason: What the caller is told.
            client: Whose request it is, where that is known.
            headers: More headers of the answer.
        """
        super().__init__(reason)
        self.status = status
        self.outcome = outcome
        self.client = client
        self.headers = headers
