"""Which requests are kept, by a hash of the id alone: every replica and every reader decides the same."""

from hashlib import blake2b
from typing import Final

CHECK_ID_PREFIX: Final = "truth-check-"
"""Begins the ids of the golden rows that an update asks for: they are nobody's predictions."""
_HASHES: Final = 2**64


class Sample:
    """A part of all requests."""

    def __init__(self, percent: float) -> None:
        self._kept = int(percent / 100 * _HASHES)

    def holds(self, prediction_id: str) -> bool:
        """Tell whether a request is kept; golden rows of an update never are."""
        if prediction_id.startswith(CHECK_ID_PREFIX):
            return False
        if self._kept >= _HASHES:
            return True
        return int.from_bytes(blake2b(prediction_id.encode(), digest_size=8).digest()) < self._kept
