import json
import pickle
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy
import pytest

pytest.importorskip("mlflow", reason="the pipelines extra")

from mlops_runtime.sagemaker.serving import SageMakerServer
from mlops_runtime.serving.contract import ModelOutput
from mlops_runtime.serving.request_body import Application
from mlops_runtime.serving.runtimes.pyfunc import named_outputs
from mlops_runtime.serving.scorer import ModelAnswerError
from mlops_runtime.serving.served_model import ServedModel, UnservableModelError, load_served_model
from tests.unit.pipelines.serving.applications import BODY_LIMIT_BYTES, application_of, ask
from tests.unit.pipelines.serving.pyfuncs import day_rows, write_days_model, write_text_model

pytestmark = [
    pytest.mark.filterwarnings("ignore:ORJSONResponse is deprecated"),
    pytest.mark.filterwarnings("ignore:::mlflow"),
]

MEBIBYTE = 1024 * 1024
PREDICT, INFER = "/v1/models/model:predict", "/v2/models/model/infer"
EVENT = {"ce-id": "1", "ce-source": "test", "ce-type": "row", "ce-specversion": "1.0"}


@pytest.fixture(scope="module")
def text_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("text") / "model"
    write_text_model(directory)
    return directory


@pytest.fixture(scope="module")
def days_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("days") / "model"
    write_days_model(directory)
    return directory


@pytest.fixture(scope="module")
def text(text_directory: Path) -> Application:
    return application_of(load_served_model(text_directory, "model", "4"))


@pytest.fixture(scope="module")
def days_model(days_directory: Path) -> ServedModel:
    return load_served_model(days_directory, "model", "4", allow_code_formats=("cloudpickle",))


@pytest.fixture(scope="module")
def days(days_model: ServedModel) -> Application:
    return application_of(days_model)


def test_a_text_model_gives_a_label_and_probabilities_by_both_protocols(text: Application) -> None:
    words = ["cash prize today", "lunch meeting today"]
    tensor = {"name": "message", "shape": [2], "datatype": "BYTES", "data": words}

    by_v1 = ask(text, PREDICT, {"instances": [{"message": each} for each in words]}).json()["predictions"]
    label, probabilities = ask(text, INFER, {"inputs": [tensor]}).json()["outputs"]

    assert [each["label"] for each in by_v1] == label["data"] == ["spam", "ham"]
    assert by_v1[0]["probabilities"]["spam"] > 0.7
    flat = [each["probabilities"][kind] for each in by_v1 for kind in ("ham", "spam")]
    assert probabilities["data"] == pytest.approx(flat)


def test_the_runtime_is_told(text: Application) -> None:
    assert ask(text, "/v2/models/model").json()["platform"] == "mlflow_pyfunc"
    assert ask(text, "/mlops/identity").json()["runtime"] == "pyfunc"


@pytest.mark.parametrize("headers", [{}, EVENT], ids=["plain", "event"])
def test_times_truths_whole_numbers_and_vectors_arrive_as_their_types(
    days: Application, headers: dict[str, str]
) -> None:
    answer = ask(days, PREDICT, {"instances": day_rows()[3:6]}, headers=headers)

    assert answer.json()["predictions"] == [
        {"days": 93.0, "place": [6.0, 3.0], "reason": "closed"},
        {"days": 248.0, "place": [8.0, 4.0], "reason": "closed"},
        {"days": 0.0, "place": [10.0, 5.0], "reason": "still open"},
    ]


def day_tensors() -> list[dict[str, Any]]:
    rows = day_rows()[3:6]
    types = {"from": "BYTES", "to": "BYTES", "count": "INT64", "is_return": "BOOL"}
    tensors = [
        {"name": name, "shape": [3], "datatype": datatype, "data": [row[name] for row in rows]}
        for name, datatype in types.items()
    ]
    vectors = [row["weights"] for row in rows]
    return [{"name": "weights", "shape": [3, 2], "datatype": "FP32", "data": vectors}, *tensors]


@pytest.mark.parametrize("headers", [{}, EVENT], ids=["plain", "event"])
def test_tensors_of_every_type_are_read_and_given(days: Application, headers: dict[str, str]) -> None:
    answer = ask(days, INFER, {"inputs": day_tensors()}, headers=headers)

    found = {each["name"]: (each["datatype"], each["shape"], each["data"]) for each in answer.json()["outputs"]}
    assert found == {
        "days": ("FP32", [3], [93.0, 248.0, 0.0]),
        "place": ("FP32", [3, 2], [6.0, 3.0, 8.0, 4.0, 10.0, 5.0]),
        "reason": ("BYTES", [3], ["closed", "closed", "still open"]),
    }


def test_tensors_of_raw_bytes_are_read(days: Application) -> None:
    tensors = day_tensors()
    raw = b""
    for tensor in tensors:
        values = tensor.pop("data")
        if tensor["datatype"] == "BYTES":
            texts = [str(value or "2024-03-01").encode() for value in values]
            part = b"".join(len(each).to_bytes(4, "little") + each for each in texts)
        else:
            part = numpy.array(values, dtype={"FP32": "<f4", "INT64": "<i8", "BOOL": "?"}[tensor["datatype"]]).tobytes()
        tensor["parameters"] = {"binary_data_size": len(part)}
        raw += part
    head = json.dumps({"inputs": tensors}).encode()

    answer = ask(days, INFER, content=head + raw, headers={"Inference-Header-Content-Length": str(len(head))})

    assert answer.json()["outputs"][0]["data"][:2] == [93.0, 248.0]
    assert answer.json()["outputs"][2]["data"] == ["closed"] * 3


def test_the_metadata_tells_units_types_and_shapes(days: Application) -> None:
    document = ask(days, "/v2/models/model").json()

    inputs = {each["name"]: (each["datatype"], each["shape"]) for each in document["inputs"]}
    assert inputs["count"] == ("INT64", [-1])
    assert inputs["is_return"] == ("BOOL", [-1])
    assert inputs["from"] == ("BYTES", [-1])
    assert inputs["weights"] == ("FP32", [-1, 2])
    assert document["outputs"][0]["parameters"]["unit"] == "days"
    assert document["outputs"][1]["shape"] == [-1, 2]


@pytest.mark.parametrize(
    ("tensor", "expected"),
    [
        ({"name": "count", "datatype": "BYTES", "shape": [3], "data": ["1"] * 3}, "count.datatype: got 'BYTES'"),
        ({"name": "is_return", "datatype": "FP32", "shape": [3], "data": [1] * 3}, "is_return.datatype: got 'FP32'"),
        (
            {"name": "weights", "datatype": "FP32", "shape": [3], "data": [1] * 3},
            "weights.shape: got [3], expected [3, 2]",
        ),
        ({"name": "features", "datatype": "FP32", "shape": [1, 5], "data": [0] * 5}, "inputs: got one tensor of all"),
    ],
)
def test_a_tensor_of_another_type_is_refused(days: Application, tensor: dict[str, Any], expected: str) -> None:
    others = [] if tensor["name"] == "features" else [each for each in day_tensors() if each["name"] != tensor["name"]]

    answer = ask(days, INFER, {"inputs": [*reversed(others), tensor]})

    assert answer.status_code == 400
    assert answer.json()["error"].startswith(expected)


def test_every_problem_of_a_request_is_told_at_once(days: Application) -> None:
    row = day_rows()[0]

    answer = ask(days, PREDICT, {"instances": [{**row, "count": 1.5, "from": "soon"}, {**row, "weights": [1]}]})

    assert answer.status_code == 400
    assert [each["place"] for each in answer.json()["problems"]] == [
        "instances[0].from",
        "instances[0].count",
        "instances[1].weights",
    ]


def test_sagemakers_server_gives_the_same(days_model: ServedModel, days: Application) -> None:
    sagemaker = application_of(days_model, SageMakerServer)

    for path, document in ((PREDICT, {"instances": day_rows()}), (INFER, {"id": "1", "inputs": day_tensors()})):
        assert ask(sagemaker, "/invocations", document).json() == ask(days, path, document).json()


def test_columns_with_missing_values_are_scored(days_model: ServedModel) -> None:
    rows = day_rows()
    columns = {name: [row[name] for row in rows] for name in rows[0]}

    answers = days_model.score_columns(columns, len(rows))

    assert answers["reason"].tolist()[:3] == ["closed", "closed", "still open"]
    assert answers["days"].dtype == numpy.float32


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"reason": ["closed"] * 16}, "output 'reason': golden row 2: got still open, expected closed; 5 of 16"),
        ({"days": [1.0] * 16}, "output 'days': golden row "),
        ({"place": [[0.0, 0.0]] * 16}, r"output 'place': golden row 15: got \[30.0, 15.0\], expected \[0.0, 0.0\]"),
    ],
)
def test_golden_rows_that_are_not_repeated_are_not_served(
    tmp_path: Path, changes: dict[str, Any], expected: str
) -> None:
    write_days_model(tmp_path / "model", **changes)

    with pytest.raises(UnservableModelError, match=expected):
        load_served_model(tmp_path / "model", "model", "4", allow_code_formats=("cloudpickle",))


@pytest.mark.parametrize("allowed", [(), ("torch.save",)])
@pytest.mark.parametrize("kind", ["a pickled pipeline", "a pickled class"])
def test_a_pickle_that_the_stack_does_not_name_is_not_loaded(tmp_path: Path, kind: str, allowed: tuple[str]) -> None:
    if kind == "a pickled class":
        write_days_model(tmp_path / "model")
    else:
        write_text_model(tmp_path / "model", serialization="cloudpickle")

    with pytest.raises(UnservableModelError) as caught:
        load_served_model(tmp_path / "model", "model", "4", allow_code_formats=allowed)

    message = str(caught.value)
    assert re.search(r"\.pkl: got a (cloud)?pickle, which runs code when it is loaded", message)
    assert "by name in the stack's endpoint.allow_code_formats" in message


@pytest.mark.parametrize(
    "hide",
    [
        lambda path: path.rename(path.with_suffix(".txt")),
        lambda path: path.write_bytes(b"cos\nsystem\n(S'true'\ntR."),
        lambda path: path.with_suffix(".txt").write_bytes(pickle.dumps({"a": 1})),
    ],
    ids=["another name", "an old protocol", "another beside it"],
)
def test_a_pickle_is_found_by_its_bytes(tmp_path: Path, hide: Callable[[Path], object]) -> None:
    write_text_model(tmp_path / "model", serialization="cloudpickle")
    hide(next((tmp_path / "model").glob("*.pkl")))

    with pytest.raises(UnservableModelError, match=r"runs code when it is loaded|imports os\.system"):
        load_served_model(tmp_path / "model", "model", "4")


def test_a_format_that_is_none_is_told(text_directory: Path) -> None:
    with pytest.raises(
        UnservableModelError, match=r"allowed code formats: got pickel, expected some of pickle, cloudp"
    ):
        load_served_model(text_directory, "model", "4", allow_code_formats=("pickel",))


def test_a_library_that_the_image_does_not_have_is_named(tmp_path: Path, text_directory: Path) -> None:
    copy = tmp_path / "model"
    copy.mkdir()
    for each in text_directory.iterdir():
        (copy / each.name).write_bytes(each.read_bytes())
    model = copy / "MLmodel"
    model.write_text(model.read_text().replace("loader_module: mlflow.sklearn", "loader_module: not_installed.flavour"))

    with pytest.raises(UnservableModelError) as caught:
        load_served_model(copy, "model", "4")

    message = str(caught.value)
    assert "got no package for the module 'not_installed' in this image" in message
    assert "`images: {serving: …}`" in message


def test_pandas_missing_from_the_image_is_named(text_directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)

    with pytest.raises(
        UnservableModelError, match=r"no package for the module 'pandas' in this image.*images: \{serving"
    ):
        load_served_model(text_directory, "model", "4")


def test_a_folder_that_is_no_mlflow_model_is_told(tmp_path: Path, text_directory: Path) -> None:
    for name in ("serving.json", "golden.json"):
        (tmp_path / name).write_bytes((text_directory / name).read_bytes())

    with pytest.raises(UnservableModelError, match="expected an MLflow model that loads"):
        load_served_model(tmp_path, "model", "4")


def test_a_server_of_an_onnx_model_imports_neither_pandas_nor_pyfunc(artifact: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from mlops_runtime.serving.served_model import load_served_model;"
        "import mlops_runtime.serving.endpoint_server;"
        f"load_served_model(Path({str(artifact)!r}), 'flight-delay', '7');"
        "print([name for name in ('mlflow', 'sklearn') if name in sys.modules],"
        " 'mlops_runtime.serving.runtimes.pyfunc' in sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[] False"


LABEL = ModelOutput(name="label", kind="label", classes=("a", "b"))
CHANCES = ModelOutput(name="chances", kind="probabilities", classes=("a", "b"))
NUMBER = ModelOutput(name="y")
TEXT = ModelOutput(name="t", kind="text")
PLACE = ModelOutput(name="p", kind="vector", length=2)


@pytest.mark.parametrize(
    ("outputs", "given", "expected"),
    [
        ((NUMBER,), [1, 2], [1.0, 2.0]),
        ((NUMBER,), numpy.array([[1.5], [2]]), [1.5, 2.0]),
        ((NUMBER,), {"y": [1, 2]}, [1.0, 2.0]),
        ((LABEL,), numpy.array(["a", "b"]), ["a", "b"]),
        ((CHANCES,), [[0.25, 0.75], [1, 0]], [[0.25, 0.75], [1.0, 0.0]]),
        ((CHANCES,), {"b": [0.75, 0], "a": [0.25, 1]}, [[0.25, 0.75], [1.0, 0.0]]),
        ((TEXT,), ["x", "y"], ["x", "y"]),
        ((PLACE,), {"first": [1, 2], "second": [3, 4]}, [[1.0, 3.0], [2.0, 4.0]]),
    ],
)
def test_an_answer_in_any_usual_form_becomes_the_contracts(
    outputs: tuple[ModelOutput], given: object, expected: list[Any]
) -> None:
    assert named_outputs(outputs, given, 2)[outputs[0].name].tolist() == expected


@pytest.mark.parametrize(
    ("outputs", "given", "expected"),
    [
        ((NUMBER,), [1, 2, 3], "output 'y': got list"),
        ((NUMBER,), ["1", "2"], "expected a finite number for each row"),
        ((NUMBER,), {"a": [1, 2], "b": [1, 2]}, "output 'y': got columns a, b from the model, expected 'y'"),
        ((LABEL,), ["a", "c"], "output 'label': got 'c' from the model, expected one of 'a', 'b'"),
        ((LABEL,), [0, 1], "output 'label': got 0 from the model"),
        ((CHANCES,), [[1], [1]], "expected 2 finite numbers for each row, of shape"),
        ((CHANCES,), {"a": [1, 0], "c": [0, 1]}, "got columns a, c from the model, expected 'chances' or the classes"),
        ((TEXT,), [1, 2], "output 't': got list"),
        ((PLACE,), [[1, 2], [3]], "output 'p'"),
        ((NUMBER, TEXT), [1, 2], "got list from the model, expected a frame or a mapping with columns y, t"),
        ((NUMBER, TEXT), {"y": [1, 2]}, "got columns y from the model, expected"),
    ],
)
def test_an_answer_that_breaks_the_signature_is_told(outputs: tuple[ModelOutput], given: object, expected: str) -> None:
    with pytest.raises(ModelAnswerError) as caught:
        named_outputs(outputs, given, 2)

    assert expected in str(caught.value)


@pytest.mark.parametrize("size", [10 * MEBIBYTE, BODY_LIMIT_BYTES + 1])
def test_a_text_of_many_mebibytes_is_answered_or_refused_in_time(text: Application, size: int) -> None:
    start = perf_counter()

    answer = ask(text, PREDICT, {"instances": [{"message": "cash prize " * (size // 11)}]})

    assert answer.status_code == (200 if size <= 10 * MEBIBYTE else 413)
    assert perf_counter() - start < 30
    assert ask(text, "/v2/health/ready").status_code == 200
