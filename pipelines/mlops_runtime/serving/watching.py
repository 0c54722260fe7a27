"""Who watches the requests of a server: the payload log, and a collector of spans."""

from dataclasses import dataclass

from mlops_runtime.monitoring.payloads.log import PayloadLog

from .spans import Spans


@dataclass(frozen=True, slots=True)
class Watching:
    """Who watches. None: nobody.

    Attributes:
        payloads: Where what was answered is written down.
        spans: Makes a span of each answer.
    """

    payloads: PayloadLog | None = None
    spans: Spans | None = None


NOBODY = Watching()
