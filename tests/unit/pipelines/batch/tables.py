"""Tables of flights for a batch, in each format, and what a batch made of them."""

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson
import pyarrow
from pyarrow import csv, parquet

from mlops_runtime.artifact import digest_directory
from mlops_runtime.batch.__main__ import main

Row = dict[str, Any]


def flights(count: int, seed: int = 0) -> list[Row]:
    chance = random.Random(seed)  # noqa: S311 - rows for a test
    return [
        {
            "flight_id": f"{seed:02d}-{number:05d}",
            "departure_delay_minutes": round(chance.gauss(10, 30), 3),
            "carrier": chance.choice(("AA", "B6", "UA", None)),
            "origin": chance.choice(("EWR", "JFK")),
            "wind_speed": chance.choice((None, chance.uniform(0, 40))),
        }
        for number in range(count)
    ]


def write_table(path: Path, rows: Sequence[Row]) -> None:
    """Write rows in the format that the file's name ends with."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".jsonl":
        path.write_bytes(b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows))
        return
    table = pyarrow.Table.from_pylist(list(rows))
    if path.suffix == ".parquet":
        parquet.write_table(table, path, row_group_size=37)
    else:
        csv.write_csv(table, path)


def read_table(path: Path) -> list[Row]:
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_text().splitlines()]
    if path.suffix == ".parquet":
        found: list[Row] = parquet.read_table(path).to_pylist()
        return found
    options = csv.ConvertOptions(column_types={"flight_id": pyarrow.string()})
    text: list[Row] = csv.read_csv(path, convert_options=options).to_pylist()
    return text


def outputs_of(folder: Path) -> list[Row]:
    return [row for path in sorted((folder / "scored").rglob("*.*")) for row in read_table(path)]


def rejected_of(folder: Path) -> list[Row]:
    return [row for path in sorted((folder / "rejected").rglob("*.jsonl")) for row in read_table(path)]


def report_of(folder: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((folder / "report.json").read_text())
    return document


def content_of(folder: Path) -> dict[str, bytes]:
    """Every file of a batch's output."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def arguments(artifact: Path, table: Path | str, output: Path | str, form: str, *more: str) -> list[str]:
    return [
        *("--model-directory", str(artifact), "--name", "flight-delay", "--version", "7"),
        *("--digest", digest_directory(artifact), "--input", str(table), "--output", str(output)),
        *("--format", form, "--key-column", "flight_id", "--partition-rows", "100", *more),
    ]


def batch(artifact: Path, table: Path | str, output: Path | str, form: str, *more: str) -> int:
    """Run a batch as its container does; returns the exit code."""
    return main(arguments(artifact, table, output, form, *more))
