import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mlops_runtime.code_formats import find_code_files
from mlops_runtime.packaging import save_model
from mlops_runtime.packaging.estimators import Booster
from mlops_runtime.serving.contract import ModelOutput, load_contract
from mlops_runtime.serving.served_model import ServedModel, load_served_model
from tests.unit.packaging import models

BOTH = [("label", "label"), ("probabilities", "probabilities")]
NUMBER, LABEL = [("prediction", "number")], [("label", "label")]
VECTOR = [("vector", "vector")]
KINDS: list[tuple[Callable[[], Any], "pd.DataFrame | pd.Series[Any]", str, list[tuple[str, str]]]] = [
    (models.regressor, models.WITH_NULLS, "onnx", NUMBER),
    (models.text_labels, models.NUMBERS, "onnx", BOTH),
    (models.int_labels, models.NUMBERS, "onnx", BOTH),
    (models.labels_alone, models.NUMBERS, "onnx", LABEL),
    (models.columns, models.MIXED, "onnx", BOTH),
    (models.texts, models.TEXTS, "pyfunc", BOTH),
    (models.clusters, models.NUMBERS, "onnx", LABEL),
    (models.outliers, models.NUMBERS, "onnx", LABEL),
    (models.transformer, models.NUMBERS, "onnx", VECTOR),
    (models.several_numbers, models.NUMBERS, "onnx", VECTOR),
    (models.without_names, models.NUMBERS, "onnx", NUMBER),
    (models.xgboost_classifier, models.NUMBERS, "onnx", BOTH),
    (models.xgboost_of_categories, models.with_plan(), "pyfunc", NUMBER),
    (models.lightgbm_classifier, models.NUMBERS, "onnx", BOTH),
    (models.lightgbm_of_categories, models.with_plan(), "pyfunc", BOTH),
]


def table_of(examples: "pd.DataFrame | pd.Series[Any]") -> pd.DataFrame:
    return examples.to_frame() if isinstance(examples, pd.Series) else examples


def served_answers(served: ServedModel, examples: "pd.DataFrame | pd.Series[Any]") -> dict[str, list[Any]]:
    table = table_of(examples).astype(object)
    columns = {str(name): table[name].tolist() for name in table.columns}
    return {name: values.tolist() for name, values in served.score_columns(columns, len(table)).items()}


def own_answers(
    model: Any, examples: "pd.DataFrame | pd.Series[Any]", outputs: Sequence[ModelOutput]
) -> dict[str, list[Any]]:
    """What the library itself gives, asked as its documentation says."""
    if not hasattr(model, "feature_names_in_") and isinstance(examples, pd.DataFrame) and not hasattr(model, "steps"):
        examples = examples.to_numpy()  # type: ignore[assignment]
    predict = model.predict if hasattr(model, "predict") else model.transform
    ways = {"probabilities": getattr(model, "predict_proba", None)}
    return {output.name: np.asarray((ways.get(output.kind) or predict)(examples)).tolist() for output in outputs}


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore:X does not have valid feature names")
@pytest.mark.parametrize(
    ("fit", "examples", "runtime", "outputs", "way"),
    [(*kind, way) for kind in KINDS for way in ("found", "pyfunc") if (way, kind[2]) != ("pyfunc", "pyfunc")],
    ids=lambda value: getattr(value, "__name__", value if isinstance(value, str) else ""),
)
def test_what_is_served_answers_as_the_library_does(
    fit: Callable[[], Any],
    examples: "pd.DataFrame | pd.Series[Any]",
    runtime: str,
    outputs: list[tuple[str, str]],
    way: str,
    tmp_path: Path,
) -> None:
    model = fit()
    saved = save_model(model, examples, tmp_path / "model", runtime="pyfunc" if way == "pyfunc" else None)

    assert saved.runtime == (runtime if way == "found" else "pyfunc")
    assert [(output.name, output.kind) for output in saved.contract.outputs] == outputs
    assert (saved.onnx_difference is None) == (saved.runtime == "pyfunc") == bool(saved.reasons)
    assert find_code_files(saved.directory) == []
    served = load_served_model(saved.directory, "model", "1")
    assert served.identity.digest == saved.digest
    assert served.identity.golden.rows >= 16
    own, got = own_answers(model, examples, saved.contract.outputs), served_answers(served, examples)
    for output in saved.contract.outputs:
        if output.kind == "label":
            assert got[output.name] == own[output.name]
        else:
            expected = np.asarray(own[output.name], float)
            assert np.asarray(got[output.name]) == pytest.approx(expected, rel=1e-5, abs=1e-5)


def test_classes_are_the_models_in_its_order(tmp_path: Path) -> None:
    text = save_model(models.text_labels(), models.NUMBERS, tmp_path / "text").contract
    whole = save_model(models.int_labels(), models.NUMBERS, tmp_path / "int").contract

    assert [output.classes for output in text.outputs] == [("leaves", "stays")] * 2
    assert [output.classes for output in whole.outputs] == [(0, 1)] * 2


def test_the_contract_says_what_the_examples_show(tmp_path: Path) -> None:
    saved = save_model(models.columns(), models.MIXED, tmp_path / "a", bounds=True)
    features = {feature.name: feature for feature in load_contract(saved.directory).features}

    assert features["plan"].vocabulary == ("basic", "plus", "pro")
    assert features["member"].dtype == "bool"
    assert (features["visits"].minimum, features["visits"].maximum) == (0, 8)
    plain = save_model(models.columns(), models.MIXED, tmp_path / "b", categories=False).contract
    assert [feature.dtype for feature in plain.features if feature.name == "plan"] == ["text"]
    assert [feature.minimum for feature in plain.features] == [None] * 4
    nulls = save_model(models.regressor(), models.WITH_NULLS, tmp_path / "c").contract
    assert [feature.nullable for feature in nulls.features] == [True, False]


def test_an_output_is_named_and_has_a_unit(tmp_path: Path) -> None:
    unit = save_model(models.regressor(), models.WITH_NULLS, tmp_path / "a", unit="euros").contract.outputs
    named = (ModelOutput(name="cost", unit="euros"),)
    saved = save_model(models.regressor(), models.WITH_NULLS, tmp_path / "b", outputs=named)

    assert (unit[0].name, unit[0].unit) == ("prediction", "euros")
    assert saved.contract.outputs == named
    assert list(json.loads((saved.directory / "golden.json").read_text())["outputs"]) == ["cost"]


def test_a_boosters_numbers_are_the_probabilities_of_the_classes_that_are_said(tmp_path: Path) -> None:
    booster = models.xgboost_booster()
    outputs = (ModelOutput(name="chance", kind="probabilities", classes=("leaves", "stays")),)
    saved = save_model(booster, models.NUMBERS, tmp_path / "model", outputs=outputs)

    expected = Booster(booster).predict(models.NUMBERS)
    got = served_answers(load_served_model(saved.directory, "model", "1"), models.NUMBERS)["chance"]
    assert [row[1] for row in got] == pytest.approx(expected.tolist(), abs=1e-6)
    assert saved.reasons == tuple(
        f"{layout}: a booster by itself has no converter here, as its scikit-learn classes have"
        for layout in ("matrix", "float32 columns", "typed columns")
    )


def test_numbers_that_float32_cannot_hold_are_served_as_they_are(tmp_path: Path) -> None:
    """The graph of a matrix rounds them; the next layout takes them as they are."""
    from sklearn.linear_model import LinearRegression  # noqa: PLC0415

    moments = pd.DataFrame({"second": np.arange(64) + 1.7e9, "other": np.arange(64) % 7})
    model = LinearRegression().fit(moments, moments["second"] - 1.7e9)
    saved = save_model(model, moments, tmp_path / "model")

    got = served_answers(load_served_model(saved.directory, "model", "1"), moments)["prediction"]
    assert got == pytest.approx(model.predict(moments).tolist(), abs=1e-3)
    assert [feature.dtype for feature in saved.contract.features] == ["float64", "int64"]


def test_saving_twice_gives_the_same_files(tmp_path: Path) -> None:
    first, second = (save_model(models.int_labels(), models.NUMBERS, tmp_path / name) for name in "ab")

    differing = [
        path.name
        for path in first.directory.iterdir()
        if path.read_bytes() != (second.directory / path.name).read_bytes()
    ]
    # MLflow notes when it wrote a model, and gives it an id; skops names its parts by their places in memory.
    assert set(differing) <= {"MLmodel", "model.skops"}


def test_no_library_is_loaded_that_the_model_is_not_of(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; import pandas as pd; from sklearn.linear_model import LinearRegression;"
        " from mlops_runtime.packaging import save_model; table = pd.DataFrame({'x': range(20)});"
        f" save_model(LinearRegression().fit(table, table['x']), table, Path({str(tmp_path / 'm')!r}));"
        " print(sorted({'xgboost', 'lightgbm', 'torch', 'onnxmltools', 'picklescan'} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.splitlines()[-1] == "[]"


@pytest.mark.filterwarnings("ignore")
def test_mlflow_reads_signature_and_example(tmp_path: Path) -> None:
    from mlflow.models import Model  # noqa: PLC0415 - warns when it is imported

    saved = save_model(models.columns(), models.MIXED, tmp_path / "model")
    written = Model.load(str(saved.directory))

    assert written.signature is not None
    assert [(each.name, str(each.type)) for each in written.signature.inputs] == [
        ("age", "DataType.double"),
        ("visits", "DataType.long"),
        ("plan", "DataType.string"),
        ("member", "DataType.boolean"),
    ]
    example = written.load_input_example(str(saved.directory))
    assert isinstance(example, pd.DataFrame)
    assert len(example) == 2
    assert "scikit-learn==" in (saved.directory / "requirements.txt").read_text()
