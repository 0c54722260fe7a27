"""The engine of a language model, in a process of its own: where it dies, the server still says so."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Self

import httpx

from .contract import LanguageModelContract

ANSWER_SECONDS = 300.0
"""How long an answer to a prompt of ours may take, on the slowest machine."""
STOP_SECONDS = 10.0
CGROUP = Path("/sys/fs/cgroup")
ADDRESS_PREFIX = "http://127.0.0.1:"
RESERVED_CORES_VARIABLE = "MLOPS_RESERVED_CORES"
"""Whole cores that a container without a CPU limit has reserved: its request, rounded up."""


class EngineError(RuntimeError):
    """The engine does not run; the message says why in one line."""


class Engine:
    """llama.cpp's server as a child process.

    Attributes:
        name: What answers call the model.
        address: Where it answers, on this machine alone.
    """

    def __init__(self, directory: Path, contract: LanguageModelContract, name: str = "model") -> None:
        """Start it and wait until it has loaded the weights.

        Args:
            directory: The model artifact.
            contract: What the artifact says of itself.
            name: What answers call the model.

        Raises:
            EngineError: It ends without an address: the weights cannot be loaded, or its library is missing. Or the
                weights are another engine's.
        """
        self.name = name
        if contract.engine != "llama.cpp":
            raise EngineError(
                f"got a model of {contract.engine}, expected one of llama.cpp: this process runs no other"
            )
        command = [
            *(sys.executable, "-m", "mlops_runtime.language_model.llama_cpp"),
            *("--weights", str(directory / contract.weights), "--name", name),
            *("--context-tokens", str(contract.context_tokens)),
            *("--parallel-requests", str(contract.parallel_requests), "--threads", str(available_threads())),
        ]
        # Its log is the server's: what llama.cpp says of weights that it refuses stands there.
        # It ends with its standard input, and so with this process, however that ends.
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None  # noqa: S101 - it was asked for
        first = self._process.stdout.readline().strip()
        if not first.startswith(ADDRESS_PREFIX):
            self.stop()
            raise EngineError(
                f"{directory / contract.weights}: got exit code {self._process.returncode} from llama.cpp, expected"
                " weights that it loads, fix: see its lines above; a process that was killed (-9) had too little memory"
            )
        self.address = first

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def client(self) -> httpx.Client:
        """Return what asks it from this process; to be closed."""
        return httpx.Client(base_url=self.address, timeout=ANSWER_SECONDS, trust_env=False)

    @property
    def is_alive(self) -> bool:
        """Whether its process runs."""
        return self._process.poll() is None

    def stop(self) -> None:
        """End it, and whatever it still computes."""
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()


def available_threads() -> int:
    """Return how many cores this process may use at once: more threads than these wait for one another.

    A container without a limit may use the whole node, and shares it with others: it counts on what it has reserved.
    """
    cores = len(os.sched_getaffinity(0))
    quota = _quota_cores()
    if quota is None:
        reserved = os.environ.get(RESERVED_CORES_VARIABLE, "")
        quota = int(reserved) if reserved.isdecimal() else None
    return max(1, cores if quota is None else min(cores, int(quota)))


def _quota_cores() -> float | None:
    """Return the CPU limit of the container, in cores; None where it has none (cgroup v2, then v1)."""
    try:
        quota, period = (CGROUP / "cpu.max").read_text(encoding="ascii").split()
        return None if quota == "max" else int(quota) / int(period)
    except (OSError, ValueError):
        pass
    try:
        old = CGROUP / "cpu"
        limit = int((old / "cpu.cfs_quota_us").read_text(encoding="ascii"))
        return None if limit <= 0 else limit / int((old / "cpu.cfs_period_us").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
