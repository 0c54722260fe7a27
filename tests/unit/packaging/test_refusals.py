import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from mlops_runtime.packaging import save_model
from mlops_runtime.packaging.errors import PackagingError
from mlops_runtime.packaging.features import found_features
from mlops_runtime.packaging.onnx_graph import OPERATOR_SETS
from mlops_runtime.serving.contract import ModelOutput
from tests.unit.packaging import models
from tests.unit.packaging.models import AMOUNT, NUMBERS

# scikit-learn's estimators of tests are its own business.
LINEAR = LinearRegression().fit(NUMBERS, AMOUNT)


class Plain(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """An estimator of one's own, which skops does not know."""

    def __init__(self, gap: float = 0.0) -> None:
        self.gap = gap

    def fit(self, table: pd.DataFrame, _target: object) -> "Plain":
        self.feature_names_in_ = np.asarray(table.columns, dtype=object)
        return self

    def predict(self, table: pd.DataFrame) -> np.ndarray:
        return np.where(table["visits"] > 7, self.gap, 1.0)


def refused(message: str, folder: Path, model: Any, examples: Any, **arguments: Any) -> None:
    with pytest.raises(PackagingError, match=message):
        save_model(model, examples, folder / "model", **arguments)
    assert not (folder / "model").exists()
    assert not (folder / ".model.partial").exists()


@pytest.mark.parametrize(
    ("examples", "message"),
    [
        (NUMBERS.head(15), "examples: got 15 rows, expected at least 16, .*, fix: pass more rows"),
        (NUMBERS.assign(extra=1), "examples: got columns extra, which the model does not take, .*, fix: drop them"),
        (NUMBERS[["age"]], "examples: got no column visits, expected every column that the model was fitted to"),
        (NUMBERS.to_numpy(), "examples: got ndarray, expected a pandas DataFrame .*, fix: pass pd.DataFrame"),
        (NUMBERS.set_axis([0, 1], axis=1), "examples: got columns named 0, 1, expected texts"),
        (NUMBERS.set_axis(["age", "age"], axis=1), "examples: got column age more than once"),
        (NUMBERS.head(3).assign(b=1).rename(columns={"b": "age"}), r"got 3 rows.*; .*column age more than once"),
    ],
)
def test_examples_that_are_none_are_refused(examples: Any, message: str, tmp_path: Path) -> None:
    refused(message, tmp_path, LINEAR, examples)


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ([None] * 20, "got nothing but nulls, expected values, fix: leave the column out"),
        ([{"a": 1}] * 20, "got mixed values such as .*, expected numbers, texts, booleans, dates or lists"),
        ([[1.0]] * 19 + [[1.0, 2.0]], "got lists of 1 to 2 numbers, expected all of one length"),
        (pd.Categorical(["Z\u00fc", "Zu\u0308"] * 10), "got 'Zü' more than once, expected each"),
    ],
)
def test_columns_that_no_request_can_hold_are_told_together(column: Any, message: str) -> None:
    table = pd.DataFrame({"good": range(20), "bad": pd.Series(column), "worse": [1 + 2j] * 20})

    with pytest.raises(PackagingError, match=rf"column 'bad': {message}.*; examples: column 'worse': got complex"):
        found_features(table, bounds=False, categories=True)


def test_the_types_of_columns_are_found() -> None:
    table = pd.DataFrame(
        {
            "float": np.linspace(0, 1, 40, dtype="float32"),
            "whole": range(40),
            "nothing": pd.array([1, None] * 20, dtype="Int64"),
            "moment": pd.date_range("2026-01-01", periods=40),
            "vector": [[1.0, 2.0, 3.0]] * 40,
            "truth": pd.array([True, None] * 20, dtype="boolean"),
            "few": ["a", None, "b", "a"] * 10,
            "many": [f"text {number}" for number in range(40)],
        }
    )
    found = found_features(table, bounds=True, categories=True)

    assert [(feature.dtype, feature.nullable) for feature in found] == [
        ("float32", False),
        ("int64", False),
        ("float64", True),
        ("datetime", False),
        ("vector", False),
        ("bool", True),
        ("category", True),
        ("text", False),
    ]
    assert (found[1].minimum, found[1].maximum, found[4].length, found[6].vocabulary) == (0, 39, 3, ("a", "b"))


def test_answers_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    refused(
        r"output 'prediction': got (nan|inf) for row \d+ of the examples \(\d+ of \d+ rows\), expected a finite number",
        tmp_path,
        Plain(float("inf")).fit(NUMBERS, AMOUNT),
        NUMBERS,
    )


def test_classes_in_another_order_than_the_models_are_refused(tmp_path: Path) -> None:
    outputs = (ModelOutput(name="answer", kind="label", classes=("stays", "leaves")),)

    refused(
        r"outputs: 'answer': got classes \['stays', 'leaves'\], expected the model's, in its order:"
        r" \['leaves', 'stays'\]",
        tmp_path,
        models.text_labels(),
        NUMBERS,
        outputs=outputs,
    )


def test_labels_that_are_neither_text_nor_whole_are_refused(tmp_path: Path) -> None:
    halves = LogisticRegression().fit(NUMBERS, pd.Categorical(models.IS_LARGE + 0.5).astype(object).astype(str))
    halves.classes_ = np.array([0.5, 1.5])

    refused("classes: got (np.float64\\()?0.5\\)?, expected texts or whole numbers", tmp_path, halves, NUMBERS)


def test_types_of_ones_own_are_named_or_refused(tmp_path: Path) -> None:
    name = f"{__name__}.Plain"
    refused(rf"model: got types .*{name}.*trusted_types=", tmp_path, Plain().fit(NUMBERS, AMOUNT), NUMBERS)

    saved = save_model(Plain().fit(NUMBERS, AMOUNT), NUMBERS, tmp_path / "model", trusted_types=(name,))
    assert saved.runtime == "pyfunc"
    assert "MissingShapeCalculator" in saved.reasons[0]


def test_a_function_that_is_stored_by_its_code_is_refused(tmp_path: Path) -> None:
    model = make_pipeline(FunctionTransformer(lambda table: table * 2), LinearRegression()).fit(NUMBERS, AMOUNT)

    refused("model: got ", tmp_path, model, NUMBERS)


def test_what_is_no_model_is_refused(tmp_path: Path) -> None:
    refused(
        "model: got builtins.dict, expected an estimator of scikit-learn, .*, fix: write an mlflow.pyfunc.PythonModel",
        tmp_path,
        {},
        NUMBERS,
    )


def test_onnx_where_it_does_not_convert_is_refused_with_every_reason(tmp_path: Path) -> None:
    refused(
        r"runtime: got onnx, expected a model that converts and agrees: matrix: feature 'review' is no number.*;"
        r" float32 columns: the graph has a StringNormalizer, which needs a locale",
        tmp_path,
        models.texts(),
        models.TEXTS,
        runtime="onnx",
    )


def linear_graph(factor: float) -> bytes:
    import warnings  # noqa: PLC0415

    from skl2onnx import convert_sklearn  # noqa: PLC0415 - slow to import
    from skl2onnx.common.data_types import FloatTensorType  # noqa: PLC0415

    other = LinearRegression().fit(NUMBERS, AMOUNT * factor)
    with warnings.catch_warnings(action="ignore"):
        graph = convert_sklearn(
            other, initial_types=[("features", FloatTensorType([None, 2]))], target_opset=OPERATOR_SETS
        )
    serialized: bytes = graph.SerializeToString()
    return serialized


def test_a_graph_of_ones_own_must_agree_with_the_model(tmp_path: Path) -> None:
    features = [
        feature.model_copy(update={"dtype": "float32"})
        for feature in found_features(NUMBERS, bounds=False, categories=True)
    ]
    refused(
        r"model\.onnx: got answers that differ by .* in \d+ rows, expected the model's within",
        tmp_path,
        LINEAR,
        NUMBERS,
        features=features,
        onnx=linear_graph(1.01),
    )

    saved = save_model(LINEAR, NUMBERS, tmp_path / "model", features=features, onnx=linear_graph(1.0))
    assert (saved.runtime, saved.reasons) == ("onnx", ())


def test_a_graph_that_disagrees_is_left_and_the_model_served_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong: Callable[..., bytes] = lambda *_: linear_graph(1.01)  # noqa: E731 - a stand-in
    monkeypatch.setattr("mlops_runtime.packaging.onnx_choice.convert", wrong)
    saved = save_model(LINEAR, NUMBERS, tmp_path / "model")

    assert saved.runtime == "pyfunc"
    assert "matrix: got answers that differ by " in saved.reasons[0]
    assert not (saved.directory / "model.onnx").exists()
    golden = json.loads((saved.directory / "golden.json").read_text())
    assert golden["outputs"]["prediction"][0] == pytest.approx(LINEAR.predict(NUMBERS.head(1))[0])


def test_a_folder_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    with pytest.raises(PackagingError, match=r"directory: got .*, which is there, expected a folder to be made"):
        save_model(LINEAR, NUMBERS, tmp_path / "model")
