"""The real Feast, in an environment of its own as in its image, and the real Redis, started as in its image."""

import contextlib
import hashlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from sandbox import packages, paths
from sandbox.files import exclusive

ROOT = Path(__file__).parents[4]
PASSWORD = 'a "long", b\\ck=word'
START_SECONDS = 240


def free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])


@pytest.fixture(scope="session")
def feast_python() -> Path:
    """The interpreter of an environment with what the image of Feast installs, made once for each lock file."""
    requirements = ROOT / "images" / "feature_store" / "requirements.txt"
    digest = hashlib.sha256(requirements.read_bytes()).hexdigest()[:16]
    folder = paths.cache_root() / "feast" / digest
    done = folder / ".done"
    with exclusive(paths.cache_root() / "locks" / "feast", "making Feast's environment"):
        if not done.is_file():
            commands = (
                ["uv", "venv", "--quiet", "--clear", "--python", sys.executable, str(folder)],
                ["uv", "pip", "sync", "--quiet", "--require-hashes", "--python", str(folder), str(requirements)],
            )
            for command in commands:
                subprocess.run(command, check=True)
            done.touch()
    return folder / "bin" / "python"


@dataclass
class Redis:
    """A server with an append-only file, which can be stopped and started again."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def password_file(self) -> Path:
        return self.folder / "password"

    def start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.password_file.write_text(f"{PASSWORD}\n")
        packages.tool("redis-server")
        environment = packages.environment() | {
            "REDIS_PASSWORD_FILE": str(self.password_file),
            "REDIS_CONFIGURATION": str(self.folder / "redis.conf"),
        }
        entrypoint = ROOT / "images" / "redis" / "entrypoint.sh"
        options = ["--port", str(self.port), "--dir", str(self.folder), "--appendonly", "yes", "--save", ""]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(["sh", entrypoint, *options], env=environment, stdout=log, stderr=log)
        _await(lambda: self.cli("ping") == "PONG", "Redis", self.folder / "log")

    def stop(self) -> None:
        """Kill it, as a node that goes takes it along."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def cli(self, *command: str) -> str:
        environment = packages.environment() | {"REDISCLI_AUTH": PASSWORD}
        call = ["redis-cli", "-p", str(self.port), *command]
        return subprocess.run(call, env=environment, capture_output=True, text=True, check=False).stdout.strip()


@dataclass(frozen=True)
class Programs:
    """`python -m mlops_runtime.features` as the pods run it."""

    python: Path
    redis: Redis
    folder: Path

    def command(self, name: str, *options: str) -> list[str]:
        common = ["--store", "flights", "--definition", str(self.folder / "definition.json")]
        common += ["--redis", f"127.0.0.1:{self.redis.port}", "--redis-password-file", str(self.redis.password_file)]
        return [str(self.python), "-m", "mlops_runtime.features", name, *common, *options]

    def environment(self) -> dict[str, str]:
        return {**os.environ, "PYTHONPATH": str(ROOT / "pipelines"), "FEAST_USAGE": "False", "HOME": str(self.folder)}

    def run(self, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        environment = self.environment()
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=600)

    def materialise(self, *options: str) -> subprocess.CompletedProcess[str]:
        places = ["--progress", str(self.folder / "progress"), "--claims", str(self.folder / "claims")]
        return self.run(self.command("materialise", *places, *options))

    @contextlib.contextmanager
    def server(self) -> Iterator[str]:
        port = free_port()
        ports = ["--port", str(port), "--metrics-port", str(free_port()), "--progress", str(self.folder / "server")]
        log = self.folder / "server.log"
        with log.open("ab") as file:
            process = subprocess.Popen(self.command("serve", *ports), env=self.environment(), stdout=file, stderr=file)
        url = f"http://127.0.0.1:{port}"
        try:
            _await(lambda: process.poll() is None and httpx.get(f"{url}/health").is_success, "Feast", log)
            yield url
        finally:
            process.terminate()
            process.wait()


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    server = Redis(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def programs(feast_python: Path, redis: Redis, tmp_path_factory: pytest.TempPathFactory) -> Programs:
    return Programs(feast_python, redis, tmp_path_factory.mktemp("feast"))


def _await(is_there: object, name: str, log: Path) -> None:
    assert callable(is_there)
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        with contextlib.suppress(httpx.HTTPError):
            if is_there():
                return
        time.sleep(0.2)
    pytest.fail(f"{name} does not answer: {log.read_text()[-3000:]}")
