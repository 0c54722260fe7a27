"""A window's rows in, a report, a page and metrics out."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from prometheus_client import CollectorRegistry, generate_latest
from pydantic import ValidationError

from mlops_runtime.monitoring.baseline import BASELINE_FILE_NAME, Baseline
from mlops_runtime.monitoring.cost import Price
from mlops_runtime.monitoring.exporter import ReportCollector
from mlops_runtime.monitoring.findings import FindingState
from mlops_runtime.monitoring.report.build import Watch, report_of
from mlops_runtime.monitoring.report.document import Report, ReportError, read_report
from mlops_runtime.monitoring.report.page.render import page
from mlops_runtime.monitoring.roles import Roles
from mlops_runtime.monitoring.thresholds import Thresholds
from mlops_runtime.monitoring.window import ModelVersion, MonitorState
from mlops_runtime.serving.contract import ContractError, Feature, ModelOutput
from tests.unit.pipelines.monitoring.windows import DIGEST, joined

FEATURES = (Feature(name="heat", dtype="float64"), Feature(name="place", dtype="category", vocabulary=("a", "b")))
OUTPUTS = (ModelOutput(name="delay", unit="minutes"),)
MODEL = ModelVersion("late", "1", DIGEST)
VOID = {"meta"}
DRAWN = {"path", "rect"}


def training(rows: int = 4000) -> pd.DataFrame:
    generator = np.random.default_rng(1)
    return pd.DataFrame({"heat": generator.normal(20, 5, rows), "place": generator.choice(["a", "b"], rows)})


def baseline_of(frame: pd.DataFrame) -> Baseline:
    made = Baseline.of(frame, {"delay": frame["heat"].tolist()}, features=FEATURES, outputs=OUTPUTS)
    return made.with_quality({"mae": 1.0, "r2": float("nan")}, {"mae": "minutes"}, 500)


def window(rows: int = 1000, *, heat: float = 20.0, error: float = 1.0, **more: Any) -> pd.DataFrame:
    generator = np.random.default_rng(2)
    values = generator.normal(heat, 5, rows)
    labels = values + generator.choice([-error, error], rows)
    inputs = {"heat": values.tolist(), "place": generator.choice(["a", "b"], rows).tolist()}
    return joined(inputs, {"delay": values.tolist()}, labels, **more)


def report(frame: pd.DataFrame, *, baseline: Baseline | None, **more: Any) -> Report:
    watch = Watch(model=MODEL, baseline=baseline, roles=Roles.of_outputs(OUTPUTS), groups=("place",), **more)
    return report_of(frame, watch)


BASELINE = baseline_of(training())


def test_a_window_of_nothing_new_is_fine() -> None:
    found = report(window(), baseline=BASELINE)
    assert found.state is MonitorState.OK
    assert found.count(FindingState.BREACHED) == found.count(FindingState.WARNING) == 0
    assert found.quality.measured["mae"].value == pytest.approx(1.0)


def test_drift_and_worse_answers_are_breached_and_the_quality_comes_first() -> None:
    found = report(window(heat=35.0, error=2.0), baseline=BASELINE)
    breached = [each for each in found.findings if each.state is FindingState.BREACHED]
    assert breached[0].subject == "metric mae"
    assert "100% worse than 1 at training" in breached[0].sentence
    assert {"feature heat", "output delay"} <= {each.subject for each in breached}
    assert found.findings[: len(breached)] == tuple(breached)


@pytest.mark.parametrize(
    ("frame", "baseline", "state"),
    [
        (window(), None, MonitorState.WAITING_FOR_BASELINE),
        (window(rows=1), BASELINE, MonitorState.TOO_FEW_ROWS),
        (window().iloc[:0], BASELINE, MonitorState.TOO_FEW_ROWS),
        (window(heat=35.0, digest="sha256:" + "b" * 64), BASELINE, MonitorState.BASELINE_OF_ANOTHER_VERSION),
        (window(heat=35.0, version="2", digest=None), BASELINE, MonitorState.BASELINE_OF_ANOTHER_VERSION),
    ],
    ids=["no baseline", "one row", "no row", "another digest", "another version"],
)
def test_what_cannot_be_compared_is_a_state_and_no_alarm(
    frame: pd.DataFrame, baseline: Baseline | None, state: MonitorState
) -> None:
    found = report(frame, baseline=baseline)
    assert found.state is state
    assert not found.count(FindingState.BREACHED)
    assert not any(column.scores for column in found.features)
    text = page(found)
    assert "breached</span><span><a" not in text
    Balanced().check(text)


def test_quality_is_measured_without_a_baseline() -> None:
    assert report(window(), baseline=None).quality.measured["mae"].value == pytest.approx(1.0)


def test_rows_of_another_version_are_counted_and_not_mixed_in() -> None:
    others = window(heat=90.0, digest="sha256:" + "b" * 64)
    found = report(pd.concat([window(), others], ignore_index=True), baseline=BASELINE)
    assert (found.window.rows, found.window.rows_of_others) == (1000, 1000)
    assert not found.count(FindingState.BREACHED)


def test_labels_that_come_a_day_late_are_measured_where_they_are() -> None:
    frame = window(rows=4000, days=4)
    frame.loc[frame["time"] > frame["time"].max() - pd.Timedelta(days=1.5), "label"] = None
    found = report(frame, baseline=BASELINE)
    assert found.quality.rows > 500
    assert found.quality.until is not None
    assert found.quality.until < found.window.until


def test_history_shows_when_it_began() -> None:
    frame = pd.concat([window(rows=6000, days=6)], ignore_index=True)
    recent = frame["time"] > frame["time"].max() - pd.Timedelta(days=2)
    frame.loc[recent, "input.heat"] += 15
    found = report(frame, baseline=BASELINE, history_days=6)
    heat = next(each for each in found.features if each.name == "heat")
    known = [value for value in heat.history if value is not None]
    assert known[0] < 0.1
    assert known[-1] > 0.2


def test_a_report_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    found = report(window(heat=35.0), baseline=BASELINE, price=Price(per_replica_hour=0.1))
    path = tmp_path / "report.json"
    path.write_text(found.to_json())
    assert read_report(path) == found
    path.write_text(found.to_json().replace('"format":1', '"format":2'))
    with pytest.raises(ReportError, match=r"report\.json"):
        read_report(path)


def test_a_value_that_means_nothing_is_not_exported(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    collector = ReportCollector(path, "late", "1")
    registry = CollectorRegistry()
    registry.register(collector)
    assert "mlops_monitor_last_success" not in generate_latest(registry).decode()
    frame = window(heat=35.0)
    frame["input.place"] = "<redacted>"
    path.write_text(report(frame, baseline=BASELINE).to_json())
    collector.last_success = 1.0
    text = generate_latest(registry).decode()
    assert 'mlops_drift_score{feature="heat",measure="psi",model="late",version="1"}' in text
    assert 'mlops_drift_score{feature="place"' not in text
    assert 'mlops_monitor_state{model="late",state="ok",version="1"} 1.0' in text
    assert 'mlops_quality{kind="measured",metric="mae",model="late",version="1"} 1.0' in text
    assert "mlops_cost_per_1000_predictions{" not in text
    assert " nan" not in text.lower()


class Balanced(HTMLParser):
    """Reads a page, and refuses what a browser would only forgive, or would have to fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: set[str] = set()
        self.links: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            assert name not in ("src", "onclick", "onload", "xlink:href")
            if name == "href":
                assert value is not None
                assert value.startswith("#")
                self.links.add(value[1:])
            if name == "id":
                assert value not in self.ids, value
                self.ids.add(value or "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in DRAWN

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def check(self, text: str) -> None:
        self.feed(text)
        self.close()
        assert self.open == []


def test_the_page_is_whole_and_needs_nothing_but_itself() -> None:
    text = page(report(window(heat=35.0, error=2.0, days=3), baseline=BASELINE, price=Price(per_replica_hour=0.1)))
    Balanced().check(text)
    assert not re.search(r"https?://|@import|url\(|<script|NaN|\bnan\b|None", text)
    assert text.index("breached") < text.index("Features against training")


def test_names_from_outside_are_text_and_nothing_more() -> None:
    evil = '<img src=x onerror="alert(1)">'
    frame = window()
    frame["input.place"] = evil
    frame[f"input.{evil}"] = 1.0
    text = page(report(frame, baseline=BASELINE))
    assert "<img" not in text
    Balanced().check(text)


def test_a_page_of_many_features_stays_below_two_megabytes() -> None:
    names = [f"feature_number_{number}" for number in range(600)]
    generator = np.random.default_rng(3)
    table = pd.DataFrame(generator.normal(size=(600, len(names))), columns=names)
    inputs = {name: table[name].tolist() for name in names}
    frame = joined(inputs, {"delay": table[names[0]].tolist()}, days=28)
    text = page(report(frame, baseline=Baseline.of(table), window_hours=24 * 28))
    assert len(text.encode()) < 2 * 2**20


def test_a_baseline_is_read_back_and_a_broken_one_is_refused(tmp_path: Path) -> None:
    assert Baseline.read(tmp_path) is None
    BASELINE.write(tmp_path)
    assert Baseline.read(tmp_path) == BASELINE
    assert "r2" not in BASELINE.quality
    path = tmp_path / BASELINE_FILE_NAME
    document = json.loads(path.read_text())
    document["features"]["heat"]["counts"].pop()
    path.write_text(json.dumps(document))
    with pytest.raises(ContractError, match="counts"):
        Baseline.read(tmp_path)


def test_thresholds_are_laid_over_their_defaults_and_wrong_ones_are_refused() -> None:
    given = {"measures": {"psi": {"breached": 0.3}}, "of_feature": {"heat": {"psi": {"breached": 5.0}}}}
    bounds = Thresholds.model_validate(given)
    assert (bounds.of("psi").warning, bounds.of("psi").breached) == (0.1, 0.3)
    assert bounds.of("psi", "heat").breached == 5.0
    hot = report(window(heat=24.0), baseline=BASELINE, thresholds=bounds)
    assert not any(each.subject == "feature heat" and each.state is FindingState.BREACHED for each in hot.findings)
    wrongs: list[dict[str, Any]] = [
        {"measures": {"pssi": {}}},
        {"measures": {"psi": {"warning": 1.0, "breached": 0.5}}},
    ]
    for wrong in wrongs:
        with pytest.raises(ValidationError):
            Thresholds.model_validate(wrong)
