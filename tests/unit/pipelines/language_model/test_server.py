"""A real language model behind the endpoint's server: what callers get, and what they cannot break."""

import asyncio
import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from mlops_runtime.artifact import digest_directory
from tests.unit.pipelines.language_model.conftest import CONTEXT_TOKENS, NAME, Running, command_of, is_ready, started

COMPLETIONS = "/v1/completions"
WAITING = 40
GREEDY = {"temperature": 0, "seed": 0}
PREDICT = f"/v1/models/{NAME}:predict"
PROMPT_OF_PARIS = {"prompt": "The capital of France is"}
PARIS = {"prompt": "The capital of France is", "max_tokens": 3, **GREEDY}


@pytest.fixture
def client(server: Running) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=60) as made:
        yield made


def test_a_prompt_is_completed_and_the_answer_names_the_version(client: httpx.Client, artifact: Path) -> None:
    answer = client.post(COMPLETIONS, json=PARIS)
    assert answer.status_code == 200, answer.text
    assert answer.json()["choices"][0]["text"].startswith(" Paris")
    assert answer.json()["model"] == NAME
    assert answer.headers["mlops-model-version"] == "3"
    assert answer.headers["mlops-model-digest"] == digest_directory(artifact)


def test_it_says_who_it_is(client: httpx.Client, artifact: Path) -> None:
    identity = client.get("/mlops/identity").json()
    assert identity == {
        "name": NAME,
        "version": "3",
        "digest": digest_directory(artifact),
        "runtime": "llm",
        "engine": "llama.cpp",
        "golden": {"prompts": 4},
    }
    assert client.get("/v1/models").json()["data"][0]["id"] == NAME
    assert client.get(f"/v2/models/{NAME}").json()["versions"] == ["3"]
    assert 'mlops_model_info{name="poet",version="3"' in client.get("/metrics").text
    assert "llamacpp:prompt_tokens_total" in client.get("/metrics").text


def test_a_chat_is_answered(client: httpx.Client) -> None:
    messages = [{"role": "user", "content": "Hello"}]
    answer = client.post("/v1/chat/completions", json={"messages": messages, "max_tokens": 4, **GREEDY})
    assert answer.json()["choices"][0]["message"]["role"] == "assistant"


def test_a_stream_comes_token_by_token(client: httpx.Client) -> None:
    with client.stream("POST", COMPLETIONS, json={**PARIS, "stream": True}) as answer:
        assert answer.headers["mlops-model-version"] == "3"
        events = [line.removeprefix("data: ") for line in answer.iter_lines() if line.startswith("data: ")]
    assert events[-1] == "[DONE]"
    texts = [json.loads(event)["choices"][0]["text"] for event in events[:-1]]
    assert "".join(texts).startswith(" Paris")
    assert len(texts) >= 3


def test_a_prompt_longer_than_the_context_is_refused_with_both_numbers(client: httpx.Client) -> None:
    answer = client.post(COMPLETIONS, json={"prompt": "word " * 2000, "max_tokens": 4})
    assert answer.status_code == 400
    message = answer.json()["error"]["message"]
    assert "2001 tokens" in message
    assert str(CONTEXT_TOKENS) in message


@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        (b"{", 400, "expected JSON"),
        (b"[]", 400, "no JSON object"),
        (b'{"model": "another", "prompt": "x"}', 404, "expected 'poet'"),
        (b'{"prompt": "' + b"x" * 1_100_000 + b'"}', 413, "expected at most that"),
    ],
    ids=["broken", "a-list", "another-model", "too-large"],
)
def test_a_request_that_is_wrong_is_told_how(client: httpx.Client, body: bytes, status: int, told: str) -> None:
    answer = client.post(COMPLETIONS, content=body)
    assert answer.status_code == status
    assert told in answer.json()["error"]["message"]
    assert client.get("/v2/health/live").status_code == 200


def test_the_engines_own_routes_are_not_reached(client: httpx.Client) -> None:
    for route in ("/slots", "/props", "/tokenize", "/infill", "/v1/embeddings"):
        assert client.post(route, json={}).status_code == 404, route


def test_rows_are_prompts_or_messages_and_get_texts(client: httpx.Client) -> None:
    messages = [{"role": "user", "content": "Hello"}]
    rows = ["The capital of France is", {**PROMPT_OF_PARIS, "max_tokens": 3}, {"messages": messages, "max_tokens": 2}]
    answer = client.post(PREDICT, json={"instances": rows})
    assert answer.status_code == 200, answer.text
    first, second, third = answer.json()["predictions"]
    assert first.startswith(second)
    assert second.startswith(" Paris")
    assert isinstance(third, str)
    described = client.get(f"/v2/models/{NAME}").json()
    assert [tensor["name"] for tensor in described["inputs"]] == ["prompt", "messages"]
    assert [tensor["name"] for tensor in described["outputs"]] == ["text"]


@pytest.mark.parametrize(
    ("instances", "told"),
    [
        ([], "instances: got a list of 0"),
        (["x"] * 1001, "expected a list of 1 to 1000 rows"),
        ([{"prompt": "x"}, {}], "instances[1]: got an object of 0, expected a text, or an object with prompt or"),
        ([{"prompt": "x", "messages": []}], "instances[0]: got an object of 2"),
        ([{"prompt": 3}], "instances[0].prompt: got 3"),
        ([{"messages": ["Hello"]}], "expected a list of objects with role and content"),
        ([{"prompt": "x", "max_tokens": 0}], "instances[0].max_tokens: got 0"),
        ([{"prompt": "x", "tokens": 1}], "instances[0]: got tokens, expected prompt, messages, max_tokens"),
        (["x", "word " * 2000], "instances[1]: "),
    ],
)
def test_a_row_that_is_wrong_is_named(client: httpx.Client, instances: list[object], told: str) -> None:
    answer = client.post(PREDICT, json={"instances": instances})
    assert answer.status_code == 400
    assert told in answer.json()["error"]["message"]


def test_an_answer_that_nobody_waits_for_frees_its_place(client: httpx.Client) -> None:
    long = {"prompt": "Once upon a time", "max_tokens": 400, **GREEDY}
    for route, body in ((COMPLETIONS, long), (PREDICT, {"instances": [{"prompt": "Once", "max_tokens": 400}]})):
        with pytest.raises(httpx.ReadTimeout):
            client.post(route, json=body, timeout=1.0)
        wait_until(lambda: "llamacpp:requests_processing 0" in client.get("/metrics").text)


def test_a_stream_that_the_client_cuts_frees_its_place(client: httpx.Client) -> None:
    long = {"prompt": "Once upon a time", "max_tokens": 400, "stream": True, **GREEDY}
    for _ in range(4):
        with client.stream("POST", COMPLETIONS, json=long) as answer:
            next(answer.iter_lines())
    # Both places of the engine would be taken for half a minute by answers that nobody reads.
    wait_until(lambda: "llamacpp:requests_processing 0" in client.get("/metrics").text)


def test_a_stream_is_not_cut_when_the_server_is_told_to_stop(artifact: Path) -> None:
    with started(artifact, "--grace-seconds", "60") as running:
        long = {"prompt": "Once upon a time", "max_tokens": 60, "stream": True, **GREEDY}
        with httpx.stream("POST", running.url + COMPLETIONS, json=long, timeout=60) as answer:
            lines = answer.iter_lines()
            next(lines)
            running.process.send_signal(signal.SIGTERM)
            wait_until(lambda: not is_ready(running.url))
            events = [line.removeprefix("data: ") for line in lines if line.startswith("data: ")]
        assert events[-1] == "[DONE]"
        assert running.process.wait(30) == 0


def test_callers_who_wait_for_their_turn_do_not_keep_the_metrics_waiting(server: Running) -> None:
    async def ask() -> str:
        long = {"prompt": "Once upon a time", "max_tokens": 400, "stream": True, **GREEDY}
        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(base_url=server.url, timeout=60, limits=limits) as client:
            waiting = [asyncio.ensure_future(client.post(COMPLETIONS, json=long)) for _ in range(WAITING)]
            while "llamacpp:requests_processing 2" not in (metrics := (await client.get("/metrics", timeout=10)).text):
                await asyncio.sleep(0.1)
            for each in waiting:
                each.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
            return metrics

    metrics = asyncio.run(asyncio.wait_for(ask(), 60))
    (deferred,) = re.findall(r"^llamacpp:requests_deferred (\d+)", metrics, re.MULTILINE)
    assert 0 < int(deferred) <= WAITING
    with httpx.Client(base_url=server.url, timeout=60) as client:
        wait_until(lambda: "llamacpp:requests_processing 0" in client.get("/metrics").text)


def test_a_stream_whose_time_is_over_ends_with_an_error_that_clients_read(artifact: Path) -> None:
    with started(artifact, "--grace-seconds", "3", "--request-timeout-seconds", "3") as running:
        long = {"prompt": "Once upon a time", "max_tokens": 480, "stream": True, **GREEDY}
        with httpx.stream("POST", running.url + COMPLETIONS, json=long, timeout=60) as answer:
            lines = answer.iter_lines()
            next(lines)
            # It is told to stop with as little time as the request has left: the last words are still said.
            running.process.send_signal(signal.SIGTERM)
            events = [line.removeprefix("data: ") for line in lines if line.startswith("data: ")]
        error = json.loads(events[-1])["error"]
        assert (error["type"], error["code"]) == ("server_error", 504)
        assert "got no whole answer within 3 seconds" in error["message"]


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_an_engine_that_dies_is_told_by_the_liveness_probe(artifact: Path) -> None:
    with started(artifact) as running:
        children = Path(f"/proc/{running.process.pid}/task/{running.process.pid}/children").read_text().split()
        for child in children:
            os.kill(int(child), signal.SIGKILL)
        time.sleep(0.5)
        assert httpx.get(f"{running.url}/v2/health/live", timeout=5).status_code == 503
        assert not is_ready(running.url)
        assert httpx.post(running.url + COMPLETIONS, json=PARIS, timeout=5).status_code == 502


def test_an_engine_ends_with_its_server_however_that_ends(artifact: Path) -> None:
    with started(artifact) as running:
        children = Path(f"/proc/{running.process.pid}/task/{running.process.pid}/children").read_text().split()
        running.process.kill()
        running.process.wait()
        assert children
        wait_until(lambda: not any(Path(f"/proc/{child}/exe").exists() for child in children))


def refusal(artifact: Path, *more: str) -> str:
    ended = subprocess.run(command_of(artifact, 1, *more), capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 1
    return ended.stdout


def test_a_golden_prompt_that_is_not_repeated_keeps_it_from_serving(changed: Path) -> None:
    golden = changed / "golden_prompts.json"
    golden.write_text(golden.read_text().replace(" Paris", " Berlin"))
    told = refusal(changed)
    assert "golden prompt 'The capital of France is': got ' Paris" in told
    assert "expected ' Berlin" in told


def test_another_digest_is_refused(artifact: Path) -> None:
    assert "expected digest sha256:0" in refusal(artifact, "--digest", "sha256:0")


def test_weights_that_do_not_load_are_refused(changed: Path) -> None:
    (file,) = changed.glob("*.gguf")
    file.unlink()
    file.write_bytes(b"GGUF" + b"\0" * 100)
    assert "expected weights that it loads" in refusal(changed)
