import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import Pipeline

from flight_delay import artifact as artifact_module
from flight_delay import scoring
from flight_delay.artifact import TOLERANCE_MINUTES, json_rows, write_artifact
from flight_delay.columns import FEATURES, TARGET
from flight_delay.features import labelled_features
from flight_delay.graph import FlightDelayParameters
from flight_delay.model import fit
from flight_delay.scoring import score
from flight_delay.split import Split
from flight_delay.tables import Tables
from mlops_runtime.errors import StepError
from mlops_runtime.serving.contract import load_contract
from mlops_runtime.serving.served_model import load_served_model
from tests.unit.pipelines.serving.artifacts import write_linear_artifact

PARAMETERS = FlightDelayParameters(iterations=40)


@pytest.fixture(scope="module")
def frame(year: Tables) -> pd.DataFrame:
    return labelled_features(year)


@pytest.fixture(scope="module")
def pipeline(frame: pd.DataFrame) -> Pipeline:
    return fit(Split.of(PARAMETERS).training(frame, 0), PARAMETERS)


@pytest.fixture(scope="module")
def model_directory(frame: pd.DataFrame, pipeline: Pipeline, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("artifact") / "model"
    write_artifact(pipeline, Split.of(PARAMETERS).training(frame, 0), directory)
    return directory


def test_the_served_model_answers_as_scikit_learn_does(
    model_directory: Path, pipeline: Pipeline, frame: pd.DataFrame
) -> None:
    difference = np.abs(score(model_directory, frame) - pipeline.predict(frame.loc[:, list(FEATURES)]))

    assert frame["humidity_percent"].isna().any()
    assert difference.max() < TOLERANCE_MINUTES
    assert np.abs(frame[TARGET]).max() > 300


def test_unknown_and_missing_categories_are_answered_alike(
    model_directory: Path, pipeline: Pipeline, frame: pd.DataFrame
) -> None:
    odd = frame.loc[:, list(FEATURES)].head(4).assign(destination="XXX")
    odd["carrier"] = pd.Series(["ZZ", None, "UA", "UA"], index=odd.index)

    assert score(model_directory, odd) == pytest.approx(pipeline.predict(odd), abs=TOLERANCE_MINUTES)


def test_the_artifact_is_one_that_the_server_takes(model_directory: Path, frame: pd.DataFrame) -> None:
    served = load_served_model(model_directory, "flight-delay", "1")

    assert served.identity.golden.rows >= 16
    rows = json_rows(frame.head(3))
    matrix = served.predict_protocol.batch({"instances": json.loads(json.dumps(rows))})
    assert served.scorer.score(matrix)[TARGET] == pytest.approx(score(model_directory, frame.head(3)), abs=1e-6)


@pytest.mark.filterwarnings("ignore")
def test_mlflow_loads_the_artifact_and_gives_the_golden_predictions(model_directory: Path) -> None:
    import mlflow.pyfunc  # noqa: PLC0415 - warns when it is imported

    golden = json.loads((model_directory / "golden.json").read_text())
    answers = mlflow.pyfunc.load_model(str(model_directory)).predict(pd.DataFrame(golden["rows"]))

    assert list(answers) == pytest.approx(golden["outputs"][TARGET], abs=1e-9)


def test_training_twice_gives_the_same_model(frame: pd.DataFrame, pipeline: Pipeline) -> None:
    again = fit(Split.of(PARAMETERS).training(frame, 0), PARAMETERS)
    rows = frame.loc[:, list(FEATURES)]

    assert np.array_equal(again.predict(rows), pipeline.predict(rows))


def test_fails_when_the_served_model_would_answer_otherwise(
    frame: pd.DataFrame, pipeline: Pipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = fit(frame.head(500), FlightDelayParameters(iterations=5))
    served = artifact_module.to_onnx(other)
    monkeypatch.setattr(artifact_module, "to_onnx", lambda _: served)

    with pytest.raises(StepError, match=r"model\.onnx: got .*, expected scikit-learn's within 0\.001"):
        write_artifact(pipeline, frame, tmp_path / "model")


def test_two_unicode_forms_of_one_category_are_scored_alike(
    model_directory: Path, frame: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    contract = load_contract(model_directory)
    first = contract.features[0].model_copy(update={"vocabulary": ("Zürich", "UA")})
    changed = contract.model_copy(update={"features": (first, *contract.features[1:])})
    monkeypatch.setattr(scoring, "load_contract", lambda _: changed)
    composed = frame.loc[:, list(FEATURES)].head(4).assign(carrier="Zürich")

    assert score(model_directory, composed.assign(carrier="Zu\u0308rich")).tolist() == (
        score(model_directory, composed).tolist()
    )


def test_fails_when_two_unicode_forms_became_two_categories(frame: pd.DataFrame, tmp_path: Path) -> None:
    half = frame.head(500).copy()
    half.loc[half.index[:250], "carrier"] = "Zürich"
    half.loc[half.index[250:], "carrier"] = "Zu\u0308rich"

    with pytest.raises(StepError, match=r"serving\.json: .*got 'Zürich' more than once, expected each category once"):
        write_artifact(fit(half, FlightDelayParameters(iterations=5)), half, tmp_path / "model")


def test_fails_when_the_served_model_has_no_answer_for_a_null_of_the_contract(
    frame: pd.DataFrame, pipeline: Pipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    contract = artifact_module.serving_contract(pipeline)
    write_linear_artifact(tmp_path / "linear", contract)
    served = (tmp_path / "linear" / "model.onnx").read_bytes()
    monkeypatch.setattr(artifact_module, "to_onnx", lambda _: served)

    with pytest.raises(StepError, match=r"golden rows with null for 'carrier', .*'plane_seats', expected one wherever"):
        write_artifact(pipeline, frame, tmp_path / "model")


def test_fails_when_the_artifact_takes_features_that_are_not_there(model_directory: Path, frame: pd.DataFrame) -> None:
    with pytest.raises(StepError, match="the features: got no carrier, expected each that the model takes"):
        score(model_directory, frame.drop(columns=["carrier"]))


def test_the_split_is_by_time_and_leaves_no_day_in_both(frame: pd.DataFrame) -> None:
    split = Split.of(FlightDelayParameters(train_from="2013-02", train_until="2013-04", horizon_days=7))
    training, holdout = split.training(frame, 0), split.holdout(frame)

    assert str(training["date"].min().date()) >= "2013-02-01"
    assert str(training["date"].max().date()) == "2013-04-30"
    assert str(holdout["date"].min().date()) == "2013-05-01"
    assert str(holdout["date"].max().date()) == "2013-05-07"
    latest = split.training(frame, 10)
    assert len(latest) == 10
    assert latest["date"].min() >= training["date"].quantile(0.9)


def test_fails_when_no_flight_is_left_to_train_or_evaluate_on(frame: pd.DataFrame) -> None:
    split = Split.of(FlightDelayParameters(train_from="2013-02", train_until="2013-04"))
    with pytest.raises(StepError, match="got no flights, expected some from 2013-02-01 to 2013-05-01"):
        split.training(frame.head(10), 0)
    with pytest.raises(StepError, match="got no flights, expected some from 2013-05-01 to 2013-05-29"):
        split.holdout(frame.head(10))
