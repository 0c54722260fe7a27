"""How a resource is to be named whose program gives no name."""

from dataclasses import dataclass
from enum import Enum


class Autonaming(Enum):
    """What the stack's `pulumi:autonaming` asks for."""

    DEFAULT = "default"
    PROPOSED = "proposed"
    ENFORCED = "enforced"
    DISABLED = "disabled"


@dataclass(frozen=True)
class NamingRequest:
    """What is known about a resource that may need a name.

    Attributes:
        logical_name: Its name in the program.
        seed: The engine's random seed; the same one gives the same name.
        autonaming: The stack's wish.
        proposed: The name that goes with the wish; may be empty.
    """

    logical_name: str
    seed: bytes = b""
    autonaming: Autonaming = Autonaming.DEFAULT
    proposed: str = ""


class NamingError(ValueError):
    """The object must be named by the program."""
