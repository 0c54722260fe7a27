"""Ids of predictions: a caller's own, or new ones. A label finds its prediction by them, days later."""

import os
import re
from typing import Final

from .input_error import InputError

HEADER: Final = b"x-prediction-id"
_ID = re.compile(r"[!-.0-~]{1,128}")
EXPECTED: Final = "1 to 128 visible ASCII characters without a slash"


def checked_prediction_id(value: str, place: str) -> str:
    """Return a caller's id, if it may be one: it goes into headers, and before a slash and a row's number.

    Raises:
        InputError: It may not.
    """
    if _ID.fullmatch(value) is None:
        raise InputError.at(place, value, EXPECTED)
    return value


def new_prediction_id() -> str:
    """Return an id that nobody else has."""
    return os.urandom(16).hex()
