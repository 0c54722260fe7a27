"""The two servers, each on the same core and the same model, with ways to ask and to weigh them."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from bench.errors import NotMeasurableError
from mlops_runtime.serving.golden import FeatureValue
from sandbox import progress
from sandbox.ports import free_port

MODEL_NAME = "flight-delay"
START_TIMEOUT_SECONDS = 180
Row = Mapping[str, FeatureValue]


@dataclass(frozen=True)
class Contender:
    """A server that runs.

    Attributes:
        name: As in the table.
        url: Where predictions are asked for.
        body: Rows to a request's body.
        process: The server's first process.
    """

    name: str
    url: str
    body: Callable[[Sequence[Row]], str]
    process: subprocess.Popen[bytes]

    def predict(self, rows: Sequence[Row]) -> list[float]:
        """Its answer to some rows, by a request of its own."""
        response = httpx.post(
            self.url, content=self.body(rows), headers={"Content-Type": "application/json"}, timeout=60
        )
        response.raise_for_status()
        predictions: list[float] = response.json()["predictions"]
        return predictions

    def memory_mib(self) -> float:
        """Memory of all of its processes, with what they share divided among those that share it (PSS)."""
        return sum(_pss_kib(process) for process in _tree(self.process.pid)) / 1024


@contextmanager
def ours(
    model: Path, core: int, name: str = "pulumi-mlops", more: Mapping[str, str] | None = None
) -> Iterator[Contender]:
    """This project's server, with further environment variables."""
    port = free_port()
    command = [
        *(sys.executable, "-m", "mlops_runtime.serving.server", "--model-directory", str(model)),
        *("--name", MODEL_NAME, "--version", "1", "--port", str(port), "--drain-seconds", "0"),
    ]
    url = f"http://127.0.0.1:{port}"
    ready = f"{url}/v2/models/{MODEL_NAME}/ready"
    with running(name, command, core, ready, more) as process:
        yield Contender(name, f"{url}/v1/models/{MODEL_NAME}:predict", _instances, process)


@contextmanager
def mlflow(model: Path, core: int) -> Iterator[Contender]:
    """MLflow's own server, with one worker."""
    port = free_port()
    command = [
        *(str(Path(sys.executable).with_name("mlflow")), "models", "serve", "--model-uri", str(model)),
        *("--env-manager", "local", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"),
    ]
    url = f"http://127.0.0.1:{port}"
    with running("mlflow models serve", command, core, f"{url}/ping") as process:
        yield Contender("mlflow models serve", f"{url}/invocations", _dataframe_split, process)


def _instances(rows: Sequence[Row]) -> str:
    return json.dumps({"instances": list(rows)})


def _dataframe_split(rows: Sequence[Row]) -> str:
    """The quickest of MLflow's forms."""
    columns = list(rows[0])
    return json.dumps(
        {"dataframe_split": {"columns": columns, "data": [[row[name] for name in columns] for row in rows]}}
    )


@contextmanager
def running(
    name: str, command: Sequence[str], core: int, ready_url: str, more: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Runs a server on one core until the block ends, from when it is ready.

    Args:
        name: What it is called.
        command: Its command line.
        core: The core.
        ready_url: What answers with success once it is ready.
        more: Environment variables besides this process' own. Defaults to none.

    Raises:
        NotMeasurableError: It ends, or does not get ready.
    """
    environment = {
        **os.environ,
        **(more or {}),
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    with progress.step(f"start {name}"):
        process = subprocess.Popen(
            ["taskset", "-c", str(core), *command],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            _wait_until_ready(name, process, ready_url)
        except BaseException:
            _stop(process)
            raise
    try:
        yield process
    finally:
        _stop(process)


def _wait_until_ready(name: str, process: subprocess.Popen[bytes], url: str) -> None:
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise NotMeasurableError(f"{name}: ended with code {process.returncode} before it was ready")
        try:
            if httpx.get(url, timeout=5).is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    raise NotMeasurableError(f"{name}: not ready after {START_TIMEOUT_SECONDS} s")


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Ends the server and everything that it started."""
    for stop_signal in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, stop_signal)
            process.wait(timeout=10)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue


def _tree(root: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int(folder.joinpath("stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        children.setdefault(parent, []).append(int(folder.name))
    found = [root]
    for process in found:
        found.extend(children.get(process, ()))
    return found


def _pss_kib(process: int) -> int:
    text = Path(f"/proc/{process}/smaps_rollup").read_text()
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))
