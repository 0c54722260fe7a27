"""What became of a batch: `report.json` beside its output, and one line for people."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import IntEnum
from typing import Any, Final

from mlops_runtime.batch.manifest import FileRecord

FILE: Final = "report.json"
UNFINISHED: Final = b'{"status": "unfinished"}\n'
"""What it says from the first row until the last: whoever reads the output waits for another status."""


class ExitCode(IntEnum):
    """How a batch ends."""

    DONE = 0
    """Every row was scored or set aside."""
    FAILED = 1
    """Something was not to be had. Started again, it goes on from where it was."""
    REFUSED = 2
    """Nothing was scored: the model, the table's columns or the arguments are not right."""
    TOO_MANY_REJECTED = 3
    """More of the rows were set aside than is allowed."""
    FILES_SET_ASIDE = 4
    """All the rest is done, but some files could not be read and were set aside whole."""


@dataclass(frozen=True)
class Report:
    """The counts of a batch. The same input and model give the same report, however often it was begun."""

    model: Mapping[str, str]
    input: str
    output: str
    format: str
    files: int
    files_set_aside: Mapping[str, str]
    """Why, by file."""
    partitions: int
    rows_read: int
    rows_scored: int
    rows_rejected: int
    rejected_percent: float
    rejected_percent_max: float
    unknown_categories: Mapping[str, int]

    @property
    def exit_code(self) -> ExitCode:
        """How the batch ends."""
        if self.rejected_percent > self.rejected_percent_max:
            return ExitCode.TOO_MANY_REJECTED
        return ExitCode.FILES_SET_ASIDE if self.files_set_aside else ExitCode.DONE

    def sentence(self) -> str:
        """Return the counts in one line, and what is wrong with them."""
        counts = (
            f"{self.rows_read} rows read = {self.rows_scored} scored + {self.rows_rejected} set aside,"
            f" from {self.files - len(self.files_set_aside)} of {self.files} files"
        )
        if self.exit_code is ExitCode.TOO_MANY_REJECTED:
            bound = f"expected at most {self.rejected_percent_max:g} (rejected_percent_max)"
            return f"{counts}; got {self.rejected_percent:g} percent set aside, {bound}, fix: see rejected/"
        if self.files_set_aside:
            name, reason = next(iter(self.files_set_aside.items()))
            more = f" and {len(self.files_set_aside) - 1} more files" if len(self.files_set_aside) > 1 else ""
            return f"{counts}; set aside whole: {name}{more} ({reason})"
        return counts

    def to_json(self) -> str:
        """Return the text of `report.json`."""
        document: dict[str, Any] = {"status": self.exit_code.name.lower(), **asdict(self)}
        return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def report_of(
    records: Sequence[FileRecord],
    set_aside: Mapping[str, str],
    *,
    model: Mapping[str, str],
    addresses: Mapping[str, str],
    rejected_percent_max: float,
) -> Report:
    """Add up the records of a batch.

    Args:
        records: One for each file that was scored.
        set_aside: Why the others were not, by file.
        model: Its name, version and digest.
        addresses: `input`, `output` and `format`, as they were asked for.
        rejected_percent_max: The bound on the share of rows that are set aside.
    """
    partitions = [partition for record in records for partition in record.partitions]
    read, scored = (sum(getattr(each, key) for each in partitions) for key in ("rows_read", "rows_scored"))
    unknown: Counter[str] = Counter()
    for partition in partitions:
        unknown.update(partition.unknown_categories)
    return Report(
        model=dict(model),
        **addresses,
        files=len(records) + len(set_aside),
        files_set_aside=dict(sorted(set_aside.items())),
        partitions=len(partitions),
        rows_read=read,
        rows_scored=scored,
        rows_rejected=read - scored,
        rejected_percent=100 * (read - scored) / read if read else 0.0,
        rejected_percent_max=rejected_percent_max,
        unknown_categories=dict(sorted(unknown.items())),
    )
