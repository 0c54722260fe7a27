"""A language model whose engine is another container: the server in front is the same."""

import asyncio
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from mlops_runtime.artifact import digest_directory
from mlops_runtime.language_model.beside import EngineBeside
from mlops_runtime.language_model.contract import LanguageModelContract, load_contract
from mlops_runtime.language_model.engine import Engine, EngineError
from mlops_runtime.language_model.front import Front, LanguageModelIdentity
from mlops_runtime.language_model.vllm_packaging import save_vllm_model
from mlops_runtime.serving.drain import Drain
from tests.unit.pipelines.language_model.conftest import NAME, PROMPTS, Running, command_of, started
from tests.unit.pipelines.language_model.engines import standing_in, write_weights
from tests.unit.pipelines.language_model.test_truth import check

CONTRACT = LanguageModelContract(engine="vllm", weights="weights", context_tokens=512)


@pytest.fixture(scope="module")
def engine(artifact: Path) -> Iterator[Engine]:
    """An OpenAI-compatible server that is no part of the server in front: llama.cpp's, in the place of vLLM's."""
    with Engine(artifact, load_contract(artifact), NAME) as running:
        yield running


@pytest.fixture(scope="module")
def for_vllm(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("vllm") / "artifact"
    weights = write_weights(directory.parent / "weights")
    save_vllm_model(weights, directory, PROMPTS, address=engine.address, name=NAME, context_tokens=512, golden_tokens=4)
    return directory


@pytest.fixture(scope="module")
def front(engine: Engine, for_vllm: Path) -> Iterator[Running]:
    with started(for_vllm, "--engine-address", engine.address) as running:
        yield running


def test_the_engine_beside_answers_behind_the_same_front(front: Running, for_vllm: Path) -> None:
    digest = digest_directory(for_vllm)
    answer = httpx.post(f"{front.url}/v1/completions", json={"prompt": PROMPTS[0], "max_tokens": 3, "temperature": 0})
    assert answer.json()["choices"][0]["text"].startswith(" Paris")
    assert answer.headers["mlops-model-digest"] == digest
    identity = httpx.get(f"{front.url}/mlops/identity").json()
    assert identity == {
        "name": NAME,
        "version": "3",
        "digest": digest,
        "runtime": "llm",
        "engine": "vllm",
        "golden": {"prompts": 4},
    }
    assert "mlops_model_info" in (metrics := httpx.get(f"{front.url}/metrics").text)
    assert "llamacpp:prompt_tokens_total" in metrics


def test_the_truth_check_is_the_same(front: Running, for_vllm: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(front, for_vllm) == 0
    assert "2 connections, 4 golden prompts" in capsys.readouterr().out


def refused(artifact: Path, *more: str) -> str:
    """Why a server ends before it has listened."""
    ended = subprocess.run(command_of(artifact, 8080, *more), capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1
    return ended.stdout + ended.stderr


def test_an_engine_that_answers_otherwise_is_never_reached(for_vllm: Path) -> None:
    with standing_in() as engine:
        told = refused(for_vllm, "--engine-address", engine.address)
    assert "golden prompt 'The capital of France is': got 'THE CAPITAL OF FRANCE IS', expected ' Paris" in told


def test_a_model_of_vllms_needs_it_beside(for_vllm: Path) -> None:
    assert "got no engine beside, expected vLLM, fix: say its image in endpoint.kubernetes.vllm" in refused(for_vllm)


def test_no_other_model_has_an_engine_beside(artifact: Path, tmp_path: Path) -> None:
    told = refused(artifact, "--engine-address", "http://127.0.0.1:1")
    assert "expected none: the server starts llama.cpp itself" in told
    assert "got a model that is no language model" in refused(tmp_path, "--engine-address", "http://127.0.0.1:1")


def test_weights_of_vllm_are_not_started_as_llama_cpps(for_vllm: Path) -> None:
    with pytest.raises(EngineError, match=r"got a model of vllm, expected one of llama\.cpp"):
        Engine(for_vllm, load_contract(for_vllm))


def test_an_engine_is_waited_for_and_given_up() -> None:
    with standing_in() as engine:
        engine.health = 503
        with pytest.raises(EngineError, match="got status 503 after 0 seconds, expected 200, fix: see the log"):
            EngineBeside(engine.address, CONTRACT, NAME, start_seconds=0)
    with pytest.raises(EngineError, match=r"got no answer \(ConnectError\)"):
        EngineBeside(engine.address, CONTRACT, NAME, start_seconds=0)


@pytest.mark.parametrize(
    ("models", "told"),
    [
        ([], "got models none, expected poet"),
        ([{"id": "other"}], "got models other, expected poet"),
        ([{"id": NAME, "max_model_len": 256}], "got a context of 256 tokens, expected at least 512"),
    ],
)
def test_an_engine_with_another_model_is_refused(models: list[dict[str, object]], told: str) -> None:
    with standing_in() as engine:
        engine.models = models
        with pytest.raises(EngineError, match=told):
            EngineBeside(engine.address, CONTRACT, NAME, start_seconds=0)


def test_the_server_is_ready_only_while_the_engine_is_well_and_lives_on() -> None:
    with standing_in() as stand_in:
        engine = EngineBeside(stand_in.address, CONTRACT, NAME, start_seconds=5)
        identity = LanguageModelIdentity(NAME, "3", "sha256:" + "a" * 64, 4, "vllm")
        front = Front(identity, engine, Drain(60), contract=CONTRACT, body_limit_bytes=1, timeout_seconds=1)

        async def statuses() -> list[int]:
            transport = httpx.ASGITransport(front.application)
            async with httpx.AsyncClient(transport=transport, base_url="http://endpoint") as client:
                found = []
                for health in (200, 500, 200):
                    stand_in.health = health
                    found.append((await client.get(f"/v2/models/{NAME}/ready")).status_code)
                    found.append((await client.get("/v2/health/live")).status_code)
                return found

        assert asyncio.run(statuses()) == [200, 200, 503, 200, 200, 200]


def test_a_contract_names_the_folder_that_vllm_is_started_with(tmp_path: Path) -> None:
    document = {"engine": "vllm", "weights": "elsewhere", "context_tokens": 512}
    (tmp_path / "language_model.json").write_text(json.dumps(document))
    with pytest.raises(ValueError, match="got 'elsewhere', expected 'weights'"):
        load_contract(tmp_path)
