"""Remembers which objects this machine's resources have created.

An update that is killed between AWS's answer and Pulumi's note of it leaves an object that the next update finds in
its way. What this very resource has created, at the very endpoint, it may take up again; anything else it may not.
"""

import contextlib
import hashlib
import json
import os
from pathlib import Path


class Journal:
    """A file for each resource, beside Pulumi's plugins. What cannot be written or read is as good as not noted."""

    def __init__(self, folder: Path) -> None:
        """Prepare the journal.

        Args:
            folder: Where the files are.
        """
        self._folder = folder

    def note(self, urn: str, identifier: str, endpoint: str) -> None:
        """Note that a resource is about to create an object."""
        file = self._file(urn)
        with contextlib.suppress(OSError):
            file.parent.mkdir(parents=True, exist_ok=True)
            temporary = file.with_suffix(f".{os.getpid()}")
            temporary.write_text(json.dumps(_entry(urn, identifier, endpoint)), encoding="utf-8")
            temporary.replace(file)

    def has(self, urn: str, identifier: str, endpoint: str) -> bool:
        """Tells whether a resource has created an object, or was about to, and Pulumi may not know of it."""
        return self._noted(urn) == _entry(urn, identifier, endpoint)

    def settle(self, urn: str, identifier: str) -> None:
        """Forgets an object that Pulumi's state has: from now on, what stands in its way is somebody else's."""
        if self._noted(urn).get("id") == identifier:
            self.forget(urn)

    def forget(self, urn: str) -> None:
        """Forgets what a resource has created."""
        with contextlib.suppress(OSError):
            self._file(urn).unlink(missing_ok=True)

    def _noted(self, urn: str) -> dict[str, str]:
        try:
            noted: dict[str, str] = json.loads(self._file(urn).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return noted

    def _file(self, urn: str) -> Path:
        return self._folder / f"{hashlib.sha256(urn.encode()).hexdigest()[:32]}.json"


def default_folder() -> Path:
    """Return where the journal is kept: in Pulumi's own folder."""
    home = os.environ.get("PULUMI_HOME")
    return (Path(home) if home else Path.home() / ".pulumi") / "sandbox-aws-created"


def _entry(urn: str, identifier: str, endpoint: str) -> dict[str, str]:
    return {"urn": urn, "id": identifier, "endpoint": endpoint}
