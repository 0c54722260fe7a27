"""Where this process's offline AWS is: its own address, and the folder of what it runs."""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

_FOLDER_VARIABLE = "MLOPS_OFFLINE_AWS_FOLDER"
_KNOWN: list["Place"] = []


@dataclass(frozen=True)
class Place:
    """An offline AWS of this process.

    Attributes:
        url: Its address.
        folder: Where jobs and models have their files.
    """

    url: str
    folder: Path


def settle(url: str) -> None:
    """Tell where it is; to be called when its port is known."""
    given = os.environ.get(_FOLDER_VARIABLE)
    folder = Path(given) if given else Path(tempfile.mkdtemp(prefix="offline-aws-"))
    _KNOWN[:] = [Place(url, folder)]


def place() -> Place:
    """Return where it is."""
    return _KNOWN[0]
