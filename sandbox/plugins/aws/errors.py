"""What goes wrong between the plugin and AWS."""

from collections.abc import Iterable

from sandbox.plugins.aws.table import Absence
from sandbox.plugins.protocol.errors import ProviderError


class UnservedTypeError(ProviderError):
    """The resource type is not among those that the plugin serves."""


class UnreachableError(ProviderError):
    """No answer from the endpoint.

    Attributes:
        was_sent: Whether the request may have arrived, and been done.
    """

    def __init__(self, text: str, *, was_sent: bool) -> None:
        super().__init__(text)
        self.was_sent = was_sent


class AwsError(ProviderError):
    """AWS refused a request.

    Attributes:
        operation: What was called.
        code: AWS's own word, such as "ValidationException".
        message: What is wrong.
        status: HTTP status.
    """

    def __init__(self, operation: str, code: str, message: str, status: int) -> None:
        super().__init__(f"{operation}: {code}: {message}")
        self.operation = operation
        self.code = code
        self.message = message
        self.status = status

    def says(self, absences: Iterable[Absence]) -> bool:
        """Tells whether the error is one of those that say that something is, or is not, there."""
        return any(each.code == self.code and each.text in self.message for each in absences)
