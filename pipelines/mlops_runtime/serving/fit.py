"""Whether a model fits what its server was given, told before the server dies of it.

A model's size is known where its files are: nothing of it is guessed. What its server holds in memory is at least the
files that it loads, and the cache beside them: a language model's follows from its weights' metadata, any other is as
somebody has said. What is refused here could not be served, or would read its weights from the disk for each answer.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from mlops_runtime.language_model import contract as language_model
from mlops_runtime.language_model import gguf, hugging_face

from .contract import (
    CONTRACT_FILE_NAME,
    DEFAULT_RUNTIME,
    GOLDEN_FILE_NAME,
    LANGUAGE_MODEL,
    ONNX_FILE_NAME,
    ContractError,
    runtime_of,
)

MIB = 1024 * 1024


class MisfitError(Exception):
    """The model is larger than what its server was given; the message says the fix."""


@dataclass(frozen=True, slots=True)
class Memory:
    """Where a model's weights and its server's cache have to fit.

    Attributes:
        of: Whose memory it is, as a noun phrase.
        memory_bytes: How much there is.
        cache_bytes: What the server keeps beside the weights, as somebody has said; a language model's cache that is
            larger counts in its place.
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
        weights_bytes, cache_bytes = weights_bytes_of(directory), max(self.cache_bytes, cache_bytes_of(directory))
        if fits(weights_bytes, cache_bytes, self.memory_bytes):
            return
        cache = f" and a cache of {_mib(cache_bytes)}" if cache_bytes else ""
        raise MisfitError(
            f"model: got {_mib(weights_bytes)} of weights{cache}, expected at most {_mib(self.memory_bytes)}, "
            f"{self.of}, fix: {self.fix}"
        )


def fits(weights_bytes: int, cache_bytes: int, memory_bytes: int) -> bool:
    """Tell whether weights and the cache beside them can be in a memory at all."""
    return weights_bytes + cache_bytes <= memory_bytes


def weights_bytes_of(directory: Path) -> int:
    """Return the size of the files that a model's server loads.

    Of a language model these are its weights; with the runtime ONNX the graph and what it keeps outside of itself; with
    any other all but the graph.
    """
    if (contract := _language_model(directory)) is not None:
        weights = directory / contract.weights
        files = [weights] if weights.is_file() else list(weights.rglob(f"*{hugging_face.TENSORS}"))
        return sum(file.stat().st_size for file in files)
    described = {CONTRACT_FILE_NAME, GOLDEN_FILE_NAME}
    named = {path.relative_to(directory).as_posix(): path for path in directory.rglob("*") if path.is_file()}
    is_onnx = runtime_of(directory) == DEFAULT_RUNTIME
    return sum(
        path.stat().st_size
        for name, path in named.items()
        if name not in described and name.startswith(ONNX_FILE_NAME) is is_onnx
    )


def cache_bytes_of(directory: Path) -> int:
    """Return the size of the cache that a language model's server makes when it starts; 0 where it is not known.

    llama.cpp has room for the contexts of all requests at a time. vLLM shares out what is left: it starts where there
    is room for one.
    """
    contract = _language_model(directory)
    if contract is None:
        return 0
    try:
        if contract.engine == "vllm":
            configuration = hugging_face.read_configuration(directory / contract.weights)
            return hugging_face.cache_bytes(configuration, contract.context_tokens) or 0
        metadata = gguf.read_metadata(directory / contract.weights)
    except ValueError:
        return 0
    return gguf.cache_bytes(metadata, contract.context_tokens * contract.parallel_requests) or 0


def _language_model(directory: Path) -> language_model.LanguageModelContract | None:
    """Return the contract of a language model that is there with its weights; what is wrong is told by its server."""
    if runtime_of(directory) != LANGUAGE_MODEL:
        return None
    try:
        contract = language_model.load_contract(directory)
    except ContractError:
        return None
    return contract if (directory / contract.weights).exists() else None


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


def _mib(size: int) -> str:
    return f"{size / MIB:,.1f} MiB"
