"""Servers behind their guard: every route of each, and every way to give a credential or none."""

import asyncio
import logging
import re
import socket
import struct
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

pytest.importorskip("kserve", reason="KServe has no release for this Python yet")

from fastapi import FastAPI
from prometheus_client import REGISTRY
from starlette.applications import Starlette
from starlette.routing import Route

from mlops_runtime.access.api_keys import ApiKeys
from mlops_runtime.access.application import Application, GuardedApplication
from mlops_runtime.access.errors import AccessError
from mlops_runtime.access.guard import Guard
from mlops_runtime.access.key_set import KeySet
from mlops_runtime.access.rate_limit import RateLimit
from mlops_runtime.access.tokens import TokenRules, Tokens
from mlops_runtime.language_model.contract import LanguageModelContract
from mlops_runtime.language_model.front import Front, LanguageModelIdentity
from mlops_runtime.language_model.server import guarded
from mlops_runtime.serving.drain import Drain
from mlops_runtime.serving.endpoint_server import EndpointRestServer, EndpointServer
from mlops_runtime.serving.model import EndpointModel
from mlops_runtime.serving.request_path import RequestPath
from mlops_runtime.serving.served_model import ServedModel, load_served_model
from tests.unit.pipelines.access.issuer import AUDIENCE, URL, Issuer
from tests.unit.pipelines.serving.artifacts import ROW, write_artifact
from tests.unit.pipelines.serving.listening import ask_raw, listening, post

pytestmark = pytest.mark.filterwarnings("ignore:ORJSONResponse is deprecated")

NAME = "flight-delay"
SHOP, OWN = "shop-key-0123456789abcdef", "own-key-0123456789abcdef"
PREDICT, INFER = f"/v1/models/{NAME}:predict", f"/v2/models/{NAME}/infer"
# What anybody may read who reaches the server: written down here, so that a further one is somebody's decision.
OPEN = {"/v2/health/live", "/v2/health/ready", f"/v2/models/{NAME}/ready", "/mlops/identity", "/metrics"}
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS")
PARAMETERS = {"model_name": NAME, "model_version": "7"}
BOTH = {"authorization": f"Bearer {SHOP}", "x-api-key": SHOP}
TENSORS = [{"name": "features", "shape": [1, 4], "datatype": "FP32", "data": [12.5, 1, 1, 8]}]
Ask = Callable[..., httpx.Response]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> ServedModel:
    directory = tmp_path_factory.mktemp("model") / "artifact"
    write_artifact(directory)
    return load_served_model(directory, NAME, "7")


@pytest.fixture(scope="module")
def issuer() -> Issuer:
    return Issuer()


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    for name, client, key in (("clients", "shop", SHOP), ("own", "truth-check", OWN)):
        (folder / name).mkdir()
        (folder / name / client).write_text(f"{key}\n")
    return folder


def guard_of(keys: Path, issuer: Issuer, limit: RateLimit | None = None) -> Guard:
    guard = Guard(
        client_keys=ApiKeys(keys / "clients"),
        own_keys=ApiKeys(keys / "own"),
        tokens=Tokens(TokenRules(issuer=URL, audience=AUDIENCE, scope="predict"), KeySet(issuer.key_set)),
        limit=limit,
        https_host="delays.example.com",
    )
    guard.load()
    return guard


def endpoint_application(served: ServedModel, guard: Guard | None) -> tuple[Application, FastAPI]:
    """What a model's server listens with, and KServe's application in it."""
    server = EndpointServer(
        served, port=8080, drain=Drain(60), grace_seconds=1, body_limit_bytes=1_000_000, guard=guard
    )
    server.register_model(EndpointModel(served))
    rest_server = EndpointRestServer(server.dataplane, server)
    kserve = FastAPI()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("kserve.model_server.app", kserve)
        rest_server.create_application()
    application: Application = rest_server.config.app
    return application, kserve


class NoEngine:
    """An engine that is there and is not asked."""

    address = "http://127.0.0.1:1"
    is_alive = True


def language_model_front() -> Front:
    identity = LanguageModelIdentity(NAME, "7", "sha256:0", 4, "llama.cpp")
    contract = LanguageModelContract(weights="model.gguf", context_tokens=512, chat=True)
    engine: Any = NoEngine()
    return Front(identity, engine, Drain(60), contract=contract, body_limit_bytes=1000, timeout_seconds=5)


def asking(application: Application) -> Ask:
    def ask(method: str, path: str, **more: Any) -> httpx.Response:
        async def run() -> httpx.Response:
            transport = httpx.ASGITransport(app=application)
            async with httpx.AsyncClient(transport=transport, base_url="http://endpoint") as client:
                return await client.request(method, path, **more)

        return asyncio.run(run())

    return ask


@pytest.fixture
def ask(served: ServedModel, keys: Path, issuer: Issuer) -> Ask:
    return asking(endpoint_application(served, guard_of(keys, issuer))[0])


def paths_of(routes: Any) -> Iterator[str]:
    """Each path that an application has a route for, its parameters filled in."""
    for route in routes:
        if hasattr(route, "routes"):
            yield from paths_of(route.routes)
        elif hasattr(route, "original_router"):
            yield from paths_of(route.original_router.routes)
        else:
            yield re.sub(r"\{(\w+)(:\w+)?\}", lambda found: PARAMETERS.get(found[1], "anything"), route.path)


def unguarded(application: Application, paths: set[str]) -> set[tuple[str, str]]:
    """Each method and path that is answered without a credential, or with a wrong one, as if there were no guard."""
    ask = asking(application)
    wrong: tuple[Mapping[str, str], ...] = ({}, {"x-api-key": "wrong-key-0123456789"}, {"authorization": "Basic eA=="})
    return {
        (method, path)
        for path in paths
        for method in METHODS
        for headers in wrong
        if ask(method, path, headers=headers).status_code != 401
    }


def test_every_route_of_the_models_server_is_guarded(served: ServedModel, keys: Path, issuer: Issuer) -> None:
    application, kserve = endpoint_application(served, guard_of(keys, issuer))
    assert isinstance(application, GuardedApplication)
    short_way = application.application
    assert isinstance(short_way, RequestPath)
    paths = {*paths_of(kserve.routes), *short_way._protocols, *short_way._aliases, "/", "/anything", "//metrics"}
    assert {PREDICT, INFER, "/metrics", "/mlops/identity", f"/v2/repository/models/{NAME}/load"} <= paths
    assert unguarded(application, paths) == {(method, path) for path in OPEN for method in ("GET", "HEAD")}


def test_every_route_of_a_language_model_is_guarded(keys: Path, issuer: Issuer) -> None:
    front = language_model_front()
    paths = {*paths_of(front.application.routes), "/anything"}
    assert {"/v1/completions", "/v1/chat/completions", "/v1/models", f"/v2/models/{NAME}"} <= paths
    application = guarded(front, NAME, guard_of(keys, issuer))
    assert unguarded(application, paths) == {(method, path) for path in OPEN for method in ("GET", "HEAD")}


def test_a_route_beside_the_guard_is_found(keys: Path, issuer: Issuer) -> None:
    """The gate's own bad case: somebody puts a route in front of the guard."""

    async def answer(_request: Any) -> Any:
        from starlette.responses import PlainTextResponse  # noqa: PLC0415

        return PlainTextResponse("here")

    front = language_model_front()
    inner = guarded(front, NAME, guard_of(keys, issuer))
    outer = Starlette(routes=[Route("/v1/debug", answer, methods=["POST"])])
    outer.mount("/", inner)
    assert ("POST", "/v1/debug") in unguarded(outer, {"/v1/debug", "/v1/completions"})


def test_nothing_else_listens(served: ServedModel, keys: Path, issuer: Issuer) -> None:
    server = EndpointServer(
        served,
        port=8080,
        drain=Drain(1),
        grace_seconds=1,
        body_limit_bytes=1,
        guard=guard_of(keys, issuer),
    )
    assert server.enable_grpc is False
    application, _ = endpoint_application(served, guard_of(keys, issuer))
    closed: list[Any] = []

    async def collect(message: Any) -> None:
        closed.append(message)

    asyncio.run(application({"type": "websocket", "path": PREDICT, "headers": []}, collect, collect))  # type: ignore[arg-type]
    assert closed == [{"type": "websocket.close", "code": 1008}]


def test_without_a_guard_nothing_is_put_in_front(served: ServedModel) -> None:
    application, _ = endpoint_application(served, None)
    assert isinstance(application, RequestPath)
    front = language_model_front()
    assert guarded(front, NAME, None) is front.application


@pytest.mark.parametrize(
    "headers",
    [
        {"x-api-key": SHOP},
        {"authorization": f"Bearer {SHOP}"},
        {"authorization": f"bearer  {SHOP} "},
        {"x-api-key": OWN},
        {"x-api-key": SHOP, "host": "delays.example.com", "x-forwarded-proto": "https"},
        {"x-api-key": SHOP, "host": "delays.example.com:443", "x-forwarded-proto": "HTTPS, http"},
        # Within the cluster, by a service mesh that encrypts it.
        {"x-api-key": SHOP, "host": "flight-delay.flights.svc", "x-forwarded-proto": "http"},
    ],
    ids=str,
)
def test_a_right_credential_reaches_the_model_by_every_protocol(ask: Ask, headers: dict[str, str]) -> None:
    assert ask("POST", PREDICT, json={"instances": [ROW]}, headers=headers).status_code == 200
    assert ask("POST", INFER, json={"inputs": TENSORS}, headers=headers).status_code == 200
    raw = struct.pack("<4f", 12.5, 1, 1, 8)
    head = b'{"inputs":[{"name":"features","shape":[1,4],"datatype":"FP32","parameters":{"binary_data_size":16}}]}'
    binary = {**headers, "inference-header-content-length": str(len(head))}
    assert ask("POST", INFER, content=head + raw, headers=binary).status_code == 200
    event = {**headers, "ce-id": "1", "ce-source": "t", "ce-type": "row", "ce-specversion": "1.0"}
    assert ask("POST", PREDICT, json={"instances": [ROW]}, headers=event).status_code == 200
    assert ask("GET", f"/v2/models/{NAME}", headers=headers).status_code == 200


def test_a_right_token_reaches_the_model(ask: Ask, issuer: Issuer) -> None:
    headers = {"authorization": f"Bearer {issuer.token(scope='predict')}"}
    assert ask("POST", PREDICT, json={"instances": [ROW]}, headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("headers", "status", "told"),
    [
        ({}, 401, "no credential"),
        ({"x-api-key": ""}, 401, "no JSON Web Token"),
        ({"x-api-key": "wrong-key-0123456789"}, 401, "no JSON Web Token"),
        ({"x-api-key": SHOP.upper()}, 401, "no JSON Web Token"),
        ({"authorization": SHOP}, 401, "another scheme"),
        ({"authorization": f"Basic {SHOP}"}, 401, "another scheme"),
        ({"cookie": f"x-api-key={SHOP}"}, 401, "no credential"),
        (BOTH, 401, "more than one credential"),
        ({"x-api-key": SHOP, "host": "delays.example.com", "x-forwarded-proto": "http"}, 403, "plain HTTP"),
        ({"x-api-key": SHOP, "host": "Delays.Example.com:80", "x-forwarded-proto": "http, https"}, 403, "plain HTTP"),
    ],
    ids=str,
)
def test_any_other_is_refused_in_words(ask: Ask, headers: dict[str, str], status: int, told: str) -> None:
    answer = ask("POST", f"{PREDICT}?api_key={SHOP}", json={"instances": [ROW]}, headers=headers)
    assert answer.status_code == status
    assert told in answer.json()["error"]
    assert ("www-authenticate" in answer.headers) == (status == 401)
    assert SHOP not in answer.text + str(answer.headers)


def test_an_expired_token_and_one_without_the_scope(ask: Ask, issuer: Issuer) -> None:
    for token, status in ((issuer.token(exp=1), 401), (issuer.token(), 403)):
        answer = ask("POST", PREDICT, headers={"authorization": f"Bearer {token}"})
        assert answer.status_code == status
        assert answer.headers["www-authenticate"].startswith("Bearer error=")


def test_openai_clients_read_a_refusal(keys: Path, issuer: Issuer) -> None:
    ask = asking(guarded(language_model_front(), NAME, guard_of(keys, issuer)))
    answer = ask("POST", "/v1/completions", json={"prompt": "x"}, headers={"authorization": "Bearer sk-wrong"})
    assert answer.status_code == 401
    assert answer.json()["error"]["type"] == "invalid_request_error"
    assert ask("GET", "/v1/models", headers={"authorization": f"Bearer {SHOP}"}).status_code == 200


def counted(client: str, outcome: str) -> float:
    return REGISTRY.get_sample_value("mlops_access_requests_total", {"client": client, "outcome": outcome}) or 0


def test_metrics_say_whose_requests_were_let_through_and_none_of_their_keys(
    ask: Ask, issuer: Issuer, caplog: pytest.LogCaptureFixture
) -> None:
    token = issuer.token(scope="predict")
    before = [counted("shop", "admitted"), counted("jwt", "admitted"), counted("", "wrong-credential")]
    with caplog.at_level(logging.DEBUG):
        ask("POST", PREDICT, json={"instances": [ROW]}, headers={"x-api-key": SHOP})
        ask("POST", PREDICT, json={"instances": [ROW]}, headers={"authorization": f"Bearer {token}"})
        ask("POST", PREDICT, json={"instances": [ROW]}, headers={"x-api-key": f"wrong-{SHOP}"})
    after = [counted("shop", "admitted"), counted("jwt", "admitted"), counted("", "wrong-credential")]
    assert after == [count + 1 for count in before]
    metrics = ask("GET", "/metrics").text
    assert 'mlops_access_requests_total{client="shop",outcome="admitted"}' in metrics
    for text in (metrics, caplog.text):
        assert SHOP not in text
        assert token not in text


def test_nothing_behind_the_guard_sees_a_credential(keys: Path, issuer: Issuer) -> None:
    seen: list[Any] = []

    async def application(scope: Any, _receive: Any, send: Any) -> None:
        seen.extend(name for name, _ in scope["headers"])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    asking(GuardedApplication(application, guard_of(keys, issuer), open_to_all=()))(
        "POST", "/", headers={"x-api-key": SHOP, "x-other": "1"}
    )
    assert b"x-other" in seen
    assert b"x-api-key" not in seen


def test_a_client_above_its_rate_limit_is_told_when_to_come_again(
    served: ServedModel, keys: Path, issuer: Issuer
) -> None:
    guard = guard_of(keys, issuer, RateLimit(60, 2, lambda: 0.0))
    ask = asking(endpoint_application(served, guard)[0])
    body = {"instances": [ROW]}

    statuses = [ask("POST", PREDICT, json=body, headers={"x-api-key": SHOP}).status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
    refused = ask("POST", INFER, json={"inputs": TENSORS}, headers={"x-api-key": SHOP})
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
    # Others have limits of their own; what the stack runs has none, and what is refused takes nothing.
    for subject in ("one", "other"):
        token = {"authorization": f"Bearer {issuer.token(scope='predict', sub=subject)}"}
        assert [ask("POST", PREDICT, json=body, headers=token).status_code for _ in range(3)] == [200, 200, 429]
    assert {ask("POST", PREDICT, json=body, headers={"x-api-key": OWN}).status_code for _ in range(5)} == {200}
    assert ask("GET", f"/v2/models/{NAME}/ready").status_code == 200


def test_a_guard_that_could_let_nobody_in_does_not_start(tmp_path: Path) -> None:
    with pytest.raises(AccessError, match="got neither API keys nor an issuer"):
        Guard().load()
    with pytest.raises(AccessError, match="API keys in"):
        Guard(client_keys=ApiKeys(tmp_path)).load()


def server_of(served: ServedModel, guard: Guard) -> EndpointServer:
    return EndpointServer(
        served, port=8080, drain=Drain(60), grace_seconds=1, body_limit_bytes=100_000_000, guard=guard
    )


def test_a_refused_body_costs_nothing_and_the_answer_is_seen(served: ServedModel, keys: Path, issuer: Issuer) -> None:
    with listening(server_of(served, guard_of(keys, issuer))) as port:
        large = b"x" * 20_000_000
        answer = ask_raw(port, *post(PREDICT, large))
        assert answer.status == 401
        assert "connection: close" in answer.head.lower()
        # A connection that is refused once may be used again.
        with closing(socket.create_connection(("127.0.0.1", port), timeout=30)) as connection:
            for _ in range(2):
                connection.sendall(b"".join(post(PREDICT, b"{}")))
                assert b"401" in connection.recv(65536).split(b"\r\n")[0]
        # An offer to switch protocols is read anew: the guard stands before that too.
        upgraded = post(PREDICT, b"{}", "Upgrade: h2c", "Connection: Upgrade")
        assert ask_raw(port, *upgraded).status == 401
