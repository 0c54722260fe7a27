"""What this machine has and lacks: `python -m sandbox doctor`, and the first thing that `up` asks."""

from sandbox.doctor.catalogue import Check, Part, checks_for
from sandbox.doctor.examination import ALTERNATIVE, examine, missing, require
from sandbox.doctor.finding import Finding, State
from sandbox.doctor.report import document, plain, table

__all__ = [
    "ALTERNATIVE",
    "Check",
    "Finding",
    "Part",
    "State",
    "checks_for",
    "document",
    "examine",
    "missing",
    "plain",
    "require",
    "table",
]
