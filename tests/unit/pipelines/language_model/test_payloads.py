"""What a language model's server writes down of prompts and answers."""

import gzip
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from mlops_runtime.language_model.payloads import answer_of
from mlops_runtime.monitoring.store import FolderStore
from tests.unit.pipelines.language_model.conftest import started

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARIS = {"prompt": "The capital of France is", "max_tokens": 3, "temperature": 0, "seed": 0}
CHAT = {"messages": [{"role": "user", "content": "Hello"}], "max_tokens": 4, "temperature": 0, "seed": 0}


def records(folder: Path) -> list[dict[str, Any]]:
    lines = [
        line
        for name in FolderStore(folder).names()
        for line in gzip.decompress((folder / name).read_bytes()).splitlines()
    ]
    return [json.loads(line) for line in lines]


def test_prompts_and_answers_are_written_down(artifact: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLOPS_PAYLOADS", json.dumps({"location": str(tmp_path)}))
    with started(artifact) as server, httpx.Client(base_url=server.url, timeout=60) as client:
        headers = {
            "x-prediction-id": "mine",
            "traceparent": f"00-{TRACE}-00f067aa0ba902b7-01",
            "x-entity-key": "reader-7",
        }
        whole = client.post("/v1/completions", json=PARIS, headers=headers)
        assert (whole.headers["x-prediction-id"], whole.headers["traceparent"]) == ("mine", headers["traceparent"])
        with client.stream("POST", "/v1/completions", json={**PARIS, "stream": True}) as stream:
            stream.read()
        chat = client.post("/v1/chat/completions", json=CHAT)
        refused = client.post("/v1/completions", json=PARIS, headers={"x-prediction-id": "two words"})
        assert refused.status_code == 400
        assert "x-prediction-id: got 'two words'" in refused.json()["error"]["message"]
        metrics = client.get("/metrics").text
        assert 'mlops_payloads_total{model_name="poet",model_version="3",outcome="written"} 0' in metrics
        assert metrics.index("mlops_payloads_total") < metrics.index("llamacpp:prompt_tokens_total")

    first, second, third = records(tmp_path)
    text = whole.json()["choices"][0]["text"]
    assert (first["prediction_id"], first["trace_id"], first["key"]) == ("mine", TRACE, "reader-7")
    assert (first["inputs"], first["outputs"]) == ({"prompt": PARIS["prompt"]}, {"answer": text})
    assert (second["inputs"], second["outputs"]) == (first["inputs"], first["outputs"])
    assert second["prediction_id"] == stream.headers["x-prediction-id"]
    assert json.loads(third["inputs"]["prompt"]) == CHAT["messages"]
    assert third["outputs"]["answer"] == chat.json()["choices"][0]["message"]["content"]
    assert third["latency_milliseconds"] > 0


def test_prompts_and_answers_can_be_redacted(artifact: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = {"location": str(tmp_path), "redacted_features": ["prompt", "answer"]}
    monkeypatch.setenv("MLOPS_PAYLOADS", json.dumps(settings))
    with started(artifact) as server:
        httpx.post(f"{server.url}/v1/completions", json=PARIS, timeout=60)
    (record,) = records(tmp_path)
    assert (record["inputs"], record["outputs"]) == ({"prompt": "<redacted>"}, {"answer": "<redacted>"})


def test_a_name_that_there_is_not_is_not_taken_for_redacted(
    artifact: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {"location": str(tmp_path), "redacted_features": ["promt"]}
    monkeypatch.setenv("MLOPS_PAYLOADS", json.dumps(settings))
    with pytest.raises(AssertionError, match="it ended"), started(artifact):
        pass


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b'{"choices": [{"text": "a b"}]}', "a b"),
        (b'{"choices": []}', ""),
        (b'data: {"choices": [{"delta": {"content": "a"}}]}\n\ndata: {"choices": [{"delta": {}}]}\n\n', "a"),
        (b'data: {"choices": [{"text": "a"}]}\n\ndata: {"choices": [{"te', "a"),
        (b'data: {"choices": [{"text": "a"}]}\n\ndata: [DONE]\n\n', "a"),
        (b"", ""),
    ],
)
def test_an_answer_is_read_from_every_form(content: bytes, expected: str) -> None:
    assert answer_of(content) == expected
