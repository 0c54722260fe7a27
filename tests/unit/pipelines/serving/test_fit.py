import json
import struct
from pathlib import Path

import pytest

from mlops_runtime.language_model import gguf
from mlops_runtime.serving.fit import MIB, Memory, MisfitError, cache_bytes_of, check_volume, fits, weights_bytes_of


def artifact(folder: Path, sizes: dict[str, int], **contract: object) -> Path:
    for name, size in sizes.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        with (folder / name).open("wb") as file:
            file.truncate(size)
    (folder / "serving.json").write_text(json.dumps(contract))
    (folder / "golden.json").write_text("{}" * 500)
    return folder


@pytest.mark.parametrize(
    ("weights", "cache", "memory", "fit"),
    [(0, 0, 0, True), (10, 0, 10, True), (11, 0, 10, False), (7, 3, 10, True), (7, 4, 10, False), (0, 11, 10, False)],
)
def test_weights_and_cache_share_one_memory(weights: int, cache: int, memory: int, *, fit: bool) -> None:
    assert fits(weights, cache, memory) is fit


@pytest.mark.parametrize(
    ("contract", "weights"),
    [({}, 700), ({"runtime": "onnx"}, 700), ({"runtime": "pyfunc"}, 90), ({"runtime": "llm"}, 90)],
)
def test_what_a_server_does_not_load_is_no_weight(tmp_path: Path, contract: dict[str, object], weights: int) -> None:
    sizes = {"model.onnx": 500, "model.onnx.data": 200, "model.skops": 60, "MLmodel": 10, "code/model.onnx": 20}
    assert weights_bytes_of(artifact(tmp_path, sizes, **contract)) == weights


@pytest.mark.parametrize("text", ["", "[]", "{"])
def test_a_contract_that_cannot_be_read_is_left_to_who_loads_it(tmp_path: Path, text: str) -> None:
    folder = artifact(tmp_path, {"model.onnx": 500})
    (folder / "serving.json").write_text(text)
    assert weights_bytes_of(folder) == 500


def test_a_model_larger_than_the_memory_is_refused_with_the_fix(tmp_path: Path) -> None:
    folder = artifact(tmp_path, {"model.onnx": 600 * MIB})
    Memory("the container's memory", 600 * MIB, 0, "raise it").check(folder)
    with pytest.raises(MisfitError) as caught:
        Memory("the container's memory", 512 * MIB, 0, "raise endpoint.kubernetes.memory").check(folder)
    assert str(caught.value) == (
        "model: got 600.0 MiB of weights, expected at most 512.0 MiB, the container's memory, "
        "fix: raise endpoint.kubernetes.memory"
    )


def test_a_cache_that_does_not_fit_beside_the_weights_is_told(tmp_path: Path) -> None:
    folder = artifact(tmp_path, {"weights.gguf": 1500 * MIB}, runtime="llm")
    with pytest.raises(
        MisfitError, match=r"got 1,500\.0 MiB of weights and a cache of 600\.0 MiB, expected at most 2,0"
    ):
        Memory("the accelerators", 2000 * MIB, 600 * MIB, "raise it").check(folder)


def test_files_larger_than_their_volume_are_refused_with_the_fix() -> None:
    check_volume([3 * MIB, 5 * MIB], 8 * MIB, "raise it")
    with pytest.raises(MisfitError) as caught:
        check_volume([3 * MIB, 6 * MIB], 8 * MIB, "raise endpoint.kubernetes.model_volume_gib")
    assert str(caught.value) == (
        "model: got files of 9.0 MiB, expected at most 8.0 MiB, the size of the volume that they go to, "
        "fix: raise endpoint.kubernetes.model_volume_gib"
    )


# SmolLM2-135M's own: 30 layers, 9 heads of which 3 are kept, 576 wide.
ATTENTION: dict[str, object] = {
    "general.architecture": "llama",
    "tokenizer.ggml.tokens": ["<s>", "a", "b"],
    "tokenizer.ggml.scores": [0.5, 0.25],
    "llama.block_count": 30,
    "llama.embedding_length": 576,
    "llama.attention.head_count": 9,
    "llama.attention.head_count_kv": 3,
    "llama.rope.freq_base": 10000.0,
    "tokenizer.ggml.add_bos_token": False,
}
TOKEN_BYTES = 30 * 3 * (64 + 64) * 2


def text(value: object) -> bytes:
    encoded = str(value).encode()
    return struct.pack("<Q", len(encoded)) + encoded


def written(value: object) -> bytes:
    match value:
        case bool():
            return struct.pack("<I?", 7, value)
        case int():
            return struct.pack("<II", 4, value)
        case float():
            return struct.pack("<If", 6, value)
        case str():
            return struct.pack("<I", 8) + text(value)
        case [str(), *_]:
            return struct.pack("<IIQ", 9, 8, len(value)) + b"".join(map(text, value))
        case [*numbers]:
            return struct.pack("<IIQ", 9, 6, len(numbers)) + struct.pack(f"<{len(numbers)}f", *numbers)
    raise AssertionError(value)


def header(metadata: dict[str, object], version: int = 3) -> bytes:
    pairs = b"".join(text(key) + written(value) for key, value in metadata.items())
    return b"GGUF" + struct.pack("<IQQ", version, 0, len(metadata)) + pairs


def language_model(folder: Path, metadata: dict[str, object], size: int) -> Path:
    folder.mkdir(exist_ok=True)
    contract = {"weights": "poet.gguf", "context_tokens": 512, "parallel_requests": 4}
    (folder / "language_model.json").write_text(json.dumps(contract))
    (folder / "serving.json").write_text(json.dumps({"runtime": "llm"}))
    with (folder / "poet.gguf").open("wb") as file:
        file.write(header(metadata))
        file.truncate(size)
    return folder


def test_the_metadata_of_weights_is_read_past_their_vocabulary(tmp_path: Path) -> None:
    (tmp_path / "a.gguf").write_bytes(header(ATTENTION))
    found = gguf.read_metadata(tmp_path / "a.gguf")
    assert found == {key: value for key, value in ATTENTION.items() if not isinstance(value, list)}


@pytest.mark.parametrize("content", [b"", b"GGML", header(ATTENTION, version=1), header(ATTENTION)[:-3], b"GGUF\x03"])
def test_what_is_no_gguf_or_ends_too_early_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.gguf").write_bytes(content)
    with pytest.raises(gguf.GgufError, match="expected"):
        gguf.read_metadata(tmp_path / "a.gguf")


@pytest.mark.parametrize(
    ("changes", "token_bytes"),
    [
        ({}, TOKEN_BYTES),
        ({"llama.attention.head_count_kv": 9}, 3 * TOKEN_BYTES),
        ({"llama.attention.key_length": 192, "llama.attention.value_length": 128}, TOKEN_BYTES * 320 // 128),
        # Another attention, of which no more is known than that it keeps less.
        ({"llama.attention.sliding_window": 128}, None),
        ({"llama.attention.kv_lora_rank": 512}, None),
        ({"general.architecture": "mamba"}, None),
    ],
)
def test_the_cache_of_each_token_follows_from_the_attention(
    changes: dict[str, object], token_bytes: int | None
) -> None:
    expected = None if token_bytes is None else 1000 * token_bytes
    assert gguf.cache_bytes({**ATTENTION, **changes}, 1000) == expected


def test_a_language_model_is_its_weights_and_the_cache_of_all_of_its_requests(tmp_path: Path) -> None:
    folder = language_model(tmp_path / "model", ATTENTION, 90 * MIB)
    assert weights_bytes_of(folder) == 90 * MIB
    assert cache_bytes_of(folder) == 4 * 512 * TOKEN_BYTES == 45 * MIB
    Memory("the container's memory", 135 * MIB, 0, "raise it").check(folder)
    with pytest.raises(
        MisfitError, match=r"got 90\.0 MiB of weights and a cache of 45\.0 MiB, expected at most 134\.0"
    ):
        Memory("the container's memory", 134 * MIB, 10 * MIB, "raise it").check(folder)
    with pytest.raises(MisfitError, match=r"a cache of 60\.0 MiB"):
        Memory("the container's memory", 135 * MIB, 60 * MIB, "raise it").check(folder)


def test_a_language_model_that_cannot_be_read_is_left_to_its_server(tmp_path: Path) -> None:
    folder = language_model(tmp_path / "model", ATTENTION, 90 * MIB)
    (folder / "poet.gguf").write_bytes(b"no weights")
    assert (weights_bytes_of(folder), cache_bytes_of(folder)) == (10, 0)
    (folder / "poet.gguf").unlink()
    (folder / "language_model.json").write_text("{")
    assert cache_bytes_of(folder) == 0
