"""Python's garbage collector while a stack is rendered."""

import contextlib
import gc
from collections.abc import Iterator


@contextlib.contextmanager
def resting_collector() -> Iterator[None]:
    """Let the garbage collector rest, as a context or a decorator.

    What a rendering makes is needed until it ends. The collector would look through all of it in vain, the more often
    the more there is: half of the time that 200 workloads take. What is left at the end goes to the oldest generation,
    which is looked through last.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.unfreeze()
        if was_enabled:
            gc.enable()
