"""`python -m mlops_runtime.features.sagemaker_ingest`: brings views' rows into their feature groups, in a job.

Each view's source is Parquet on S3. How far a view has come is noted beside the offline stores, and the next run goes
on from there, the lateness earlier: rows that came late are put, and what is put twice is the same record again. A run
that fails notes nothing, and the next one does its work.
"""

import argparse
import contextlib
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from mlops_runtime.batch.location import Location, location_of
from mlops_runtime.features.definition import FeatureView
from mlops_runtime.features.errors import FeatureDefinitionError
from mlops_runtime.features.sagemaker_ingestion import WORKERS, IngestionCounts, ingest, runtime_client
from mlops_runtime.features.sagemaker_records import moment_of
from mlops_runtime.features.sagemaker_views import from_parts
from mlops_runtime.process import progress_on_stdout
from mlops_runtime.sagemaker.folders import folders_from_environment, write_reason

UNUSABLE_PERCENT_MAX = 1.0
FAILED, REFUSED = 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Bring the rows in; return 0, or how it failed, and leave the counts where SageMaker shows them."""
    options = parser().parse_args(arguments)
    folders = folders_from_environment()
    try:
        groups = dict(one.partition("=")[::2] for one in options.group)
        views = views_of(groups)
    except FeatureDefinitionError as error:
        return _end(folders.message, REFUSED, str(error))
    counts: dict[str, IngestionCounts] = {}
    problems: list[str] = []
    with progress_on_stdout():
        client = runtime_client(os.environ.get("AWS_REGION"), workers=options.workers)
        progress = location_of(options.progress)
        for view in views:
            name = view.versioned_name
            since = resumed_at(progress, name, timedelta(hours=options.lateness_hours))
            one = ingest(view, groups[name], rows_of(view, since), client, workers=options.workers)
            counts[name] = one
            found = list(problems_of(name, one, options.unusable_percent_max))
            problems += found
            if not found and one.newest_event_time:
                note_progress(progress, name, one.newest_event_time)
    document = {name: one.document() for name, one in counts.items()}
    print(json.dumps({"ingested": document}, sort_keys=True), flush=True)
    told = "; ".join(f"{name}: {one.put} of {one.read} rows put" for name, one in counts.items())
    return _end(folders.message, FAILED if problems else 0, "; ".join([told, *problems]))


def parser() -> argparse.ArgumentParser:
    """Return what reads the command line."""
    made = argparse.ArgumentParser(prog="python -m mlops_runtime.features.sagemaker_ingest", description=__doc__)
    made.add_argument(
        "--group", action="append", required=True, metavar="VIEW=GROUP", help="a view, and its feature group"
    )
    made.add_argument("--workers", type=int, default=WORKERS, help="requests under way at a time")
    made.add_argument(
        "--progress", required=True, metavar="FOLDER", help="where it is noted how far each view has come"
    )
    made.add_argument(
        "--lateness-hours", type=float, default=24.0, help="how late a row may come, after the newest that was put"
    )
    made.add_argument(
        "--unusable-percent-max",
        type=float,
        default=UNUSABLE_PERCENT_MAX,
        help="share of the rows that may be unusable before the run fails",
    )
    return made


def views_of(groups: Mapping[str, str]) -> list[FeatureView]:
    """Return the views that are to be brought in.

    Args:
        groups: The feature group of each, by view with its version.

    Raises:
        FeatureDefinitionError: The job was told nothing of one of them.
    """
    known = {view.versioned_name: view for view in from_parts(os.environ)}
    missing = sorted(set(groups) - set(known))
    if missing:
        expected = f"one of {', '.join(sorted(known))}"
        raise FeatureDefinitionError([f"--group: got {name}, expected {expected}, fix: correct it" for name in missing])
    return [known[name] for name in sorted(groups)]


def rows_of(view: FeatureView, since: datetime | None) -> Iterator[Mapping[str, Any]]:
    """Yield the rows of a view's source, with its columns alone.

    Args:
        view: The view.
        since: The earliest event time. None: all.
    """
    import pyarrow.dataset as ds  # noqa: PLC0415 - slow to import
    from pyarrow.compute import field  # noqa: PLC0415

    columns = [*view.entity_names, view.event_time, *view.feature_names]
    found = _dataset(view.source)
    only = None
    if since is not None:
        kind = found.schema.field(view.event_time).type
        bound = since.replace(tzinfo=None) if getattr(kind, "tz", None) is None else since
        only = field(view.event_time) >= bound
    scanner: ds.Scanner = found.scanner(columns=columns, filter=only)
    for batch in scanner.to_batches():
        yield from batch.to_pylist()


def resumed_at(progress: Location, view: str, lateness: timedelta) -> datetime | None:
    """Return the earliest event time that a run reads; None where it reads everything."""
    try:
        noted = json.loads(progress.read(_note_of(view)))
    except FileNotFoundError:
        return None
    return moment_of(str(noted["newest_event_time"])) - lateness


def note_progress(progress: Location, view: str, newest: str) -> None:
    """Note the newest event time that was put. An earlier one than is noted changes nothing."""
    name = _note_of(view)
    with contextlib.suppress(FileNotFoundError):
        newest = max(newest, str(json.loads(progress.read(name))["newest_event_time"]))
    progress.write(name, json.dumps({"newest_event_time": newest}).encode())


def problems_of(name: str, counts: IngestionCounts, unusable_percent_max: float) -> Iterator[str]:
    """Yield why a view's rows are not all in: none may be refused or fail, and few may be unusable."""
    if counts.refused or counts.failed:
        first = counts.reasons[0] if counts.reasons else "no reason given"
        yield f"{name}: got {counts.refused} rows refused and {counts.failed} failed, expected none: {first}"
    share = 100.0 * counts.unusable / counts.read if counts.read else 0.0
    if share > unusable_percent_max:
        first = counts.reasons[0] if counts.reasons else "no reason given"
        yield f"{name}: got {share:.1f} % unusable rows, expected at most {unusable_percent_max:g} %: {first}"
    if not counts.adds_up:
        yield f"{name}: got counts that do not add up to {counts.read} rows: {counts.document()}"


def _note_of(view: str) -> str:
    return f"{view}.json"


def _dataset(source: str) -> Any:
    import pyarrow.dataset as ds  # noqa: PLC0415 - slow to import

    place = location_of(source)
    return ds.dataset(place.path, filesystem=place.filesystem, format="parquet")


def _end(message_file: Any, code: int, text: str) -> int:
    print(text, file=sys.stderr if code else sys.stdout, flush=True)
    write_reason(message_file, text)
    return code


if __name__ == "__main__":
    sys.exit(main())
