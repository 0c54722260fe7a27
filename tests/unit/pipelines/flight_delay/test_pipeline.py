import json
from pathlib import Path

import pandas as pd
import pytest

from flight_delay import source
from flight_delay.evaluate import rejection
from flight_delay.graph import GRAPH
from mlops_runtime.artifact import digest_directory, digest_file
from mlops_runtime.errors import TrackingError
from mlops_runtime.file_tracking import FileTracker
from mlops_runtime.gate import Gate
from mlops_runtime.local import run_local
from mlops_runtime.runner import run_step
from mlops_runtime.serving.served_model import load_served_model
from mlops_runtime.settings import Champion, RunSettings
from mlops_runtime.workspace import Workspace

QUICK = {"iterations": 40}
GATE = Gate(metric="mae_minutes", max=16.0)
BASE = {"mae_minutes": 11.0, "baseline_mae_minutes": 18.0}


@pytest.mark.usefixtures("small_source")
def test_a_run_trains_registers_and_meets_its_champion(tmp_path: Path) -> None:
    first = run_local(GRAPH, tmp_path, QUICK, gate=GATE)

    assert first.failed is None
    assert first.model is not None
    stored = tmp_path / "models" / "flight-delay" / "1" / "model"
    assert load_served_model(stored, "flight-delay", "1").identity.digest == first.model.digest
    assert first.metrics["mae_minutes"] < first.metrics["baseline_mae_minutes"]
    run = json.loads((tmp_path / "run" / "run.json").read_text())
    assert run["tags"]["mlops.data_digest"] == digest_directory(tmp_path / "outputs" / "ingest")

    champion = Champion(version="1", digest=first.model.digest)
    second = run_local(GRAPH, tmp_path, QUICK | {"iterations": 45}, gate=GATE, champion=champion)
    assert second.metrics["champion_mae_minutes"] == first.metrics["mae_minutes"]
    assert second.metrics["champion_was_compared"] == 1.0
    assert "serving version" in second.records[-2].message
    assert second.model is not None
    assert second.model.version == "2"

    worse = {"iterations": 1, "champion_margin_minutes": 0.0}
    third = run_local(GRAPH, tmp_path, worse, champion=champion)
    assert third.rejected is not None
    assert "but the serving version has" in third.rejected.message
    assert third.model is None

    (stored / "golden.json").write_text("{}")
    fourth = run_step(GRAPH, "evaluate", Workspace(tmp_path), RunSettings(model_name="flight-delay", champion=champion))
    assert fourth.status == "failed"
    assert f"expected an artifact of digest {first.model.digest}" in fourth.message


@pytest.mark.usefixtures("small_source")
def test_a_poor_model_is_rejected_by_the_gate(tmp_path: Path) -> None:
    poor = {"iterations": 1, "training_rows_max": 200}
    result = run_local(GRAPH, tmp_path, poor, gate=Gate(metric="mae_minutes", max=13.0))

    assert result.rejected is not None
    assert "the gate asks for mae_minutes <= 13.0" in result.rejected.message
    assert result.records[-1].status == "skipped"
    assert result.model is None


@pytest.mark.usefixtures("small_source")
def test_a_champion_that_cannot_be_compared_is_told(tmp_path: Path) -> None:
    first = run_local(GRAPH, tmp_path, QUICK)
    assert first.model is not None
    stored = tmp_path / "models" / "flight-delay" / "1" / "model"
    (stored / "training.json").write_text('{"holdout_from": null}')
    champion = Champion(version="1", digest=digest_directory(stored))

    challenged = run_step(
        GRAPH, "evaluate", Workspace(tmp_path), RunSettings(model_name="flight-delay", champion=champion)
    )

    assert challenged.status == "succeeded"
    assert challenged.metrics["champion_was_compared"] == 0.0
    assert "champion_mae_minutes" not in challenged.metrics
    assert "serving version 1 could not be compared" in challenged.message
    run = json.loads((tmp_path / "run" / "run.json").read_text())
    assert "NaT as the end of what it has learned" in run["tags"]["mlops.champion_not_comparable"]


def break_flights(small_source: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> pd.DataFrame:
    flights = pd.read_csv(small_source[source.FLIGHTS])
    flights.loc[3, "distance"] = -5
    flights.to_csv(small_source[source.FLIGHTS], index=False)
    checksums = source.CHECKSUMS | {source.FLIGHTS: digest_file(small_source[source.FLIGHTS])}
    monkeypatch.setattr(source, "CHECKSUMS", checksums)
    return flights


def test_broken_data_is_told_also_when_its_rows_cannot_be_recorded(
    small_source: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_flights(small_source, monkeypatch)

    def fail(*_: object) -> None:
        raise TrackingError("the registry is away")

    monkeypatch.setattr(FileTracker, "log_artifact", fail)
    result = run_local(GRAPH, tmp_path / "w", QUICK)

    assert result.failed is not None
    assert (result.failed.step, "column distance: got -5.0" in result.failed.message) == ("validate", True)
    assert "the registry is away" not in result.failed.message


def test_broken_data_fails_the_run_and_leaves_its_rows_with_it(
    small_source: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flights = break_flights(small_source, monkeypatch)

    result = run_local(GRAPH, tmp_path / "w", QUICK)

    assert result.failed is not None
    assert result.failed.step == "validate"
    assert "column distance: got -5.0, expected in_range(1, 6000) (line 5)" in result.failed.message
    failing = pd.read_csv(tmp_path / "w" / "artifacts" / "validate" / "failing_rows.csv")
    assert list(failing["flight"]) == list(flights["flight"].iloc[[3]])


@pytest.mark.parametrize(
    ("metrics", "expected"),
    [
        (BASE, None),
        (BASE | {"mae_minutes": 18.0}, "no better than the baseline's 18.00"),
        (BASE | {"mae_minutes": float("nan")}, "no better than the baseline"),
        (BASE | {"champion_mae_minutes": 10.6, "champion_has_seen_holdout": 0.0}, None),
        (BASE | {"champion_mae_minutes": 10.4, "champion_has_seen_holdout": 0.0}, "the serving version has 10.40"),
        (BASE | {"champion_mae_minutes": 10.4, "champion_has_seen_holdout": 1.0}, None),
    ],
)
def test_a_model_worse_than_what_there_is_is_turned_down(metrics: dict[str, float], expected: str | None) -> None:
    reason = rejection(metrics, champion_margin_minutes=0.5)

    assert (reason is None) is (expected is None)
    assert expected is None or expected in str(reason)
