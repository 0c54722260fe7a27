"""Asking an endpoint over one connection, and naming whatever is wrong with its answer."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx

from mlops_runtime.monitoring.payloads.sampling import CHECK_ID_PREFIX

from .golden import GoldenMismatchError
from .prediction_ids import HEADER, new_prediction_id


class TruthError(Exception):
    """The endpoint is not what was pinned; the message says what differed."""


@contextmanager
def at_place(path: str) -> Iterator[None]:
    """Names the path in whatever is wrong with its answer."""
    try:
        yield
    except (TruthError, GoldenMismatchError) as error:
        raise TruthError(f"{path}: {error}") from error
    except httpx.HTTPError as error:
        raise TruthError(f"{path}: no answer: {type(error).__name__} {error}") from error
    except (LookupError, TypeError, ValueError) as error:
        raise TruthError(f"{path}: got an answer of another form ({error!r}), expected the protocol's") from error


def check_headers() -> dict[str, str]:
    """Return the headers of a golden row's request: its id tells the payload log that it is nobody's prediction."""
    return {HEADER.decode(): f"{CHECK_ID_PREFIX}{new_prediction_id()}"}


def json_of(response: httpx.Response) -> dict[str, Any]:
    """Return the object that an answer holds.

    Raises:
        TruthError: Its status is not 200, or it is no object.
    """
    if response.status_code != httpx.codes.OK:
        raise TruthError(f"got status {response.status_code} {response.text[:200]!r}, expected 200")
    document = response.json()
    if not isinstance(document, dict):
        raise TruthError(f"got {response.text[:200]!r}, expected an object")
    return document


def check_same(got: Mapping[str, object], expected: Mapping[str, object]) -> None:
    """Hold what an answer says against what it must say.

    Raises:
        TruthError: With every key that differs.
    """
    differing = [key for key, value in expected.items() if got.get(key) != value]
    if differing:
        raise TruthError("; ".join(f"got {key} {got.get(key)}, expected {expected[key]}" for key in differing))
