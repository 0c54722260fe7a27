import asyncio
import json
import math
from pathlib import Path

import httpx
import numpy
import pytest
from fastapi import FastAPI

from mlops_runtime.sagemaker.invocation_protocol import InvocationProtocol
from mlops_runtime.sagemaker.serving import SageMakerServer
from mlops_runtime.serving.contract import Feature, ModelOutput, ServingContract
from mlops_runtime.serving.drain import Drain
from mlops_runtime.serving.endpoint_server import EndpointRestServer, EndpointServer
from mlops_runtime.serving.model import EndpointModel
from mlops_runtime.serving.request_body import Application
from mlops_runtime.serving.served_model import ServedModel, UnservableModelError, load_served_model
from tests.unit.pipelines.serving.artifacts import write_linear_artifact

pytestmark = pytest.mark.filterwarnings("ignore:ORJSONResponse is deprecated")

OUTPUTS = (ModelOutput(name="sum"),)
A, B, C = (Feature(name=name) for name in "abc")
CARRIER = Feature(name="carrier", dtype="category", vocabulary=("AA", "B6"), nullable=True, unknown_category="missing")
HUGE = 3e38


def nullable(feature: Feature) -> Feature:
    return feature.model_copy(update={"nullable": True})


def test_a_null_that_the_contract_allows_and_the_model_cannot_answer_is_refused_at_load(tmp_path: Path) -> None:
    contract = ServingContract(features=(A, nullable(B), CARRIER, nullable(C)), outputs=OUTPUTS)
    write_linear_artifact(tmp_path / "model", contract)

    with pytest.raises(UnservableModelError) as caught:
        load_served_model(tmp_path / "model", "sums", "3")

    assert "sums version 3" in str(caught.value)
    assert "golden rows with null for 'b', 'carrier', 'c', expected" in str(caught.value)


def test_a_feature_is_not_blamed_for_anothers_null(tmp_path: Path) -> None:
    contract = ServingContract(features=(A, nullable(B), nullable(C)), outputs=OUTPUTS)
    write_linear_artifact(tmp_path / "model", contract)
    golden = tmp_path / "model" / "golden.json"
    document = json.loads(golden.read_text())
    # "b" is null in every golden row, so whatever else is null there is no answer.
    document["rows"] = [{**row, "b": None} for row in document["rows"]]
    golden.write_text(json.dumps(document))

    with pytest.raises(UnservableModelError, match=r"golden rows: no finite number from the model for row 0, 1, 2"):
        load_served_model(tmp_path / "model", "sums", "3")

    document["rows"][5]["b"] = 1.0
    golden.write_text(json.dumps(document))
    with pytest.raises(UnservableModelError, match="null for 'b', 'c', expected"):
        load_served_model(tmp_path / "model", "sums", "3")


def test_a_contract_without_nulls_and_a_model_that_answers_them_are_served(tmp_path: Path) -> None:
    write_linear_artifact(tmp_path / "strict", ServingContract(features=(A, B), outputs=OUTPUTS))
    lenient = ServingContract(features=(nullable(A), CARRIER), outputs=OUTPUTS)
    write_linear_artifact(tmp_path / "lenient", lenient, missing_is=0.0)

    for name in ("strict", "lenient"):
        assert load_served_model(tmp_path / name, "sums", "3").identity.golden.max_absolute_error == 0


def test_nulls_that_only_together_have_no_answer_are_found(tmp_path: Path) -> None:
    # Either null alone adds 3e38; both are more than float32 holds.
    contract = ServingContract(features=(nullable(A), nullable(B)), outputs=OUTPUTS)
    write_linear_artifact(tmp_path / "model", contract, missing_is=HUGE)

    with pytest.raises(UnservableModelError, match="null for 'a', 'b', expected"):
        load_served_model(tmp_path / "model", "sums", "3")


@pytest.fixture(scope="module")
def overflowing(tmp_path_factory: pytest.TempPathFactory) -> ServedModel:
    """A model that has an answer for each null, and none for some rows with one and a large number."""
    directory = tmp_path_factory.mktemp("overflowing") / "model"
    contract = ServingContract(features=(A, nullable(B)), outputs=OUTPUTS)
    write_linear_artifact(directory, contract, missing_is=HUGE)
    return load_served_model(directory, "sums", "3")


@pytest.fixture(scope="module", params=[EndpointServer, SageMakerServer])
def application(overflowing: ServedModel, request: pytest.FixtureRequest) -> Application:
    server = request.param(overflowing, port=8080, drain=Drain(60), grace_seconds=1, body_limit_bytes=1_000_000)
    server.register_model(EndpointModel(overflowing))
    rest_server = EndpointRestServer(server.dataplane, server)
    with pytest.MonkeyPatch.context() as patch:
        # KServe has one application in each process, whose first routes stay: those of another test's model.
        patch.setattr("kserve.model_server.app", FastAPI())
        rest_server.create_application()
    made: Application = rest_server.config.app
    return made


def ask(application: Application, path: str, document: object, headers: dict[str, str]) -> httpx.Response:
    async def run() -> httpx.Response:
        transport = httpx.ASGITransport(app=application)
        async with httpx.AsyncClient(transport=transport, base_url="http://endpoint") as client:
            return await client.post(path, json=document, headers=headers)

    return asyncio.run(run())


USUAL: dict[str, float | None] = {"a": 1.0, "b": 2.0}
V1_ROWS: list[dict[str, float | None]] = [*[USUAL] * 3, {"a": HUGE, "b": None}, {"a": HUGE, "b": HUGE}]
V2_TENSORS = [
    {"name": name, "shape": [len(V1_ROWS)], "datatype": "FP32", "data": [row[name] for row in V1_ROWS]} for name in "ab"
]
EVENT = {"ce-id": "1", "ce-source": "test", "ce-type": "row", "ce-specversion": "1.0"}


@pytest.mark.parametrize("batch", [1, 400], ids=["in place", "apart"])
@pytest.mark.parametrize("headers", [{}, EVENT], ids=["plain", "event"])
def test_a_row_without_an_answer_is_named_and_the_request_refused(
    application: Application, batch: int, headers: dict[str, str]
) -> None:
    paths = ["/v1/models/sums:predict"]
    if ask(application, "/invocations", {"instances": V1_ROWS[:1]}, {}).status_code == 200:
        paths.append("/invocations")

    for path in paths:
        answer = ask(application, path, {"instances": [V1_ROWS[0]] * batch + V1_ROWS}, headers)

        assert answer.status_code == 400
        assert f"instances[{batch + 3}]: got null for 'b', expected values for which" in answer.json()["error"]
        assert f"instances[{batch + 4}]: got values that the model cannot score" in answer.json()["error"]


@pytest.mark.parametrize("headers", [{}, EVENT], ids=["plain", "event"])
def test_a_row_of_tensors_without_an_answer_is_named(application: Application, headers: dict[str, str]) -> None:
    answer = ask(application, "/v2/models/sums/infer", {"inputs": V2_TENSORS}, headers)

    assert answer.status_code == 400
    assert "row 3 of inputs: got null for 'b'" in answer.json()["error"]


def test_what_is_told_of_unanswered_rows_does_not_grow_with_them(overflowing: ServedModel) -> None:
    rows = [{"a": HUGE, "b": None}] * 5000
    protocol = InvocationProtocol(overflowing)
    matrix, request = protocol.decode(json.dumps({"instances": rows}).encode())

    with pytest.raises(ValueError, match=r"instances\[19\].*; and 4980 more$"):
        overflowing.score(matrix, lambda row: protocol.row_place(row, request))
    assert isinstance(matrix, numpy.ndarray)
    assert math.isnan(matrix[0, 1])
