"""An issuer's public keys, its JSON Web Key Set (RFC 7517): fetched, read anew, and kept while it cannot be."""

import asyncio
import json
import logging
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import httpx
import jwt

from .errors import AccessError, AccessRefusedError, Outcome

FRESH_SECONDS = 300.0
"""After this the set is read anew, beside the request that asks for a key."""
STALE_SECONDS = 900.0
"""After this a request waits for that: nobody has asked for long, and a key may have been taken back since."""
RETRY_SECONDS = 10.0
"""The set is read no more often, whatever keys are asked for."""
LAST_SECONDS = 24 * 3600.0
"""How long the keys that are known hold while the set cannot be read."""
START_SECONDS = 30.0
FETCH_SECONDS = 5.0
SET_BYTES_MAX = 1024 * 1024
KEYS_MAX = 100
RSA_BITS_MIN = 2048
_RSA = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
# By the kind of the key, and its curve. Nothing that is signed with a shared secret: a public key is none (RFC 8725).
ALGORITHMS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("RSA", ""): _RSA,
    ("EC", "P-256"): ("ES256",),
    ("EC", "P-384"): ("ES384",),
    ("EC", "P-521"): ("ES512",),
    ("OKP", "Ed25519"): ("EdDSA",),
}

logger = logging.getLogger("mlops.access")


class KeySetError(Exception):
    """The set cannot be read, or holds no key; the message says what came."""


@dataclass(frozen=True, slots=True)
class VerifyingKey:
    """A public key, and the algorithms whose signatures it may verify."""

    key: Any
    algorithms: tuple[str, ...]


class KeySet:
    """The keys of one issuer by their IDs."""

    def __init__(self, source: Callable[[], bytes], clock: Callable[[], float] = monotonic) -> None:
        """Choose the source; nothing is read yet.

        Args:
            source: Returns the set, or raises OSError, httpx.HTTPError or KeySetError.
            clock: Tells the time, for tests.
        """
        self._source = source
        self._clock = clock
        self._keys: dict[str | None, VerifyingKey] = {}
        self._read_at = self._tried_at = -math.inf
        self._refreshing: asyncio.Task[None] | None = None
        self._is_failing = False

    def load(self, patience_seconds: float = START_SECONDS) -> None:
        """Read the set for the first time.

        Raises:
            AccessError: It could not be read for so long.
        """
        deadline = monotonic() + patience_seconds
        while True:
            try:
                self._take(self._source())
            except (OSError, httpx.HTTPError, KeySetError) as error:
                if monotonic() >= deadline:
                    told = str(error) or type(error).__name__
                    raise AccessError(f"the issuer's keys: got none ({told}), expected its JSON Web Key Set") from error
                sleep(1)
            else:
                return

    async def find(self, key_id: str | None) -> VerifyingKey | None:
        """Return a key; None where the issuer has no such key.

        Raises:
            AccessRefusedError: The keys that are known are too old to be believed.
        """
        age = self._clock() - self._read_at
        if age > FRESH_SECONDS and (reading := self._refresh()) and age > STALE_SECONDS and not self._is_failing:
            await asyncio.shield(reading)
        if self._known(key_id) is None and (reading := self._refresh()):
            await asyncio.shield(reading)
        if self._clock() - self._read_at > LAST_SECONDS:
            reason = "the token: got no keys of its issuer to judge it by, expected them, fix: try again later"
            retry = ((b"retry-after", str(int(RETRY_SECONDS)).encode()),)
            raise AccessRefusedError(503, Outcome.KEYS_UNKNOWN, reason, headers=retry)
        return self._known(key_id)

    def _known(self, key_id: str | None) -> VerifyingKey | None:
        if key_id is None and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        return self._keys.get(key_id)

    def _refresh(self) -> asyncio.Task[None] | None:
        """Begin to read the set anew, unless it is being read or was just tried; return what can be waited for."""
        if self._refreshing is not None and not self._refreshing.done():
            return self._refreshing
        if self._clock() - self._tried_at < RETRY_SECONDS:
            return None
        self._tried_at = self._clock()
        self._refreshing = asyncio.create_task(self._read_anew())
        return self._refreshing

    async def _read_anew(self) -> None:
        try:
            self._take(await asyncio.to_thread(self._source))
            self._is_failing = False
        except (OSError, httpx.HTTPError, KeySetError) as error:
            self._is_failing = True
            logger.warning("the issuer's keys cannot be read (%s: %s); those known stay", type(error).__name__, error)

    def _take(self, text: bytes) -> None:
        self._keys = keys_of(text)
        self._read_at = self._clock()


def keys_of(text: bytes) -> dict[str | None, VerifyingKey]:
    """Return the keys of a set by their IDs.

    Raises:
        KeySetError: It is no set, or has no key that verifies a signature.
    """
    try:
        document = json.loads(text)
    except ValueError as error:
        raise KeySetError("a key set: got no JSON, expected a JSON Web Key Set") from error
    listed = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        raise KeySetError("a key set: got no list of keys, expected a JSON Web Key Set")
    found: dict[str | None, VerifyingKey] = {}
    for entry in listed[:KEYS_MAX]:
        if isinstance(entry, dict) and (key := _verifying_key(entry)) is not None:
            found[entry.get("kid")] = key
    if not found:
        raise KeySetError("a key set: got no public key for signatures, expected one of RSA, EC or Ed25519")
    return found


def _verifying_key(entry: Mapping[str, Any]) -> VerifyingKey | None:
    """Return a key of a set; None where it is of another use or kind, too weak, or no public key."""
    allowed = ALGORITHMS.get((str(entry.get("kty")), str(entry.get("crv", ""))), ())
    if "alg" in entry:
        allowed = tuple(name for name in allowed if name == entry["alg"])
    is_for_signatures = entry.get("use", "sig") == "sig" and "verify" in entry.get("key_ops", ["verify"])
    # Whoever publishes a private key lets anybody sign.
    if not allowed or not is_for_signatures or "d" in entry:
        return None
    try:
        key = jwt.PyJWK(dict(entry), algorithm=allowed[0]).key
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        logger.warning("a key of the issuer's set cannot be read: %s", type(error).__name__)
        return None
    is_too_short = entry["kty"] == "RSA" and key.key_size < RSA_BITS_MIN
    return None if is_too_short else VerifyingKey(key, allowed)


def from_url(url: str) -> Callable[[], bytes]:
    """Return what fetches the set from its address. No redirect is followed, and no proxy of the environment used."""

    def fetch() -> bytes:
        timeout = httpx.Timeout(FETCH_SECONDS)
        with (
            httpx.Client(timeout=timeout, trust_env=False, follow_redirects=False) as client,
            client.stream("GET", url, headers={"accept": "application/json"}) as answer,
        ):
            if answer.status_code != httpx.codes.OK:
                raise KeySetError(f"{url}: got status {answer.status_code}, expected 200")
            content = bytearray()
            for part in answer.iter_bytes():
                content += part
                if len(content) > SET_BYTES_MAX:
                    raise KeySetError(f"{url}: got more than {SET_BYTES_MAX} bytes, expected a JSON Web Key Set")
            return bytes(content)

    return fetch


def from_file(path: Path) -> Callable[[], bytes]:
    """Return what reads the set from a file, as a ConfigMap is mounted."""
    return path.read_bytes
