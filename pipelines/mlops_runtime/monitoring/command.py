"""What `python -m mlops_runtime.monitoring report` does: payloads, labels, a model in; `report.json` and a page out."""

import argparse
import os
import resource
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from mlops_runtime.artifact import digest_directory
from mlops_runtime.monitoring.baseline import Baseline
from mlops_runtime.monitoring.cost import Price
from mlops_runtime.monitoring.errors import MonitoringError
from mlops_runtime.monitoring.joining import joined
from mlops_runtime.monitoring.payloads.partitions import day_of
from mlops_runtime.monitoring.payloads.reading import payload_files, payload_records
from mlops_runtime.monitoring.payloads.sampling import Sample
from mlops_runtime.monitoring.report.build import Watch, report_of
from mlops_runtime.monitoring.report.document import PAGE_FILE_NAME, REPORT_FILE_NAME, Report
from mlops_runtime.monitoring.report.page.render import page
from mlops_runtime.monitoring.roles import Roles
from mlops_runtime.monitoring.store import Store, store_of
from mlops_runtime.monitoring.thresholds import Thresholds
from mlops_runtime.monitoring.window import ModelVersion
from mlops_runtime.serving.contract import CONTRACT_FILE_NAME, load_contract


@dataclass(frozen=True)
class Span:
    """The days whose payloads are read."""

    since: date
    until: date

    def holds(self, day: date | None) -> bool:
        """Return whether a day is one of them."""
        return day is not None and self.since <= day <= self.until


def write_report(options: argparse.Namespace) -> Report:
    """Make a report as the command line says, and write both of its files.

    Raises:
        MonitoringError: The payloads, labels or model are not what they should be.
        ContractError: A file of the model is not.
        ArtifactError: The model's files are not those of the digest that was given.
    """
    if options.memory_mib is not None:
        bytes_max = options.memory_mib * 2**20
        resource.setrlimit(resource.RLIMIT_DATA, (bytes_max, bytes_max))
    watch = watch_of(options)
    until = options.until or datetime.now(UTC)
    days = watch.history_days + watch.window_hours / 24
    span = Span((until - timedelta(days=days)).date(), until.date())
    store = store_of(options.payloads)
    ratio = kept_ratio(store, span, options.rows_max)
    sampling_percent = options.sampling_percent * ratio
    found = joined(
        _sampled(store, span, sampling_percent) if ratio < 1 else options.payloads,
        options.labels or [],
        lateness_hours=options.lateness_hours,
        now=until,
        since=span.since,
        until=span.until,
        sampling_percent=sampling_percent,
    )
    counts = {name: getattr(found.counts, name) for name in found.counts.__dataclass_fields__}
    states = {name: count for name, count in counts.items() if name not in ("rows", "labels", "repeated")}
    sampled = replace(watch, sampled_ratio=sampling_percent / 100)
    report = report_of(found.frame, sampled, labels=states, until=until)
    options.output.mkdir(parents=True, exist_ok=True)
    _replace(options.output / PAGE_FILE_NAME, page(report, watch.thresholds))
    _replace(options.output / REPORT_FILE_NAME, report.to_json())
    return report


def watch_of(options: argparse.Namespace) -> Watch:
    """Return what is to be looked at."""
    directory: Path = options.model
    digest = digest_directory(directory)
    if options.digest is not None and options.digest != digest:
        raise MonitoringError(
            f"{directory}: got files of digest {digest}, expected {options.digest}, fix: fetch the version anew"
        )
    baseline = Baseline.read(directory)
    has_contract = (directory / CONTRACT_FILE_NAME).exists()
    roles = Roles() if baseline is None else Roles.of_baseline(baseline)
    price = None
    if options.cost_per_replica_hour is not None:
        price = Price(
            per_replica_hour=options.cost_per_replica_hour, replicas=options.replicas, currency=options.currency
        )
    return Watch(
        model=ModelVersion(options.name, options.version, digest),
        baseline=baseline,
        roles=Roles.of_outputs(load_contract(directory).outputs) if has_contract else roles,
        thresholds=Thresholds.read(options.thresholds),
        window_hours=options.window_hours,
        history_days=options.history_days,
        groups=tuple(options.group),
        price=price,
    )


def kept_ratio(store: Store, span: Span, rows_max: int) -> float:
    """Return the share of the payloads that fits into so many rows. Lines are counted; nothing is kept in memory."""
    rows = sum(_lines(store.read(name)) for name in payload_files(store) if span.holds(day_of(name)))
    return min(1.0, rows_max / rows) if rows else 1.0


def _lines(content: bytes) -> int:
    unpacking, lines = zlib.decompressobj(wbits=31), 0
    chunk = content
    while chunk:
        lines += unpacking.decompress(chunk, 2**20).count(b"\n")
        chunk = unpacking.unconsumed_tail
    return lines


def _sampled(store: Store, span: Span, percent: float) -> Iterator[dict[str, Any]]:
    """Yield the records of some requests, always the same ones, so that a label finds all rows of its request."""
    sample = Sample(percent)
    for day in sorted({day for name in payload_files(store) if span.holds(day := day_of(name)) and day is not None}):
        yield from (record for record in payload_records(store, day) if sample.holds(record["prediction_id"]))


def _replace(path: Path, text: str) -> None:
    aside = path.with_name(f".{path.name}.partial")
    aside.write_text(text, encoding="utf-8")
    os.replace(aside, path)  # noqa: PTH105 - whoever reads at the same time finds the old one or the new one


def moment(text: str) -> datetime:
    """Read a time of the command line; without a zone it is UTC."""
    found = pd.Timestamp(text)
    at: datetime = (found.tz_localize("UTC") if found.tzinfo is None else found).to_pydatetime()
    return at
