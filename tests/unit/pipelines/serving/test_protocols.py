import json
from typing import Any

import numpy
import orjson
import pytest

from mlops_runtime.serving.input_error import SHOWN_PROBLEMS, InputError
from mlops_runtime.serving.served_model import ServedModel
from tests.unit.pipelines.serving.artifacts import ROW

ANSWERS = numpy.array([1.5, -2], dtype=numpy.float32)
NAMED = {"arrival_delay_minutes": ANSWERS}


def tensor(name: str, value: object, datatype: str = "FP32", **more: object) -> dict[str, object]:
    return {"name": name, "shape": [1], "datatype": datatype, "data": [value], **more}


def tensors() -> list[dict[str, object]]:
    return [tensor(name, value, "BYTES" if isinstance(value, str) else "FP32") for name, value in ROW.items()]


def refusal(served: ServedModel, document: object, protocol: str = "infer_protocol") -> str:
    with pytest.raises(InputError) as caught:
        getattr(served, protocol).decode(json.dumps(document).encode())
    return str(caught.value)


def test_v1_gives_a_number_for_each_row(served: ServedModel) -> None:
    matrix, request = served.predict_protocol.decode(json.dumps({"instances": [ROW, list(ROW.values())]}).encode())

    assert isinstance(matrix, numpy.ndarray)
    numpy.testing.assert_array_equal(matrix[0], matrix[1])
    assert orjson.loads(served.predict_protocol.encode(NAMED, request).content) == {"predictions": [1.5, -2]}


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ([], 'request: got a list of 0, expected an object with "instances"'),
        ({"instances": []}, "instances: got a list of 0, expected a list of at least one row"),
        ({"instances": {}}, "instances: got an object of 0, expected a list of at least one row"),
        ({"instances": [{**ROW, "wind_speed": "8"}]}, "instances[0].wind_speed: got '8', expected a finite number"),
    ],
)
def test_v1_says_what_is_wrong(served: ServedModel, document: object, expected: str) -> None:
    assert refusal(served, document, "predict_protocol").startswith(expected)


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b'{"instances": [NaN]}', b'{"instances": [1e999]}'])
def test_what_is_not_json_is_refused(served: ServedModel, body: bytes) -> None:
    with pytest.raises(InputError):
        served.predict_protocol.decode(body)


def test_a_thousand_problems_are_told_in_short(served: ServedModel) -> None:
    message = refusal(served, {"instances": [{}] * 1000}, "predict_protocol")

    assert message.count("got null") == SHOWN_PROBLEMS
    assert message.endswith(f"and {2000 - SHOWN_PROBLEMS} more")


def test_v2_takes_one_tensor_for_each_feature(served: ServedModel) -> None:
    by_rows, _ = served.predict_protocol.decode(json.dumps({"instances": [ROW]}).encode())

    by_tensors, _ = served.infer_protocol.decode(json.dumps({"inputs": tensors()[::-1]}).encode())

    numpy.testing.assert_array_equal(by_tensors, by_rows)


def test_v2_takes_columns_of_shape_rows_by_one(served: ServedModel) -> None:
    inputs = [{**each, "shape": [2, 1], "data": [each["data"]] * 2} for each in tensors()]

    matrix, _ = served.infer_protocol.decode(json.dumps({"inputs": inputs}).encode())

    numpy.testing.assert_array_equal(matrix, [[12.5, 1, 1, 8]] * 2)


@pytest.mark.parametrize("data", [[1, 2, 0, None, 3, None, 1, 8], [[1, 2, 0, None], [3, None, 1, 8]]])
def test_v2_takes_the_matrix_flat_and_nested(served: ServedModel, data: list[Any]) -> None:
    inputs = [{"name": "features", "shape": [2, 4], "datatype": "FP32", "data": data}]

    matrix, _ = served.infer_protocol.decode(json.dumps({"inputs": inputs}).encode())

    numpy.testing.assert_array_equal(matrix, [[1, 2, 0, numpy.nan], [3, numpy.nan, 1, 8]])


def test_v2_repeats_the_id_and_says_who_answers(served: ServedModel) -> None:
    _, request = served.infer_protocol.decode(json.dumps({"id": "42", "inputs": tensors()}).encode())

    answer = orjson.loads(served.infer_protocol.encode(NAMED, request).content)

    assert answer == {
        "model_name": "flight-delay",
        "model_version": "7",
        "parameters": {"digest": served.identity.digest},
        "id": "42",
        "outputs": [{"name": "arrival_delay_minutes", "shape": [2], "datatype": "FP32", "data": [1.5, -2]}],
    }


def test_v2_makes_an_id_where_there_is_none(served: ServedModel) -> None:
    _, request = served.infer_protocol.decode(json.dumps({"inputs": tensors()}).encode())

    ids = {orjson.loads(served.infer_protocol.encode(NAMED, request).content)["id"] for _ in range(2)}

    assert len(ids) == 2


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ([], "inputs: got a list of 0"),
        ([3], "inputs[0]: got 3, expected an object"),
        ([{"name": "wind_speed", "datatype": "FP32", "data": []}], "inputs[0].shape: got null"),
        ([tensor("wind_speed", 1, shape=[-1])], "inputs[0].shape: got a list of 1"),
        ([tensor("wind_speed", 1, shape=[2])], "wind_speed.data: got a list of 1, expected 2 values"),
        ([tensor("wind_speed", 1, shape=[0], data=[])], "wind_speed.shape: got [0], expected at least one row"),
        ([tensor("wind_sped", 1)], "inputs: got a tensor named 'wind_sped', expected 'wind_speed'"),
        ([*tensors(), tensor("origin", "JFK", "BYTES")], "inputs: got a second tensor named 'origin'"),
        ([tensor("origin", 1)], "origin.datatype: got 'FP32', expected BYTES"),
        ([tensor("wind_speed", 1, "BOOL")], "wind_speed.datatype: got 'BOOL', expected FP32"),
        ([tensor("wind_speed", "windy")], "departure_delay_minutes.data[0]: got null"),
        ([tensor("features", 1, shape=[1, 3], data=[1, 2, 3])], "features.shape: got [1, 3], expected [rows, 4]"),
        ([tensor("features", 1, shape=[1, 4], data=[1])], "features.data: got a list of 1, expected 4 values"),
        ([tensor("features", 1, "BYTES", shape=[1, 4])], "features.datatype: got 'BYTES'"),
        (
            [tensor("features", 1, shape=[1, 4], data=[1, 7, 0, 0])],
            "features.data[0] carrier: got 7, expected a place in the vocabulary, 0 to 2 or null",
        ),
    ],
)
def test_v2_says_what_is_wrong(served: ServedModel, inputs: object, expected: str) -> None:
    assert refusal(served, {"inputs": inputs}).startswith(expected)


def test_v2_says_that_an_output_is_unknown(served: ServedModel) -> None:
    message = refusal(served, {"inputs": tensors(), "outputs": [{"name": "delay"}]})

    assert message == "outputs[0].name: got 'delay', expected 'arrival_delay_minutes'"


@pytest.mark.parametrize(
    "wish",
    [
        {"parameters": {"binary_data_output": True}},
        {"outputs": [{"name": "arrival_delay_minutes", "parameters": {"binary_data": True}}]},
    ],
)
def test_v2_answers_in_raw_bytes_where_it_is_asked_to(served: ServedModel, wish: dict[str, object]) -> None:
    _, request = served.infer_protocol.decode(json.dumps({"inputs": tensors(), **wish}).encode())

    answer = served.infer_protocol.encode(NAMED, request)

    head = orjson.loads(answer.content[: answer.json_bytes])
    assert "data" not in head["outputs"][0]
    assert head["outputs"][0]["parameters"] == {"binary_data_size": 8}
    assert answer.content[answer.json_bytes :] == ANSWERS.tobytes()


def test_what_an_output_says_of_itself_goes_before_what_all_say(served: ServedModel) -> None:
    output = {"name": "arrival_delay_minutes", "parameters": {"binary_data": False}}
    wish = {"parameters": {"binary_data_output": True}, "outputs": [output]}

    _, request = served.infer_protocol.decode(json.dumps({"inputs": tensors(), **wish}).encode())

    assert not request.binary_output
