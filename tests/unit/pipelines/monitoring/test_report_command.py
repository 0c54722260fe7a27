"""`python -m mlops_runtime.monitoring report` and `serve`, on real files."""

import gzip
import json
import threading
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from mlops_runtime.monitoring.__main__ import main, without_serving
from mlops_runtime.monitoring.baseline import Baseline
from mlops_runtime.monitoring.command import Span, kept_ratio
from mlops_runtime.monitoring.exporter import ReportCollector
from mlops_runtime.monitoring.report.document import read_report
from mlops_runtime.monitoring.serve import Recomputing, server_of
from mlops_runtime.monitoring.store import store_of
from tests.unit.pipelines.monitoring.test_report import FEATURES, OUTPUTS, training

UNTIL = datetime(2026, 3, 8, tzinfo=UTC)
ROWS = 800


@pytest.fixture
def arguments(tmp_path: Path) -> list[str]:
    """The command line for a model, a day of payloads and their labels."""
    table = training()
    (tmp_path / "model").mkdir()
    baseline = Baseline.of(table, {"delay": table["heat"].tolist()}, features=FEATURES, outputs=OUTPUTS)
    baseline.with_quality({"mae": 1.0}, {"mae": "minutes"}, 500).write(tmp_path / "model")
    records, labels = [], []
    for row, heat in enumerate(np.random.default_rng(4).normal(35, 5, ROWS)):
        moment = (UNTIL - timedelta(seconds=80 * (row + 1))).isoformat()
        records.append(
            {
                "prediction_id": f"p{row}",
                "row": 0,
                "time": moment,
                "model": "late",
                "version": "1",
                "digest": None,
                "key": None,
                "inputs": {"heat": heat, "place": "a"},
                "outputs": {"delay": heat},
            }
        )
        labels.append(
            {"prediction_id": f"p{row}", "event_time": moment, "label": heat + 1, "source": "test", "received": moment}
        )
    day = f"date={UNTIL - timedelta(days=1):%Y-%m-%d}"
    payloads, stored = tmp_path / "payloads" / day / "hour=00", tmp_path / "labels" / day
    payloads.mkdir(parents=True)
    stored.mkdir(parents=True)
    (payloads / "pod-1.jsonl.gz").write_bytes(
        gzip.compress("".join(f"{json.dumps(each)}\n" for each in records).encode())
    )
    (stored / "a.jsonl").write_text("".join(f"{json.dumps(each)}\n" for each in labels))
    return [
        *("--payloads", str(tmp_path / "payloads"), "--labels", str(tmp_path / "labels")),
        *("--model", str(tmp_path / "model"), "--name", "late", "--version", "1"),
        *("--output", str(tmp_path / "out"), "--until", UNTIL.isoformat()),
    ]


def test_the_files_are_written_and_say_what_is_breached(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", *arguments]) == 0
    found = read_report(tmp_path / "out" / "report.json")
    assert found.window.rows == ROWS
    assert found.labels["joined"] == ROWS
    assert found.quality.measured["mae"].value == pytest.approx(1.0)
    assert "feature heat" in {each.subject for each in found.findings if each.state == "breached"}
    assert "breached" in capsys.readouterr().out
    assert "<!doctype html>" in (tmp_path / "out" / "report.html").read_text()


def test_more_rows_than_fit_are_sampled_and_counted_as_what_they_stand_for(
    arguments: list[str], tmp_path: Path
) -> None:
    assert main(["report", *arguments, "--rows-max", "400", "--cost-per-replica-hour", "1"]) == 0
    found = read_report(tmp_path / "out" / "report.json")
    assert 300 < found.window.rows < 500
    assert found.cost is not None
    assert found.cost.predictions == pytest.approx(2 * found.window.rows)
    assert found.labels["orphaned"] == 0


def test_lines_are_counted_without_reading_the_records(arguments: list[str]) -> None:
    store = store_of(arguments[1])
    days = Span((UNTIL - timedelta(days=3)).date(), UNTIL.date())
    assert kept_ratio(store, days, ROWS) == 1.0
    assert kept_ratio(store, days, ROWS // 4) == 0.25


def test_a_model_of_another_digest_is_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", *arguments, "--digest", "sha256:" + "0" * 64]) == 2
    assert "expected sha256:000" in capsys.readouterr().err


def test_what_only_the_server_takes_is_not_handed_on() -> None:
    given = ["--name", "a", "--port", "1", "--interval-seconds=5", "--version", "--port"]
    assert without_serving(given) == ["--name", "a", "--version"]


def test_the_server_shows_what_a_process_of_its_own_has_made(arguments: list[str], tmp_path: Path) -> None:
    collector = ReportCollector(tmp_path / "out" / "report.json", "late", "1")
    server = server_of(0, tmp_path / "out", collector)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        Recomputing(["--nonsense"], collector, 60, 300).make_report()
        assert (collector.failures, collector.last_success) == (1, None)
        Recomputing(arguments, collector, 60, 300).make_report()
        assert collector.failures == 1
        with urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}/metrics") as answer:
            text = answer.read().decode()
        assert 'mlops_window_rows{model="late",version="1"} 800.0' in text
        assert 'mlops_monitor_failures_total{model="late",version="1"} 1.0' in text
        assert "mlops_monitor_last_success_timestamp_seconds{" in text
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
