"""The batch itself: every file checked, then scored partition by partition, and told."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

from mlops_runtime.batch import columns, manifest, output, report
from mlops_runtime.batch.errors import BatchRefusedError, UnreadableFileError
from mlops_runtime.batch.formats.chunk import Chunk, TableFormat
from mlops_runtime.batch.formats.registry import FORMATS
from mlops_runtime.batch.location import FoundFile, Location
from mlops_runtime.batch.manifest import FileRecord, Manifest, Partition
from mlops_runtime.batch.report import Report, report_of
from mlops_runtime.batch.scoring import ProvedModel, TableScorer

logger = logging.getLogger("mlops_runtime.batch")

SCORED: Final = "scored"
REJECTED: Final = "rejected"
SHOWN_PROBLEMS: Final = 20


@dataclass(frozen=True)
class BatchSettings:
    """What is asked for.

    Attributes:
        input: The table.
        output: Where answers go.
        format: Name of the format of both, a key of `FORMATS`.
        key_columns: Columns that are taken over into the output.
        partition_rows: How many rows are read, scored and written at a time.
        rejected_percent_max: How many rows may be set aside, in percent of those that were read.
    """

    input: Location
    output: Location
    format: str
    key_columns: Sequence[str]
    partition_rows: int
    rejected_percent_max: float


class Batch:
    """One batch."""

    def __init__(self, served: ProvedModel, settings: BatchSettings) -> None:
        self._served = served
        self._settings = settings
        self._format: TableFormat = FORMATS[settings.format]
        self._scorer = TableScorer(served)
        features = served.contract.features
        self._wanted: Mapping[str, str] = {feature.name: feature.dtype for feature in features}
        # A line of JSON may leave out what may be missing.
        lenient = settings.format == "jsonl"
        self._optional = [feature.name for feature in features if feature.nullable and lenient]
        identity = served.identity
        self._model = {"name": identity.name, "version": identity.version, "digest": identity.digest}

    def run(self) -> Report:
        """Scores everything that is not scored yet.

        Raises:
            BatchRefusedError: Nothing was scored, as something is not right.
        """
        settings = self._settings
        self._check_places()
        files = settings.input.input_files()
        set_aside = self._check_files(files)
        done = Manifest(settings.output)
        sizes = {**settings.output.sizes(SCORED), **settings.output.sizes(REJECTED)}
        if len(set_aside) == len(files):
            raise BatchRefusedError("; ".join(list(set_aside.values())[:SHOWN_PROBLEMS]))
        settings.output.write(report.FILE, report.UNFINISHED)
        records: list[FileRecord] = []
        for file in files:
            if file.name in set_aside:
                continue
            try:
                records.append(self._score(file, done, sizes))
            except UnreadableFileError as error:
                set_aside[file.name] = str(error)
                logger.warning("set aside whole: %s", error)
        done.clear_away([record.file for record in records])
        told = report_of(
            records,
            set_aside,
            model=self._model,
            addresses={"input": settings.input.address, "output": settings.output.address, "format": settings.format},
            rejected_percent_max=settings.rejected_percent_max,
        )
        settings.output.write(report.FILE, told.to_json().encode())
        return told

    def _check_places(self) -> None:
        settings = self._settings
        if settings.input.holds(settings.output) or settings.output.holds(settings.input):
            raise BatchRefusedError(
                f"output: got {settings.output.address}, expected a place apart from the input"
                f" ({settings.input.address}), fix: name another folder"
            )
        taken = {*settings.key_columns, *(() if settings.key_columns else (output.ROW_COLUMN,))}
        clash = sorted(taken & set(self._scorer.output_names))
        if clash:
            raise BatchRefusedError(
                f"key_columns: got {', '.join(clash)}, which is an output of the model, expected other columns,"
                " fix: rename the column"
            )

    def _check_files(self, files: Sequence[FoundFile]) -> dict[str, str]:
        """Look at the beginning of every file; return why some are set aside.

        Raises:
            BatchRefusedError: A file that can be read has not the columns that the model takes.
        """
        set_aside: dict[str, str] = {}
        problems: list[str] = []
        keys = self._settings.key_columns
        for file in files:
            try:
                head = self._format.head(self._settings.input, file, self._wanted, keys)
            except UnreadableFileError as error:
                set_aside[file.name] = str(error)
                logger.warning("set aside whole: %s", error)
                continue
            problems += columns.problems_of(file.name, head, self._wanted, keys, self._optional)
        if problems:
            more = f"\nand {len(problems) - SHOWN_PROBLEMS} more" if len(problems) > SHOWN_PROBLEMS else ""
            raise BatchRefusedError("\n".join(problems[:SHOWN_PROBLEMS]) + more)
        return set_aside

    def _score(self, file: FoundFile, done: Manifest, sizes: Mapping[str, int]) -> FileRecord:
        record = done.begin(file.name, manifest.key_of(self._identity(), file), sizes)
        if record.is_complete:
            logger.info("%s: done before, %d partitions", file.name, len(record.partitions))
            return record
        start = len(record.partitions)
        done.note(record)
        try:
            for number, chunk in enumerate(islice(self._chunks(file), start, None), start):
                partition = self._partition(file, number, chunk)
                record = replace(record, partitions=[*record.partitions, partition])
                done.note(record)
                logger.info(
                    "%s: partition %d: %d rows read, %d scored",
                    *(file.name, number, partition.rows_read, partition.rows_scored),
                )
        except UnreadableFileError:
            # What was written of it goes when the others are done: half a file's answers are no file's.
            done.note(FileRecord(file.name, "", superseded=sorted({*record.superseded, *record.files})))
            raise
        record = replace(record, is_complete=True)
        done.note(record)
        return record

    def _chunks(self, file: FoundFile) -> Iterator[Chunk]:
        settings = self._settings
        return self._format.chunks(settings.input, file, self._wanted, settings.key_columns, settings.partition_rows)

    def _partition(self, file: FoundFile, number: int, chunk: Chunk) -> Partition:
        scored = self._scorer.score(chunk.table)
        part = f"{file.name}-{number:05d}"
        contents: dict[str, bytes] = {}
        scored_name = rejected_name = None
        if scored.kept:
            scored_name = f"{SCORED}/{part}.{self._format.extension}"
            table = output.table_of(chunk, scored, self._settings.key_columns, flat=self._settings.format == "csv")
            contents[scored_name] = self._format.to_bytes(table)
        if refused := output.refused_rows(chunk, scored):
            rejected_name = f"{REJECTED}/{part}.jsonl"
            contents[rejected_name] = output.rejected_lines(file.name, refused)
        for name, content in contents.items():
            self._settings.output.write(name, content)
        return Partition(
            scored=scored_name,
            rejected=rejected_name,
            rows_read=chunk.rows_read,
            rows_scored=len(scored.kept),
            sizes={name: len(content) for name, content in contents.items()},
            unknown_categories=dict(scored.unknown),
        )

    def _identity(self) -> dict[str, object]:
        settings = self._settings
        return {
            **self._model,
            "format": settings.format,
            "key_columns": list(settings.key_columns),
            "partition_rows": settings.partition_rows,
        }
