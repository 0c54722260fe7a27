"""The real Feast, in an environment of its own as in its image, and the real Redis, started as in its image."""

import contextlib
import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from sandbox import packages, paths
from sandbox.files import exclusive

ROOT = Path(__file__).parents[4]
PASSWORD = 'a "long", b\\ck=word'
# A busy machine takes minutes over Feast's imports.
START_SECONDS = 900


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


# Importing Feast takes longer than a run: one process does them one after the other, as `python -m` would each.
RUN_ONE_AFTER_THE_OTHER = """
import contextlib, io, json, sys, traceback
from mlops_runtime.features.__main__ import main
for line in sys.stdin:
    told, code = io.StringIO(), 1
    with contextlib.redirect_stdout(told), contextlib.redirect_stderr(told):
        try:
            code = main(json.loads(line))
        except Exception:
            traceback.print_exc()
    print(json.dumps([code, told.getvalue()]), flush=True)
"""


@dataclass(frozen=True)
class Done:
    """How a run ended, and what it told."""

    code: int
    told: str


@dataclass
class Programs:
    """`python -m mlops_runtime.features` as the pods run it."""

    python: Path
    redis: Redis
    folder: Path
    runs: subprocess.Popen[str] | None = None

    def options(self, name: str, *more: str) -> list[str]:
        common = ["--store", "flights", "--definition", str(self.folder / "definition.json")]
        common += ["--redis", f"127.0.0.1:{self.redis.port}", "--redis-password-file", str(self.redis.password_file)]
        return [name, *common, *more]

    def environment(self) -> dict[str, str]:
        return {**os.environ, "PYTHONPATH": str(ROOT / "pipelines"), "HOME": str(self.folder)}

    def materialise(self, *options: str) -> Done:
        places = ["--progress", str(self.folder / "progress"), "--claims", str(self.folder / "claims")]
        if self.runs is None:
            command = [str(self.python), "-W", "ignore", "-c", RUN_ONE_AFTER_THE_OTHER]
            with (self.folder / "runs.log").open("ab") as log:
                self.runs = subprocess.Popen(
                    command,
                    env=self.environment(),
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    text=True,
                )
        assert self.runs.stdin is not None
        assert self.runs.stdout is not None
        self.runs.stdin.write(json.dumps(self.options("materialise", *places, *options)) + "\n")
        self.runs.stdin.flush()
        for line in self.runs.stdout:
            # Feast's own progress bars and colours may come in between.
            if line.startswith("["):
                code, told = json.loads(line)
                return Done(code, told)
        pytest.fail(f"the runs ended: {(self.folder / 'runs.log').read_text()[-3000:]}")

    def close(self) -> None:
        if self.runs is not None:
            self.runs.kill()
            self.runs.communicate()

    @contextlib.contextmanager
    def server(self) -> Iterator[Callable[[], str]]:
        """Start the server, and give what waits for it and returns its address."""
        port = free_port()
        ports = ["--port", str(port), "--metrics-port", str(free_port()), "--progress", str(self.folder / "server")]
        log = self.folder / "server.log"
        command = [str(self.python), "-m", "mlops_runtime.features", *self.options("serve", *ports)]
        with log.open("ab") as file:
            process = subprocess.Popen(
                command, env=self.environment(), stdout=file, stderr=file, start_new_session=True
            )
        url = f"http://127.0.0.1:{port}"

        def address() -> str:
            _await(lambda: process.poll() is None and httpx.get(f"{url}/health").is_success, "Feast", log)
            return url

        try:
            yield address
        finally:
            # Its metrics are served by a process of their own, which a container takes along.
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    server = Redis(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def programs(feast_python: Path, redis: Redis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Programs]:
    made = Programs(feast_python, redis, tmp_path_factory.mktemp("feast"))
    yield made
    made.close()


def _await(is_there: Callable[[], bool], name: str, log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        with contextlib.suppress(httpx.HTTPError):
            if is_there():
                return
        time.sleep(0.2)
    pytest.fail(f"{name} does not answer: {log.read_text()[-3000:]}")
