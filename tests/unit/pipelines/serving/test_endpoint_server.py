import asyncio
import contextlib
import json
import socket
import struct
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

import httpx
import pytest

from mlops_runtime.serving.drain import Drain, DrainingServer
from mlops_runtime.serving.endpoint_server import EndpointDataPlane, EndpointRestServer, EndpointServer
from mlops_runtime.serving.model import EndpointModel
from mlops_runtime.serving.request_path import RequestPath
from mlops_runtime.serving.runtimes.onnx import OnnxScorer
from mlops_runtime.serving.scorer import ModelAnswerError
from mlops_runtime.serving.self_check import ask_self
from mlops_runtime.serving.served_model import ServedModel, UnservableModelError
from tests.unit.pipelines.serving.artifacts import ROW

pytestmark = pytest.mark.filterwarnings("ignore:ORJSONResponse is deprecated")

INFER = "/v2/models/flight-delay/infer"
PREDICT = "/v1/models/flight-delay:predict"
MATRIX_TENSOR = {"name": "features", "shape": [1, 4], "datatype": "FP32", "data": [12.5, 1, 1, 8]}
Ask = Callable[..., httpx.Response]


@pytest.fixture(scope="module")
def path(served: ServedModel) -> RequestPath:
    server = EndpointServer(served, port=8080, drain=Drain(60), grace_seconds=1, body_limit_bytes=100_000)
    server.register_model(EndpointModel(served))
    rest_server = EndpointRestServer(server.dataplane, server)
    rest_server.create_application()
    application = rest_server.config.app
    assert isinstance(application, RequestPath)
    return application


def loopbacks() -> list[str]:
    """The addresses of this machine's loopback, of each family that it has."""
    found = []
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        with contextlib.suppress(OSError), socket.socket(family) as probe:
            probe.bind((address, 0))
            found.append(address)
    return found


def test_it_listens_at_every_address_of_every_family(path: RequestPath, served: ServedModel) -> None:
    server = EndpointServer(served, port=0, drain=Drain(60), grace_seconds=1, body_limit_bytes=100_000)
    config = EndpointRestServer(server.dataplane, server).config
    config.app = path

    async def run() -> None:
        listening = DrainingServer(config, server.drain)
        config.load()
        listening.lifespan = config.lifespan_class(config)
        await listening.startup()
        ports = {one.getsockname()[0]: one.getsockname()[1] for two in listening.servers for one in two.sockets}
        for address in loopbacks():
            anywhere = "::" if ":" in address else "0.0.0.0"  # noqa: S104 - where the server listens
            _, writer = await asyncio.open_connection(address, ports[anywhere])
            writer.close()
        await listening.shutdown()

    assert loopbacks()
    asyncio.run(run())


@pytest.fixture
def ask(path: RequestPath) -> Ask:
    def send(method: str, url: str, **options: Any) -> httpx.Response:
        async def run() -> httpx.Response:
            transport = httpx.ASGITransport(app=path)
            async with httpx.AsyncClient(transport=transport, base_url="http://endpoint") as client:
                return await client.request(method, url, **options)

        run_now: Callable[[Coroutine[Any, Any, httpx.Response]], httpx.Response] = asyncio.run
        return run_now(run())

    return send


def samples(metrics: str, name: str, **labels: str) -> float:
    lines = [line for line in metrics.splitlines() if line.startswith(f"{name}{{")]
    return sum(
        float(line.rpartition(" ")[2])
        for line in lines
        if all(f'{label}="{value}"' in line for label, value in labels.items())
    )


def test_a_server_that_answers_right_passes_its_own_check(path: RequestPath, served: ServedModel) -> None:
    by_infer, by_predict = ask_self(path, served)
    assert (by_infer.rows, by_predict.rows) == (24, 24)


def test_another_identity_fails_the_servers_own_check(path: RequestPath, served: ServedModel) -> None:
    other = replace(served, identity=replace(served.identity, version="8"))
    with pytest.raises(UnservableModelError, match="/mlops/identity: got version 7, expected 8"):
        ask_self(path, other)


@pytest.mark.usefixtures("path")
@pytest.mark.parametrize("breaks", [{"versions": ["6"]}, None])
def test_what_fails_only_the_truth_check_never_takes_a_connection(
    served: ServedModel, monkeypatch: pytest.MonkeyPatch, breaks: dict[str, object] | None
) -> None:
    async def wrong_metadata(_: EndpointDataPlane, name: str) -> dict[str, object]:
        if breaks is None:
            raise RuntimeError("broken")
        return {"name": name, "inputs": [], "outputs": [], **breaks}

    monkeypatch.setattr(EndpointDataPlane, "model_metadata", wrong_metadata)
    monkeypatch.setattr(DrainingServer, "run", lambda _: pytest.fail("it listens"))
    server = EndpointServer(served, port=8080, drain=Drain(60), grace_seconds=1, body_limit_bytes=100_000)

    with pytest.raises(UnservableModelError, match=r"as the truth check will ask: /v2/models/flight-delay: got "):
        server.run()


def test_both_protocols_and_the_versioned_path_agree(ask: Ask) -> None:
    by_predict = ask("POST", PREDICT, json={"instances": [ROW]}).json()["predictions"]

    for url in (INFER, "/v2/models/flight-delay/versions/7/infer"):
        assert ask("POST", url, json={"inputs": [MATRIX_TENSOR]}).json()["outputs"][0]["data"] == by_predict


def test_every_answer_says_version_and_digest(ask: Ask, served: ServedModel) -> None:
    for response in (
        ask("POST", PREDICT, json={"instances": [ROW]}),
        ask("POST", INFER, json={"inputs": [MATRIX_TENSOR]}),
        ask("POST", PREDICT, json={}),
    ):
        assert response.headers["mlops-model-version"] == "7"
        assert response.headers["mlops-model-digest"] == served.identity.digest


def test_a_bad_request_is_answered_with_its_problems(ask: Ask) -> None:
    response = ask("POST", PREDICT, json={"instances": [{**ROW, "origin": "LGA"}]})

    assert response.status_code == 400
    assert response.json() == {
        "error": "instances[0].origin: got 'LGA', expected one of 'EWR', 'JFK'",
        "problems": [{"place": "instances[0].origin", "got": "'LGA'", "expected": "one of 'EWR', 'JFK'"}],
    }


def test_a_large_batch_is_scored_as_well(ask: Ask) -> None:
    single = ask("POST", PREDICT, json={"instances": [ROW]}).json()["predictions"]

    assert ask("POST", PREDICT, json={"instances": [ROW] * 600}).json()["predictions"] == single * 600


def test_a_body_beyond_the_limit_is_not_read(ask: Ask) -> None:
    response = ask("POST", PREDICT, content=b"[" * 100_001)

    assert response.status_code == 413
    assert "more than 100000 bytes" in response.json()["error"]
    assert response.headers["connection"] == "close"


def test_binary_tensors_are_read_and_answered(ask: Ask) -> None:
    by_json = ask("POST", INFER, json={"inputs": [MATRIX_TENSOR]}).json()["outputs"][0]["data"]
    raw = struct.pack("<4f", 12.5, 1, 1, 8)
    document: dict[str, object] = {key: value for key, value in MATRIX_TENSOR.items() if key != "data"}
    document["parameters"] = {"binary_data_size": len(raw)}
    head = json.dumps({"inputs": [document], "parameters": {"binary_data_output": True}}).encode()

    response = ask("POST", INFER, content=head + raw, headers={"inference-header-content-length": str(len(head))})

    assert response.status_code == 200, response.text
    start = int(response.headers["inference-header-content-length"])
    assert json.loads(response.content[:start])["model_version"] == "7"
    assert struct.unpack("<f", response.content[start:]) == pytest.approx(by_json)


def test_binary_output_for_json_input(ask: Ask) -> None:
    by_json = ask("POST", INFER, json={"inputs": [MATRIX_TENSOR]}).json()["outputs"][0]["data"]

    response = ask("POST", INFER, json={"inputs": [MATRIX_TENSOR], "parameters": {"binary_data_output": True}})

    assert response.status_code == 200, response.text
    assert struct.unpack("<f", response.content[-4:]) == pytest.approx(by_json)


def test_cloud_events_go_through_the_general_route(ask: Ask) -> None:
    event = {
        "ce-id": "1",
        "ce-source": "test",
        "ce-type": "row",
        "ce-specversion": "1.0",
        "content-type": "application/json",
    }

    response = ask("POST", PREDICT, json={"instances": [ROW]}, headers=event)

    plain = ask("POST", PREDICT, json={"instances": [ROW]})
    assert response.json()["predictions"] == pytest.approx(plain.json()["predictions"])
    assert response.headers["ce-type"] == "io.kserve.inference.response"


def test_a_bad_request_of_the_general_route_is_told_as_well(ask: Ask) -> None:
    event = {"ce-id": "1", "ce-source": "test", "ce-type": "row", "ce-specversion": "1.0"}

    response = ask("POST", PREDICT, json={"instances": [{**ROW, "origin": "LGA"}]}, headers=event)

    assert response.status_code == 400
    assert "instances[0].origin: got 'LGA'" in response.json()["error"]


def test_the_metadata_name_version_and_tensors(ask: Ask) -> None:
    document = ask("GET", "/v2/models/flight-delay").json()

    assert document["versions"] == ["7"]
    assert document["inputs"][2] == {"name": "origin", "datatype": "BYTES", "shape": [-1]}
    assert [each["name"] for each in document["outputs"]] == ["arrival_delay_minutes"]
    assert ask("GET", "/v2/models/flight-delay/versions/7").json() == document


def test_the_identity_is_what_was_loaded(ask: Ask, served: ServedModel) -> None:
    assert ask("GET", "/mlops/identity").json() == served.identity.to_document()


@pytest.mark.parametrize("url", ["/v2/models/other/infer", "/v1/models/other:predict", "/v2/models/other/ready"])
def test_another_model_is_not_found(ask: Ask, url: str) -> None:
    method = "GET" if url.endswith("ready") else "POST"

    assert ask(method, url, json={"inputs": [MATRIX_TENSOR], "instances": [ROW]}).status_code == 404


@pytest.mark.parametrize("verb", ["load", "unload"])
def test_no_request_changes_what_is_served(ask: Ask, verb: str) -> None:
    response = ask("POST", f"/v2/repository/models/flight-delay/{verb}")

    assert response.status_code in {501, 503}
    assert "serves one pinned version" in response.json()["error"]
    assert ask("GET", "/v2/models/flight-delay/ready").status_code == 200


def test_requests_are_counted_by_protocol_and_status(ask: Ask) -> None:
    before = ask("GET", "/metrics").text

    ask("POST", PREDICT, json={"instances": [ROW]})
    ask("POST", PREDICT, json={})
    ask("POST", INFER, json={"inputs": [MATRIX_TENSOR]})

    after = ask("GET", "/metrics").text

    def counted(name: str, **labels: str) -> float:
        return samples(after, name, **labels) - samples(before, name, **labels)

    requests = "mlops_request_seconds_count"
    assert counted(requests, protocol="v1", status="200", model_version="7") == 1
    assert counted(requests, protocol="v1", status="400") == 1
    assert counted(requests, protocol="v2", status="200") == 1
    for stage in ("preprocess", "predict", "postprocess"):
        assert counted(f"request_{stage}_seconds_count", model_name="flight-delay") == 2


def test_a_model_that_fails_is_an_error_of_the_server(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_scorer: OnnxScorer, _matrix: object) -> None:
        raise ModelAnswerError("not a number")

    monkeypatch.setattr(OnnxScorer, "score", fail)

    response = ask("POST", PREDICT, json={"instances": [ROW]})

    assert response.status_code == 500
    assert "not a number" not in response.text


def test_a_draining_server_answers_and_says_that_it_is_not_ready(
    path: RequestPath, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(path._drain, "_began", 0.0)

    for url in ("/v2/models/flight-delay/ready", "/v2/health/ready", "/v1/models/flight-delay"):
        assert ask("GET", url).status_code == 503
    assert ask("GET", "/v2/health/live").status_code == 200
    predicted = ask("POST", PREDICT, json={"instances": [ROW]})
    assert predicted.status_code == 200
    assert predicted.headers["connection"] == "close"
