"""A model's weights as Hugging Face's `save_pretrained` writes them: what of a folder is taken, and what is not.

https://huggingface.co/docs/transformers/main_classes/model#transformers.PreTrainedModel.save_pretrained
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

CONFIGURATION = "config.json"
INDEX = "model.safetensors.index.json"
TENSORS = ".safetensors"
TOKENIZERS = ("tokenizer.json", "tokenizer.model", "vocab.json", "tekken.json")
# Tensors and texts. What is not here may hold code: `.py` is run with trust_remote_code, `.bin` and `.pt` are pickles.
TAKEN_SUFFIXES = frozenset((TENSORS, ".json", ".model", ".txt", ".md", ".jinja", ".tiktoken", ""))
# An attention that keeps less than every token's keys and values: a window, or a compressed form.
_KEEPS_LESS = ("sliding_window", "kv_lora_rank")
_CACHE_VALUE_BYTES = 2
"""vLLM keeps keys and values in the model's own 16-bit floats unless it is told otherwise (`--kv-cache-dtype`)."""


def problems_of(folder: Path) -> Iterator[str]:
    """Yield what a folder lacks to be loaded by vLLM, and what of it could run code."""
    files = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}
    strange = [name for name, path in files.items() if path.suffix.lower() not in TAKEN_SUFFIXES]
    if strange:
        yield (
            f"{folder.name}: got {', '.join(strange[:8])}, expected safetensors and texts alone, fix: leave out what is"
            " none, and save the weights with save_pretrained(…, safe_serialization=True)"
        )
    if not any(name.endswith(TENSORS) for name in files):
        yield f"{folder.name}: got no *{TENSORS}, expected the weights"
    if not any(name in files for name in TOKENIZERS):
        yield f"{folder.name}: got no tokenizer, expected one of {', '.join(TOKENIZERS)}"
    try:
        configuration = read_configuration(folder)
        if "auto_map" in configuration:
            yield (
                f"{folder.name}/{CONFIGURATION}: got auto_map, expected an architecture that vLLM has itself: code of"
                " the model's own is never run"
            )
        missing = sorted(set(_indexed(folder)) - files.keys())
        if missing:
            yield f"{folder.name}/{INDEX}: got none of {', '.join(missing[:8])}, expected every file that it names"
    except ValueError as error:
        yield str(error)


def read_configuration(folder: Path) -> Mapping[str, Any]:
    """Read what the model says of its architecture.

    Raises:
        ValueError: There is no such file, or it holds no object.
    """
    return _object(folder / CONFIGURATION)


def cache_bytes(configuration: Mapping[str, Any], tokens: int) -> int | None:
    """Return the size of the keys and values of so many tokens; None where it does not follow from the numbers."""
    of = configuration.get("text_config", configuration)
    if not isinstance(of, Mapping) or any(of.get(key) for key in _KEEPS_LESS):
        return None
    layers, width, heads = (of.get(key) for key in ("num_hidden_layers", "hidden_size", "num_attention_heads"))
    if not (isinstance(layers, int) and isinstance(width, int) and isinstance(heads, int) and heads > 0):
        return None
    kept_heads, length = of.get("num_key_value_heads") or heads, of.get("head_dim") or width // heads
    if not (isinstance(kept_heads, int) and isinstance(length, int)):
        return None
    return 2 * layers * tokens * kept_heads * length * _CACHE_VALUE_BYTES


def _indexed(folder: Path) -> list[str]:
    if not (folder / INDEX).is_file():
        return []
    weights = _object(folder / INDEX).get("weight_map")
    return [str(name) for name in weights.values()] if isinstance(weights, Mapping) else []


def _object(file: Path) -> Mapping[str, Any]:
    place = f"{file.parent.name}/{file.name}"
    try:
        found = json.loads(file.read_bytes())
    except (OSError, ValueError) as error:
        raise ValueError(f"{place}: got {type(error).__name__}, expected a JSON object") from error
    if not isinstance(found, dict):
        raise ValueError(f"{place}: got {type(found).__name__}, expected a JSON object")  # noqa: TRY004 - a file's content
    return found
