import asyncio
import json
import shutil
import signal
import subprocess
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

pytest.importorskip("kserve", reason="KServe has no release for this Python yet")

from mlops_runtime.artifact import digest_directory
from mlops_runtime.errors import SettingsError
from mlops_runtime.sagemaker.serving import BODY_LIMIT_BYTES, SageMakerServer, load, settings_of_server
from mlops_runtime.serving.drain import Drain
from mlops_runtime.serving.request_body import Application, Message, Receive, Send
from mlops_runtime.serving.served_model import UnservableModelError, load_served_model
from pulumi_mlops._shared import names
from tests.unit.pipelines.sagemaker.containers import SERVE, container_environment, run_process
from tests.unit.pipelines.sagemaker.servers import sagemaker_server, status_of
from tests.unit.pipelines.serving.artifacts import ROW, write_artifact

MATRIX_TENSOR = {"name": "features", "shape": [1, 4], "datatype": "FP32", "data": [12.5, 1, 1, 8]}
Ask = Callable[..., httpx.Response]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ml") / "model"
    write_artifact(folder)
    return folder


def variables(model: Path) -> dict[str, str]:
    """What the component sets."""
    return {
        names.MODEL_NAME_VARIABLE: "flight-delay",
        names.MODEL_VERSION_VARIABLE: "7",
        names.MODEL_DIGEST_VARIABLE: digest_directory(model),
    }


async def nowhere(_scope: Message, _receive: Receive, send: Send) -> None:
    """In the place of KServe's application, which no request of SageMaker's gets to."""
    await send({"type": "http.response.start", "status": 404, "headers": []})
    await send({"type": "http.response.body", "body": b""})


@pytest.fixture(scope="module")
def drain() -> Drain:
    return Drain(60)


@pytest.fixture(scope="module")
def application(model: Path, drain: Drain) -> Application:
    served = load_served_model(model, "flight-delay", "7")
    return SageMakerServer(served, port=8080, drain=drain, grace_seconds=1, body_limit_bytes=100_000).front(nowhere)


@pytest.fixture
def ask(application: Application) -> Ask:
    def send(method: str, url: str, **options: Any) -> httpx.Response:
        async def run() -> httpx.Response:
            transport = httpx.ASGITransport(app=application)
            async with httpx.AsyncClient(transport=transport, base_url="http://endpoint") as client:
                return await client.request(method, url, **options)

        run_now: Callable[[Coroutine[Any, Any, httpx.Response]], httpx.Response] = asyncio.run
        return run_now(run())

    return send


def test_invocations_are_answered_in_either_protocol_as_by_the_endpoints_own_paths(ask: Ask) -> None:
    by_v1 = ask("POST", "/invocations", json={"instances": [ROW]})
    by_v2 = ask("POST", "/invocations", json={"id": "one", "inputs": [MATRIX_TENSOR]})

    assert by_v1.content == ask("POST", "/v1/models/flight-delay:predict", json={"instances": [ROW]}).content
    assert (
        by_v2.content
        == ask("POST", "/v2/models/flight-delay/infer", json={"id": "one", "inputs": [MATRIX_TENSOR]}).content
    )
    assert by_v1.json()["predictions"] == by_v2.json()["outputs"][0]["data"]


def test_every_invocation_says_which_model_answers(ask: Ask, model: Path) -> None:
    expected = f"mlops-model-version=7;mlops-model-digest={digest_directory(model)}"

    for document in ({"instances": [ROW]}, {}):
        answer = ask("POST", "/invocations", json=document)
        attributes = f"{expected};prediction-id={answer.headers['x-prediction-id']}"
        assert answer.headers["x-amzn-sagemaker-custom-attributes"] == attributes


@pytest.mark.parametrize(
    "content_type", ["application/json", "application/octet-stream", "application/cloudevents+json"]
)
def test_the_body_is_json_whatever_the_content_type_says(ask: Ask, content_type: str) -> None:
    body = json.dumps({"instances": [ROW]})

    answer = ask("POST", "/invocations", content=body, headers={"content-type": content_type})

    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"12.5,B6,JFK,8", "request: got '12.5,B6,JFK,8', expected JSON"),
        (b"[1]", "request: got a list of 1, expected an object with either"),
        (b"{}", 'expected an object with either "instances" (v1) or "inputs" (v2)'),
        (b'{"instances": [], "inputs": []}', "got 'inputs and instances', expected an object with either"),
        (b'{"instances": []}', "instances: got a list of 0, expected a list of at least one row"),
        (b'{"inputs": [{"name": "origin"}]}', "inputs[0].shape: got null"),
        (json.dumps({"instances": [{**ROW, "origin": "LGA"}]}).encode(), "instances[0].origin: got 'LGA'"),
        (
            json.dumps({"inputs": [MATRIX_TENSOR], "parameters": {"binary_data_output": True}}).encode(),
            "request: got 'binary output', expected answers in JSON",
        ),
    ],
)
def test_a_bad_invocation_is_answered_with_its_problems(ask: Ask, body: bytes, expected: str) -> None:
    answer = ask("POST", "/invocations", content=body)

    assert answer.status_code == 400
    assert expected in answer.json()["error"]


def test_a_body_beyond_the_limit_is_refused(ask: Ask) -> None:
    answer = ask("POST", "/invocations", content=b"[" * 100_001)

    assert answer.status_code == 413
    assert "more than 100000 bytes" in answer.json()["error"]
    assert BODY_LIMIT_BYTES == 25 * 2**20


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_invocations_are_posted(ask: Ask, method: str) -> None:
    assert ask(method, "/invocations").status_code == 404


def test_a_server_that_is_to_stop_still_answers_but_is_no_longer_healthy(
    ask: Ask, drain: Drain, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ask("GET", "/ping").status_code == 200
    monkeypatch.setattr(drain, "_began", 0.0)

    assert ask("GET", "/ping").status_code == 503
    assert ask("POST", "/invocations", json={"instances": [ROW]}).status_code == 200


def test_everything_that_the_server_is_not_told_is_named_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        settings_of_server(
            {"MLOPS_MODEL_VERSION": "7", "SAGEMAKER_BIND_TO_PORT": "http", "MLOPS_REQUEST_TIMEOUT_SECONDS": "0"}
        )

    seconds = "MLOPS_REQUEST_TIMEOUT_SECONDS: got '0', expected a number of seconds, 1 or more"
    for expected in (
        "MLOPS_MODEL_NAME: got none, expected",
        "MLOPS_MODEL_DIGEST: got none, expected",
        "SAGEMAKER_BIND_TO_PORT",
        "'http'",
        seconds,
    ):
        assert expected in str(caught.value)
    assert "MLOPS_MODEL_VERSION" not in str(caught.value)


def test_a_model_larger_than_its_machine_is_refused_before_it_is_loaded(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    write_artifact(folder)
    given = variables(folder)
    assert settings_of_server(given).memory is None
    room = {names.MEMORY_VARIABLE: "8", names.MODEL_CACHE_VARIABLE: "6"}
    assert load(folder, settings_of_server({**given, **room})).identity.version == "7"

    with (folder / "model.onnx").open("ab") as file:
        file.truncate(3 * 2**20)
    with pytest.raises(UnservableModelError) as caught:
        load(folder, settings_of_server({**given, **room}))
    assert str(caught.value).startswith(
        "flight-delay version 7: model: got 3.0 MiB of weights and a cache of 6.0 MiB, expected at most 8.0 MiB, "
        "the most that the instance has, fix: choose a larger endpoint.sagemaker.instance_type"
    )


def test_a_language_model_is_refused_with_what_serves_it(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    write_artifact(folder)
    settings = settings_of_server(variables(folder))
    (folder / "serving.json").write_text('{"runtime": "llm"}')
    with pytest.raises(UnservableModelError, match=r"got a language model, .* fix: serve it on Kubernetes"):
        load(folder, settings)


@pytest.mark.parametrize("name", [names.MEMORY_VARIABLE, names.MODEL_CACHE_VARIABLE])
def test_a_size_that_is_no_number_is_told(name: str, model: Path) -> None:
    with pytest.raises(SettingsError, match=f"{name}: got '8Gi', expected a number of MiB"):
        settings_of_server({**variables(model), name: "8Gi"})


def test_the_port_is_8080_where_sagemaker_names_none(model: Path) -> None:
    assert settings_of_server(variables(model)).port == 8080
    assert settings_of_server({**variables(model), "SAGEMAKER_BIND_TO_PORT": "9000"}).port == 9000


@pytest.fixture
def server(model: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    with sagemaker_server(model.parent, variables(model)) as started:
        yield started


def test_the_container_serves_and_fails_no_request_when_told_to_stop(
    server: tuple[subprocess.Popen[bytes], str], model: Path
) -> None:
    process, url = server
    ping, invocations = f"{url}/ping", f"{url}/invocations"
    assert httpx.get(ping).json()["digest"] == digest_directory(model)
    assert status_of(invocations, {"instances": [ROW]}) == 200

    process.send_signal(signal.SIGTERM)

    unhealthy = False
    while (status := status_of(invocations, {"instances": [ROW]})) is not None:
        assert status == 200
        unhealthy = unhealthy or status_of(ping) == 503
    assert unhealthy
    assert process.wait(timeout=25) == 0


def _other_digest(_model: Path) -> str:
    return "sha256:" + "0" * 64


def _tampered(model: Path) -> str:
    digest = digest_directory(model)
    (model / "serving.json").write_text((model / "serving.json").read_text() + "\n")
    return digest


def _failing_golden_row(model: Path) -> str:
    golden = json.loads((model / "golden.json").read_text())
    golden["outputs"]["arrival_delay_minutes"][5] += 1.0
    (model / "golden.json").write_text(json.dumps(golden))
    return digest_directory(model)


def _no_model(model: Path) -> str:
    for path in model.iterdir():
        path.unlink()
    return "sha256:" + "0" * 64


@pytest.mark.parametrize(
    ("plant", "expected"),
    [
        (_other_digest, "expected digest sha256:0000"),
        (_tampered, "expected digest sha256:"),
        (_failing_golden_row, "golden row 5: got"),
        (_no_model, "got an empty folder, expected one with the artifact's files"),
    ],
)
def test_a_model_that_must_not_be_served_ends_the_container_with_the_reason(
    model: Path, tmp_path: Path, plant: Callable[[Path], str], expected: str
) -> None:
    copy = Path(shutil.copytree(model, tmp_path / "model"))
    digest = plant(copy)
    ended = run_process(
        [str(SERVE)], container_environment(tmp_path, {**variables(model), "MLOPS_MODEL_DIGEST": digest})
    )

    assert ended.returncode == 1
    assert "not served: " in ended.stdout + ended.stderr
    assert expected in ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_container_without_a_digest_serves_nothing(model: Path) -> None:
    environment = container_environment(model.parent, {**variables(model), "MLOPS_MODEL_DIGEST": ""})
    ended = run_process([str(SERVE)], environment)

    assert ended.returncode == 1
    assert "not served: MLOPS_MODEL_DIGEST: got none, expected the digest of its files" in ended.stderr
