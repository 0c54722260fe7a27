from pathlib import Path

import pandas as pd
import pytest

from mlops_runtime.packaging import save_model
from mlops_runtime.packaging.errors import PackagingError
from mlops_runtime.packaging.registration import check_artifact
from mlops_runtime.serving.contract import ModelOutput
from mlops_runtime.serving.served_model import load_served_model
from tests.unit.packaging.models import NUMBERS

# MLflow warns when it is imported, and of models without type hints.
pytestmark = pytest.mark.filterwarnings("ignore")
FILE = Path(__file__).with_name("own_pyfunc.py")


@pytest.fixture
def limit(tmp_path: Path) -> Path:
    (tmp_path / "limit.txt").write_text("40")
    return tmp_path / "limit.txt"


def test_a_pyfunc_from_code_is_packaged_with_its_files_and_served(limit: Path, tmp_path: Path) -> None:
    saved = save_model(FILE, NUMBERS, tmp_path / "model", artifacts={"limit": limit})

    assert (saved.runtime, saved.onnx_difference) == ("pyfunc", None)
    assert [(output.name, output.kind, output.length) for output in saved.contract.outputs] == [
        ("score", "number", None),
        ("advice", "text", None),
        ("parts", "vector", 2),
    ]
    check_artifact(saved.directory)
    served = load_served_model(saved.directory, "rules", "1")
    answers = served.score_columns({"age": [20.0, 60.0], "visits": [1, 2]}, 2)
    assert answers["score"].tolist() == [0.5, 1.5]
    assert answers["advice"].tolist() == ["wait", "call"]
    assert answers["parts"].tolist() == [[0.5, 0.5], [1.5, -0.5]]


def test_the_outputs_are_named_as_they_are_said(limit: Path, tmp_path: Path) -> None:
    outputs = (
        ModelOutput(name="advice", kind="label", classes=("call", "wait")),
        ModelOutput(name="score", unit="parts"),
    )
    saved = save_model(FILE, NUMBERS, tmp_path / "model", artifacts={"limit": limit}, outputs=outputs)

    assert saved.contract.outputs == outputs


def test_a_folder_that_mlflow_saved_is_packaged(limit: Path, tmp_path: Path) -> None:
    import mlflow.pyfunc  # noqa: PLC0415 - warns when it is imported

    mlflow.pyfunc.save_model(str(tmp_path / "theirs"), python_model=str(FILE), artifacts={"limit": str(limit)})
    saved = save_model(tmp_path / "theirs", NUMBERS, tmp_path / "model")

    assert load_served_model(saved.directory, "rules", "1").identity.golden.rows >= 16


def test_an_object_is_stored_by_cloudpickle_only_where_that_is_allowed(tmp_path: Path) -> None:
    from mlflow.pyfunc.model import PythonModel  # noqa: PLC0415 - warns when it is imported

    class Doubled(PythonModel):
        def predict(self, context: object, model_input: pd.DataFrame, params: object = None) -> pd.Series:
            return model_input["age"] * 2

    with pytest.raises(PackagingError, match=r"model: got a Doubled object, which MLflow stores with cloudpickle"):
        save_model(Doubled(), NUMBERS, tmp_path / "model")
    saved = save_model(Doubled(), NUMBERS, tmp_path / "model", allow_code=("cloudpickle",))

    allowed = load_served_model(saved.directory, "doubled", "1", allow_code_formats=("cloudpickle",))
    assert allowed.score_columns({"age": [2.0], "visits": [1]}, 1)["prediction"].tolist() == [4.0]
    with pytest.raises(Exception, match=r"python_model\.pkl: got a cloudpickle, which runs code"):
        check_artifact(saved.directory)


@pytest.mark.parametrize(
    ("outputs", "message"),
    [
        (
            (ModelOutput(name="advice", kind="label", classes=("wait", "never")),),
            r"output 'advice': got call for row \d+ of the examples .*, expected one of 'wait', 'never'",
        ),
        ((ModelOutput(name="price"),), "got answers score, advice, parts, expected price too"),
        ((ModelOutput(name="advice"),), "output 'advice': got could not convert string .*, expected a finite number"),
    ],
)
def test_a_model_that_breaks_its_signature_is_refused(
    outputs: tuple[ModelOutput, ...], message: str, limit: Path, tmp_path: Path
) -> None:
    with pytest.raises(PackagingError, match=message):
        save_model(FILE, NUMBERS, tmp_path / "model", artifacts={"limit": limit}, outputs=outputs)
    assert not (tmp_path / "model").exists()


def test_a_model_that_fails_where_it_is_loaded_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PackagingError, match="when it was loaded and asked for the examples"):
        save_model(FILE, NUMBERS, tmp_path / "model")
    with pytest.raises(PackagingError, match="expected a Python file or a folder that MLflow saved"):
        save_model(tmp_path / "nothing.py", NUMBERS, tmp_path / "model")
    with pytest.raises(PackagingError, match="without MLmodel, expected one that MLflow saved"):
        save_model(tmp_path, NUMBERS, tmp_path / "model")
