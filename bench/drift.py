"""A drift report over 100,000 predictions of 20 features: from a joined frame to the written page, in one process."""

import resource
import time
from collections.abc import Sequence

import numpy as np
import pandas as pd

from bench.figures import Figure, Goal
from mlops_runtime.monitoring.baseline import Baseline
from mlops_runtime.monitoring.report.build import Watch, report_of
from mlops_runtime.monitoring.report.page.render import page
from mlops_runtime.monitoring.roles import Roles
from mlops_runtime.monitoring.window import ModelVersion
from mlops_runtime.serving.contract import ModelOutput

ROWS, NUMBERS, CATEGORIES = 100_000, 16, 4
OUTPUTS = (ModelOutput(name="delay", unit="minutes"),)


def measure() -> Sequence[Figure]:
    """Measure the report and its page."""
    generator = np.random.default_rng(0)
    training = _table(generator, 50_000, 0.0)
    baseline = Baseline.of(training, {"delay": training["n0"].tolist()}, outputs=OUTPUTS)
    baseline = baseline.with_quality({"mae": 0.8}, {"mae": "minutes"}, 10_000)
    frame = _joined(_table(generator, ROWS, 0.3), generator)
    watch = Watch(
        model=ModelVersion("bench", "1"),
        baseline=baseline,
        roles=Roles.of_outputs(OUTPUTS),
        groups=("c0",),
        window_hours=168,
    )
    begun = time.monotonic()
    report = report_of(frame, watch)
    made = time.monotonic() - begun
    begun = time.monotonic()
    text = page(report)
    drawn = time.monotonic() - begun
    mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [
        Figure("drift report, 100,000 rows × 20 features", made, "s", Goal.AT_MOST, 10, "from the joined frame"),
        Figure("its memory", mib, "MiB", Goal.AT_MOST, 1024, "of the whole process, its rows and libraries too"),
        Figure("its page", len(text.encode()) / 2**20, "MiB", Goal.AT_MOST, 2),
        Figure("writing the page", drawn, "s", Goal.AT_MOST, 1, "without the browser"),
    ]


def _table(generator: np.random.Generator, rows: int, moved: float) -> pd.DataFrame:
    columns: dict[str, object] = {f"n{each}": generator.normal(moved, 1, rows) for each in range(NUMBERS)}
    columns |= {f"c{each}": generator.choice(list("abcdefgh"), rows) for each in range(CATEGORIES)}
    return pd.DataFrame(columns)


def _joined(table: pd.DataFrame, generator: np.random.Generator) -> pd.DataFrame:
    rows = len(table)
    columns: dict[str, object] = {
        "prediction_id": np.arange(rows).astype(str),
        "row": 0,
        "time": pd.Timestamp("2026-03-01", tz="UTC") - pd.to_timedelta(np.linspace(7, 0.001, rows), unit="D"),
        "version": "1",
        "digest": None,
        "key": None,
    }
    columns |= {f"input.{name}": table[name] for name in table.columns}
    columns |= {"output.delay": table["n0"], "label": table["n0"] + generator.normal(0, 1, rows)}
    return pd.DataFrame(columns)
