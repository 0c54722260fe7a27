"""API keys by client: a folder with a file for each client, which holds that client's key, as a Secret is mounted."""

import hashlib
import hmac
import logging
import math
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from time import monotonic

from .errors import AccessError

KEY_CHARACTERS_MIN = 16
"""Fewer can be guessed: https://owasp.org/www-community/vulnerabilities/Insufficient_Session-ID_Length."""
LOOK_AGAIN_SECONDS = 1.0
UNREADABLE_SECONDS = 60.0
"""How long the keys that are known hold where the folder can no longer be read."""
SNAPSHOT = "..data"
"""In a mounted Secret this link leads to its files, and is replaced when the Secret changes: all at once.
https://kubernetes.io/docs/concepts/configuration/secret/#mounted-secrets-are-updated-automatically"""

logger = logging.getLogger("mlops.access")


class ApiKeys:
    """Keys that are read anew when their files change. In memory there are their hashes alone."""

    def __init__(self, directory: Path, clock: Callable[[], float] = monotonic) -> None:
        """Choose the folder; nothing is read yet.

        Args:
            directory: A folder with a file for each client: its name is the client's, its content the key.
            clock: Tells the time, for tests.
        """
        self._directory = directory
        self._clock = clock
        self._looked = self._read = -math.inf
        self._seen: object = None
        self._digests: Mapping[str, bytes] = {}

    def load(self) -> None:
        """Read the keys for the first time.

        Raises:
            AccessError: There is no key that could be given.
        """
        self._look_again()
        if not self._digests:
            expected = f"at least one file with a key of {KEY_CHARACTERS_MIN} characters or more"
            raise AccessError(f"API keys in {self._directory}: got none, expected {expected}")

    def client_of(self, key: str) -> str | None:
        """Return whose key it is; None where it is nobody's.

        It is held against every key, so that the time that this takes tells nothing of any.
        """
        self._look_again()
        given, found = _digest(key), None
        for client, digest in self._digests.items():
            if hmac.compare_digest(given, digest):
                found = client
        return found

    def _look_again(self) -> None:
        now = self._clock()
        if now - self._looked < LOOK_AGAIN_SECONDS:
            return
        self._looked = now
        try:
            seen = sorted(_signature(path) for path in self._files())
            if seen != self._seen:
                self._digests = self._keys()
                self._seen = seen
                logger.info("API keys of %d clients: %s", len(self._digests), ", ".join(sorted(self._digests)))
            self._read = now
        except OSError as error:
            # A Secret that is being replaced; the next look finds the new files.
            logger.warning("API keys in %s cannot be read: %s", self._directory, type(error).__name__)
            if now - self._read > UNREADABLE_SECONDS:
                self._digests, self._seen = {}, None

    def _files(self) -> Iterator[Path]:
        snapshot = self._directory / SNAPSHOT
        folder = snapshot.resolve() if snapshot.exists() else self._directory
        yield from (path for path in sorted(folder.iterdir()) if not path.name.startswith(".") and path.is_file())

    def _keys(self) -> dict[str, bytes]:
        """Return the hash of each client's key; a key that is too short, or another's as well, is nobody's."""
        found: dict[str, bytes] = {}
        for path in self._files():
            # Whoever writes such a file by hand ends it with a new line.
            key = path.read_bytes().decode("utf-8-sig", errors="replace").strip()
            if len(key) < KEY_CHARACTERS_MIN:
                logger.error(
                    "API key of %s: got %d characters, expected at least %d: it is not taken",
                    path.name,
                    len(key),
                    KEY_CHARACTERS_MIN,
                )
            elif (digest := _digest(key)) in found.values():
                logger.error("API key of %s: got another client's, expected one of its own: it is not taken", path.name)
            else:
                found[path.name] = digest
        return found


def _signature(path: Path) -> tuple[str, int, int, int]:
    stat = path.stat()
    return (path.name, stat.st_mtime_ns, stat.st_ino, stat.st_size)


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", errors="replace")).digest()
