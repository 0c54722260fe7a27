"""What a request's headers say of the prediction itself: its id, its trace, and the key of what is asked about."""

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from .input_error import InputError
from .prediction_ids import HEADER, checked_prediction_id

KEY_HEADER: Final = b"x-entity-key"
TRACE_HEADER: Final = b"traceparent"
_KEY = re.compile(r"[ -~]{1,256}")
# https://www.w3.org/TR/trace-context/#traceparent-header: version 00 has these four fields and no more; a later one may
# have more behind them. Version ff, and ids of zeros alone, are none.
_TRACE = re.compile(
    rb"(?!ff)(?P<version>[0-9a-f]{2})-(?!0{32})(?P<trace>[0-9a-f]{32})-(?!0{16})(?P<span>[0-9a-f]{16})"
    rb"-(?P<flags>[0-9a-f]{2})(?P<more>-.*)?"
)


class Trace(NamedTuple):
    """The caller's place in a trace, as W3C Trace Context has it."""

    trace_id: str
    span_id: str
    flags: str

    @property
    def header(self) -> bytes:
        """The value of a `traceparent` header that says the same."""
        return f"00-{self.trace_id}-{self.span_id}-{self.flags}".encode()


class Calling(NamedTuple):
    """What the headers say.

    Attributes:
        prediction_id: The caller's own id.
        trace: The caller's trace; None also where its header is none, as the specification demands.
        key: The key of the entity that is asked about.
    """

    prediction_id: str | None = None
    trace: Trace | None = None
    key: str | None = None


ANONYMOUS = Calling()


def calling_of(headers: Iterable[tuple[bytes, bytes]]) -> Calling:
    """Read a request's headers.

    Raises:
        InputError: An id or a key is not what it may be.
    """
    prediction_id: str | None = None
    trace: Trace | None = None
    key: str | None = None
    for name, value in headers:
        if name == HEADER:
            prediction_id = checked_prediction_id(value.decode("latin-1"), "x-prediction-id")
        elif name == TRACE_HEADER:
            trace = trace_of(value)
        elif name == KEY_HEADER:
            key = _checked_key(value.decode("latin-1"))
    return Calling(prediction_id, trace, key)


def trace_of(value: bytes) -> Trace | None:
    """Return what a `traceparent` header says; None where it is none."""
    found = _TRACE.fullmatch(value)
    if found is None or (found["version"] == b"00" and found["more"]):
        return None
    return Trace(found["trace"].decode(), found["span"].decode(), found["flags"].decode())


def _checked_key(value: str) -> str:
    if _KEY.fullmatch(value) is None:
        raise InputError.at("x-entity-key", value, "1 to 256 printable ASCII characters")
    return value
