"""What a GGUF file says of a model before its tensors, and what its attention keeps for each token of context.

https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

import struct
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

MAGIC = b"GGUF"
VERSIONS = (2, 3)
# The types of metadata values by their numbers, as `struct` writes them; texts and lists are read by themselves.
_NUMBERS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_TEXT, _LIST = 8, 9
# What an attention that keeps less than every token's keys and values says of itself: a window, or a compressed form.
_KEEPS_LESS = ("attention.sliding_window", "attention.kv_lora_rank")
_CACHE_VALUE_BYTES = 2
"""llama.cpp keeps keys and values as 16-bit floats unless it is told otherwise (`--cache-type-k`, `--cache-type-v`)."""

Metadata = Mapping[str, object]


class GgufError(ValueError):
    """The file is no GGUF, or ends within its metadata."""


def read_metadata(file: Path) -> Metadata:
    """Read the texts and numbers of a file's metadata; lists are left out.

    Raises:
        GgufError: It is no GGUF file of a version that is known here, or it ends too early.
    """
    with file.open("rb") as source:
        if source.read(4) != MAGIC or _number(source, "I") not in VERSIONS:
            raise GgufError(
                f"{file.name}: got another format, expected GGUF of version {' or '.join(map(str, VERSIONS))}"
            )
        _number(source, "Q")  # How many tensors there are.
        found = {}
        for _ in range(_number(source, "Q")):
            key = _text(source)
            value = _value(source, _number(source, "I"))
            if value is not None:
                found[key] = value
    return found


def cache_bytes(metadata: Metadata, tokens: int) -> int | None:
    """Return the size of the keys and values of so many tokens.

    Args:
        metadata: The model's metadata.
        tokens: Of all requests at a time together.

    Returns:
        The size; None where it does not follow from the metadata alone: there is another attention, or none.
    """
    of = metadata.get("general.architecture")
    if any(f"{of}.{key}" in metadata for key in _KEEPS_LESS):
        return None
    layers, width, heads = (
        metadata.get(f"{of}.{key}") for key in ("block_count", "embedding_length", "attention.head_count")
    )
    if not (isinstance(layers, int) and isinstance(width, int) and isinstance(heads, int) and heads > 0):
        return None
    kept_heads = metadata.get(f"{of}.attention.head_count_kv", heads)
    key, value = (metadata.get(f"{of}.attention.{each}_length", width // heads) for each in ("key", "value"))
    if not (isinstance(kept_heads, int) and isinstance(key, int) and isinstance(value, int)):
        return None
    return layers * tokens * kept_heads * (key + value) * _CACHE_VALUE_BYTES


def _value(source: BinaryIO, kind: int) -> object:
    if kind == _TEXT:
        return _text(source)
    if kind == _LIST:
        item, count = _number(source, "I"), _number(source, "Q")
        if item in _NUMBERS:
            _bytes(source, struct.calcsize(f"<{_NUMBERS[item]}") * count)
        else:
            for _ in range(count):
                _value(source, item)
        return None
    if kind not in _NUMBERS:
        raise GgufError(f"got a metadata value of type {kind}, expected one that GGUF has")
    (value,) = struct.unpack(f"<{_NUMBERS[kind]}", _bytes(source, struct.calcsize(f"<{_NUMBERS[kind]}")))
    return value


def _text(source: BinaryIO) -> str:
    return _bytes(source, _number(source, "Q")).decode(errors="replace")


def _number(source: BinaryIO, form: str) -> int:
    (value,) = struct.unpack(f"<{form}", _bytes(source, struct.calcsize(f"<{form}")))
    return int(value)


def _bytes(source: BinaryIO, count: int) -> bytes:
    content = source.read(count)
    if len(content) < count:
        raise GgufError("got a file that ends within its metadata, expected a whole one")
    return content
