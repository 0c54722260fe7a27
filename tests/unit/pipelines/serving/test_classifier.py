import json
from itertools import chain
from pathlib import Path
from typing import Any

import numpy
import pytest

from mlops_runtime.sagemaker.serving import SageMakerServer
from mlops_runtime.serving.input_error import InputError
from mlops_runtime.serving.request_body import Application
from mlops_runtime.serving.served_model import ServedModel, UnservableModelError, load_served_model
from tests.unit.pipelines.serving.applications import application_of, ask
from tests.unit.pipelines.serving.classifiers import CLASSES, write_columns_classifier, write_matrix_classifier

pytestmark = pytest.mark.filterwarnings("ignore:ORJSONResponse is deprecated")

PREDICT, INFER = "/v1/models/punctuality:predict", "/v2/models/punctuality/infer"
EVENT = {"ce-id": "1", "ce-source": "test", "ce-type": "row", "ce-specversion": "1.0"}


@pytest.fixture(scope="module", params=["matrix", "zip map", "columns"])
def directory(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("classifier") / "model"
    if request.param == "columns":
        write_columns_classifier(path)
    else:
        write_matrix_classifier(path, zip_map=request.param == "zip map")
    return path


@pytest.fixture(scope="module")
def served(directory: Path) -> ServedModel:
    return load_served_model(directory, "punctuality", "2")


@pytest.fixture(scope="module")
def application(served: ServedModel) -> Application:
    return application_of(served)


def golden_of(directory: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((directory / "golden.json").read_text())
    return document


def tensors(served: ServedModel) -> list[dict[str, Any]]:
    types = {"float32": "FP32", "float64": "FP64", "int64": "INT64", "category": "BYTES"}
    return [
        {
            "name": feature.name,
            "shape": [len(served.golden.rows)],
            "datatype": types[feature.dtype],
            "data": [row[feature.name] for row in served.golden.rows],
        }
        for feature in served.contract.features
    ]


@pytest.mark.parametrize("headers", [{}, EVENT], ids=["plain", "event"])
def test_v1_gives_a_label_and_each_classs_probability_by_its_name(
    application: Application, directory: Path, headers: dict[str, str]
) -> None:
    golden = golden_of(directory)

    answer = ask(application, PREDICT, {"instances": golden["rows"]}, headers=headers).json()

    for row, prediction in enumerate(answer["predictions"]):
        assert prediction["label"] == golden["outputs"]["label"][row]
        assert list(prediction["probabilities"]) == list(CLASSES)
        expected = golden["outputs"]["probabilities"][row]
        assert list(prediction["probabilities"].values()) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("headers", [{}, EVENT], ids=["plain", "event"])
def test_v2_gives_a_tensor_for_each_output(
    application: Application, served: ServedModel, directory: Path, headers: dict[str, str]
) -> None:
    golden = golden_of(directory)

    answer = ask(application, INFER, {"inputs": tensors(served)}, headers=headers)

    label, probabilities = answer.json()["outputs"]
    assert (label["name"], label["shape"], label["datatype"]) == ("label", [24], "BYTES")
    assert label["data"] == golden["outputs"]["label"]
    assert (probabilities["shape"], probabilities["datatype"]) == ([24, 3], "FP32")
    assert probabilities["data"] == pytest.approx(
        list(chain.from_iterable(golden["outputs"]["probabilities"])), abs=1e-4
    )


def test_v2_gives_the_outputs_that_are_asked_for_in_their_order(application: Application, served: ServedModel) -> None:
    def names(*wanted: str) -> list[str]:
        document = {"inputs": tensors(served), "outputs": [{"name": name} for name in wanted]}
        return [each["name"] for each in ask(application, INFER, document).json()["outputs"]]

    assert names("probabilities", "label") == ["probabilities", "label"]
    assert names("label") == ["label"]


@pytest.mark.parametrize(
    ("outputs", "expected"),
    [
        ([{"name": "score"}], "outputs[0].name: got 'score', expected one of 'label', 'probabilities'"),
        ([{"name": "label"}, {"name": "label"}], "outputs[1].name: got 'label', expected each output once"),
        ([{"name": 3}], "outputs[0].name: got 3"),
    ],
)
def test_v2_refuses_an_output_that_is_not_there(
    application: Application, served: ServedModel, outputs: object, expected: str
) -> None:
    answer = ask(application, INFER, {"inputs": tensors(served), "outputs": outputs})

    assert answer.status_code == 400
    assert answer.json()["error"].startswith(expected)


def test_v2_gives_each_output_as_raw_bytes_where_it_is_asked_to(
    application: Application, served: ServedModel, directory: Path
) -> None:
    golden = golden_of(directory)
    wish = {"outputs": [{"name": "label"}, {"name": "probabilities", "parameters": {"binary_data": False}}]}
    document = {"inputs": tensors(served), "parameters": {"binary_data_output": True}}

    both = ask(application, INFER, document)
    one = ask(application, INFER, {**document, **wish})

    size = int(both.headers["inference-header-content-length"])
    label, probabilities = json.loads(both.content[:size])["outputs"]
    raw = both.content[size:]
    end = label["parameters"]["binary_data_size"]
    texts = b"".join(len(text).to_bytes(4, "little") + text.encode() for text in golden["outputs"]["label"])
    assert raw[:end] == texts
    assert probabilities["parameters"]["binary_data_size"] == len(raw) - end == 24 * 3 * 4
    numbers = numpy.frombuffer(raw[end:], dtype="<f4").reshape(24, 3)
    assert numbers == pytest.approx(numpy.array(golden["outputs"]["probabilities"]), abs=1e-4)
    size = int(one.headers["inference-header-content-length"])
    assert one.content[size:] == texts
    assert len(json.loads(one.content[:size])["outputs"][1]["data"]) == 24 * 3


def test_the_metadata_tells_the_runtime_and_the_classes(application: Application) -> None:
    document = ask(application, "/v2/models/punctuality").json()

    assert document["platform"] == "onnx_onnxruntime"
    assert document["versions"] == ["2"]
    label, probabilities = document["outputs"]
    assert label["parameters"] == {"kind": "label", "classes": list(CLASSES)}
    assert (probabilities["shape"], probabilities["parameters"]["classes"]) == ([-1, 3], list(CLASSES))
    assert ask(application, "/mlops/identity").json()["runtime"] == "onnx"
    assert ask(application, "/v2/models/punctuality/versions/2").json() == document


def test_sagemakers_server_gives_the_same(served: ServedModel, application: Application, directory: Path) -> None:
    document = {"instances": golden_of(directory)["rows"]}

    invoked = ask(application_of(served, SageMakerServer), "/invocations", document)

    assert invoked.json() == ask(application, PREDICT, document).json()


def test_whole_numbers_are_labels_as_well(tmp_path: Path) -> None:
    write_matrix_classifier(tmp_path / "model", whole=True)
    served = load_served_model(tmp_path / "model", "punctuality", "2")
    application = application_of(served)

    label, _ = ask(application, INFER, {"inputs": tensors(served)}).json()["outputs"]
    first = ask(application, PREDICT, {"instances": golden_of(tmp_path / "model")["rows"]}).json()["predictions"][0]

    assert label["datatype"] == "INT64"
    assert set(label["data"]) <= {3, 5, 8}
    assert list(first["probabilities"]) == ["3", "5", "8"]


def edit(path: Path, change: Any) -> None:
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


@pytest.mark.parametrize(
    ("file", "change", "expected"),
    [
        (
            "serving.json",
            lambda document: document["outputs"][1]["classes"].reverse(),
            "got classes on time, late, early, expected early, late, on time, as output 'label'",
        ),
        (
            "golden.json",
            lambda document: [each.reverse() for each in document["outputs"]["probabilities"]],
            r"output 'probabilities': golden row \d+: got .* of 24 rows differ",
        ),
        (
            "golden.json",
            lambda document: document["outputs"]["label"].__setitem__(3, "never"),
            "output 'label': row 3: got 'never', expected one of 'early', 'late', 'on time'",
        ),
        (
            "golden.json",
            lambda document: document["outputs"]["probabilities"].__setitem__(3, [0.2, 0.3, 0.5]),
            "output 'probabilities': golden row 3: got .*1 of 24 rows differ",
        ),
        ("golden.json", lambda document: document["outputs"].pop("label"), "got outputs probabilities, expected"),
    ],
    ids=[
        "classes in two orders",
        "classes in another order",
        "another class",
        "another probability",
        "an output without golden values",
    ],
)
def test_outputs_that_are_not_as_the_trainer_had_them_are_not_served(
    tmp_path: Path, file: str, change: Any, expected: str
) -> None:
    write_matrix_classifier(tmp_path)
    edit(tmp_path / file, change)

    with pytest.raises(UnservableModelError, match=expected):
        load_served_model(tmp_path, "punctuality", "2")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            lambda document: document["outputs"][0].update(name="klass"),
            "got no output 'klass', expected one; the graph's outputs: label tensor",
        ),
        (
            lambda document: document["outputs"][0].update(classes=[1, 2]),
            r"output 'label': got tensor\(string\) for a label, expected tensor\(int64\)",
        ),
        (
            lambda document: [each["classes"].pop() for each in document["outputs"]],
            "expected 2 finite numbers for each row|is no class|expected one of",
        ),
    ],
    ids=["name", "type", "number of classes"],
)
def test_a_signature_that_the_graph_breaks_is_not_served(tmp_path: Path, change: Any, expected: str) -> None:
    write_matrix_classifier(tmp_path)
    edit(tmp_path / "serving.json", change)
    # What the golden rows say fits the broken contract: the model alone is to blame.
    contract = json.loads((tmp_path / "serving.json").read_text())
    names = [each["name"] for each in contract["outputs"]]
    classes = contract["outputs"][0]["classes"]
    values: list[Any] = [classes[0], [0.5] * len(contract["outputs"][1]["classes"])]
    outputs = {name: [value] * 24 for name, value in zip(names, values, strict=True)}
    edit(tmp_path / "golden.json", lambda document: document.update(outputs=outputs))

    with pytest.raises(UnservableModelError, match=expected):
        load_served_model(tmp_path, "punctuality", "2")


def test_columns_are_scored_by_the_rules_of_a_request(served: ServedModel, directory: Path) -> None:
    golden = golden_of(directory)
    columns = {name: [row[name] for row in golden["rows"]] for name in served.contract.feature_names}

    answers = served.score_columns(columns, 24)

    assert answers["label"].tolist() == golden["outputs"]["label"]
    assert answers["probabilities"] == pytest.approx(numpy.array(golden["outputs"]["probabilities"]), abs=1e-4)
    columns["delay"][5] = float("nan")
    columns["delay"][7] = "late"
    with pytest.raises(InputError, match="row 5 delay: got null, expected a finite number") as caught:
        served.score_columns(columns, 24)
    assert caught.value.rows == (5, 7)
