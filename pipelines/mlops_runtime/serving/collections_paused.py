"""Decoding without garbage collections."""

import gc
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")


def without_collections(function: Callable[..., Result]) -> Callable[..., Result]:
    """Pauses Python's collector while the function runs.

    Parsed JSON has no cycles, but millions of lists: the collector would go through all of them time and again, and
    hold everybody up who needs the interpreter. Only for one thread at a time.
    """

    def paused(*arguments: object) -> Result:
        gc.disable()
        try:
            return function(*arguments)
        finally:
            gc.enable()

    return paused
