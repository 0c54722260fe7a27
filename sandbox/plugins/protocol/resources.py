"""What a request is about, and what comes of it."""

from dataclasses import dataclass

from sandbox.plugins.protocol.values import Object


@dataclass(frozen=True)
class Resource:
    """A resource of the program.

    Attributes:
        urn: Its identity in the stack.
        token: Its type.
        name: Its name in the program.
        timeout_seconds: From its options; None when they name none.
        id: Its identity in the cloud; empty for one that is not there yet.
    """

    urn: str
    token: str
    name: str
    timeout_seconds: float | None = None
    id: str = ""


@dataclass(frozen=True)
class Outcome:
    """What has come of an operation.

    Attributes:
        id: The resource's ID; empty for one that is not there (yet).
        outputs: What the state keeps, with secrets marked.
        inputs: What a read found the inputs to be.
    """

    id: str
    outputs: Object
    inputs: Object


@dataclass(frozen=True)
class Failure:
    """An input or a setting that cannot be taken.

    Attributes:
        property: Its path.
        reason: What was got, what is expected, and the fix.
    """

    property: str
    reason: str
