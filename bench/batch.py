"""A batch against the same model in a plain loop over the same table: rows a second, on one core."""

import os
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy
import onnxruntime
import pyarrow
from pyarrow import parquet

from bench.commands import run
from bench.errors import NotMeasurableError
from bench.figures import Figure, Goal
from bench.serving.model import flight_delay_model
from mlops_runtime.artifact import digest_directory
from mlops_runtime.batch.location import location_of
from mlops_runtime.batch.run import Batch, BatchSettings
from mlops_runtime.serving.contract import ServingContract, load_contract
from mlops_runtime.serving.golden import load_golden
from mlops_runtime.serving.served_model import load_served_model

ROWS = 1_000_000
PARTITION_ROWS = 100_000
ROUNDS = 3
RATIO_TARGET = 0.9


def measure() -> Sequence[Figure]:
    """Scores the same rows by both in turn, each in a process of its own.

    Raises:
        NotMeasurableError: One of them fails, or the two give other answers.
    """
    model = flight_delay_model()
    with tempfile.TemporaryDirectory(prefix="mlops-bench-") as folder:
        table = Path(folder, "in", "flights.parquet")
        _write_table(table, model)
        seconds: dict[str, list[float]] = {"batch": [], "loop": []}
        for number in range(ROUNDS):
            outputs = {name: Path(folder, f"{name}-{number}") for name in seconds}
            for way, taken in seconds.items():
                taken.append(_seconds(way, model, table, outputs[way]))
            _compare(outputs["batch"] / "scored", outputs["loop"], load_contract(model).outputs[0].name)
    rates = {name: ROWS / statistics.median(taken) for name, taken in seconds.items()}
    note = f"{ROWS:,} rows of Parquet, {PARTITION_ROWS:,} at a time, one core, the model's load within"
    return [
        Figure("a batch, ÷ the plain loop", rates["batch"] / rates["loop"], "×", Goal.AT_LEAST, RATIO_TARGET, note),
        Figure("a batch", rates["batch"], "rows/s", note="golden rows repeated, columns checked, every file renamed"),
        Figure("a plain loop", rates["loop"], "rows/s", note="read, matrix, ONNX Runtime, written: nothing checked"),
    ]


def batch(model: Path, table: Path, output: Path) -> None:
    """Score a table as a batch does, the proof of the model included."""
    served = load_served_model(model, "flight-delay", "1", digest_directory(model))
    settings = BatchSettings(
        input=location_of(str(table)),
        output=location_of(str(output)),
        format="parquet",
        key_columns=("flight_id",),
        partition_rows=PARTITION_ROWS,
        rejected_percent_max=0.0,
    )
    if Batch(served, settings).run().rows_scored != ROWS:
        raise NotMeasurableError("the batch did not score every row")


def loop(model: Path, table: Path, output: Path) -> None:
    """Score a table as a script of a few lines does."""
    contract = load_contract(model)
    session = onnxruntime.InferenceSession(str(model / "model.onnx"), providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    output.mkdir(parents=True)
    batches = parquet.ParquetFile(table).iter_batches(PARTITION_ROWS)
    for number, batch in enumerate(batches):
        frame = batch.to_pandas()
        matrix = numpy.empty((len(frame), len(contract.features)), dtype=numpy.float32)
        for column, feature in enumerate(contract.features):
            values = frame[feature.name]
            if feature.vocabulary:
                values = values.map({category: code for code, category in enumerate(feature.vocabulary)})
            matrix[:, column] = values
        answers = session.run(None, {name: matrix})[0].reshape(-1)
        scored = pyarrow.table({"flight_id": batch["flight_id"], contract.outputs[0].name: answers})
        parquet.write_table(scored, output / f"{number:05d}.parquet")


def _write_table(path: Path, model: Path) -> None:
    """Write the golden rows again and again, each with an identity of its own."""
    contract: ServingContract = load_contract(model)
    golden = [dict(row) for row in load_golden(model).rows]
    order = numpy.random.default_rng(0).integers(0, len(golden), ROWS)
    columns: dict[str, pyarrow.Array] = {"flight_id": pyarrow.array(numpy.arange(ROWS))}
    for feature in contract.features:
        kind = pyarrow.string() if feature.dtype == "category" else pyarrow.float64()
        columns[feature.name] = pyarrow.array([row.get(feature.name) for row in golden], kind).take(order)
    path.parent.mkdir(parents=True)
    parquet.write_table(pyarrow.table(columns), path, row_group_size=PARTITION_ROWS)


def _seconds(way: str, model: Path, table: Path, output: Path) -> float:
    """Run one of the two functions above in a process on one core; returns its own time, the imports left out."""
    places = ", ".join(f"Path({str(each)!r})" for each in (model, table, output))
    core = min(os.sched_getaffinity(0))
    code = (
        f"import os, time; os.sched_setaffinity(0, {{{core}}}); from pathlib import Path;"
        f" from bench.batch import {way};"
        f" begun = time.monotonic(); {way}({places}); print(time.monotonic() - begun)"
    )
    ended = run(way, [sys.executable, "-c", code], variables={**os.environ, "OMP_NUM_THREADS": "1"})
    return float(ended.stdout.splitlines()[-1])


def _compare(ours: Path, theirs: Path, name: str) -> None:
    first, second = (parquet.read_table(each) for each in (ours, theirs))
    same = first["flight_id"].equals(second["flight_id"]) and numpy.allclose(
        first[name].to_numpy(), second[name].to_numpy(), rtol=1e-5, atol=1e-5
    )
    if not same:
        raise NotMeasurableError("the batch and the plain loop give other answers")
