"""Whether a model fits what its server was given, told before the server dies of it.

A model's size is known where its files are: nothing of it is guessed. What its server holds in memory is at least the
files that it loads, and what is kept beside them as somebody has said; so what is refused here could not be served.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from .contract import CONTRACT_FILE_NAME, GOLDEN_FILE_NAME, ONNX_FILE_NAME

MIB = 1024 * 1024
ONNX = "onnx"


class MisfitError(Exception):
    """The model is larger than what its server was given; the message says the fix."""


@dataclass(frozen=True, slots=True)
class Memory:
    """Where a model's weights and its server's cache have to fit.

    Attributes:
        of: Whose memory it is, as a noun phrase.
        memory_bytes: How much there is.
        cache_bytes: What the server keeps beside the weights.
        fix: What there can be more of, as an imperative.
    """

    of: str
    memory_bytes: int
    cache_bytes: int
    fix: str

    def check(self, directory: Path) -> None:
        """Hold a model's files against it.

        Raises:
            MisfitError: They do not fit.
        """
        weights_bytes = weights_bytes_of(directory)
        if fits(weights_bytes, self.cache_bytes, self.memory_bytes):
            return
        cache = f" and a cache of {_mib(self.cache_bytes)}" if self.cache_bytes else ""
        raise MisfitError(
            f"model: got {_mib(weights_bytes)} of weights{cache}, expected at most {_mib(self.memory_bytes)}, "
            f"{self.of}, fix: {self.fix}"
        )


def fits(weights_bytes: int, cache_bytes: int, memory_bytes: int) -> bool:
    """Tell whether weights and the cache beside them can be in a memory at all."""
    return weights_bytes + cache_bytes <= memory_bytes


def weights_bytes_of(directory: Path) -> int:
    """Return the size of the files that a model's server loads.

    With the runtime ONNX these are the graph and what it keeps outside of itself; with any other all but the graph.
    """
    described = {CONTRACT_FILE_NAME, GOLDEN_FILE_NAME}
    files = {path.relative_to(directory).as_posix(): path for path in directory.rglob("*") if path.is_file()}
    is_onnx = _runtime_of(directory) == ONNX
    return sum(
        path.stat().st_size
        for name, path in files.items()
        if name not in described and name.startswith(ONNX_FILE_NAME) is is_onnx
    )


def check_volume(sizes: Iterable[int], volume_bytes: int, fix: str) -> None:
    """Hold the sizes of files against the volume that they go to.

    Raises:
        MisfitError: They do not fit.
    """
    needed_bytes = sum(sizes)
    if needed_bytes > volume_bytes:
        raise MisfitError(
            f"model: got files of {_mib(needed_bytes)}, expected at most {_mib(volume_bytes)}, "
            f"the size of the volume that they go to, fix: {fix}"
        )


def _runtime_of(directory: Path) -> str:
    """Return the runtime that the artifact names; what is wrong with it otherwise is told when it is loaded."""
    try:
        contract = json.loads((directory / CONTRACT_FILE_NAME).read_bytes())
    except (OSError, ValueError):
        return ONNX
    return str(contract.get("runtime", ONNX)) if isinstance(contract, dict) else ONNX


def _mib(size: int) -> str:
    return f"{size / MIB:,.1f} MiB"
