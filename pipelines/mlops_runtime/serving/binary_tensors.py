"""The Open Inference Protocol's binary extension: tensors as raw bytes behind a request's or an answer's JSON.

https://kserve.github.io/website/docs/concepts/architecture/data-plane/v2-protocol/binary-tensor-data-extension
"""

import struct
from typing import Any

import numpy
import numpy.typing

from .input_error import InputError, InputProblem
from .protocol import Body
from .protocol_v1 import parsed

JSON_BYTES_HEADER = b"inference-header-content-length"
CONTENT_TYPE = b"application/octet-stream"
SIZE_PARAMETER = "binary_data_size"
NUMBERS = {
    "FP16": "<f2",
    "FP32": "<f4",
    "FP64": "<f8",
    **{f"{sign}INT{bits}": f"<{sign or 'I'}{bits // 8}".lower() for sign in ("", "U") for bits in (8, 16, 32, 64)},
}
TEXT_LENGTH = struct.Struct("<I")


def parsed_with_tensors(body: Body, json_bytes: bytes) -> Any:
    """Return a request whose tensors lie behind its JSON, as its JSON form would have it.

    Args:
        body: The request's body.
        json_bytes: The header that says how much of it is JSON.

    Raises:
        InputError: The header is no such number, or the bytes do not hold what the JSON says.
    """
    text = json_bytes.decode("latin-1")
    if not (text.isascii() and text.isdecimal() and len(text) < 20) or int(text) > len(body):
        raise InputError.at("Inference-Header-Content-Length", text, f"a number of bytes, 0 to {len(body)}")
    document = parsed(body[: int(text)])
    inputs = document.get("inputs") if isinstance(document, dict) else None
    if not isinstance(inputs, list):
        return document
    rest = memoryview(body)[int(text) :]
    for number, tensor in enumerate(inputs):
        size = _size(tensor)
        if size is None:
            continue
        place = f"inputs[{number}]"
        if type(size) is not int or not 0 <= size <= len(rest):
            expected = f"at most the {len(rest)} bytes that follow the JSON and the tensors before"
            raise InputError.at(f"{place}.parameters.{SIZE_PARAMETER}", size, expected)
        tensor["data"] = _values(bytes(rest[:size]), tensor.get("datatype"), f"{place}.data")
        rest = rest[size:]
    if rest:
        raise _error("request", f"{len(rest)} bytes behind the last tensor", "none")
    return document


def raw_bytes(values: numpy.typing.NDArray[Any]) -> bytes:
    """Return an output's values as raw bytes: numbers in little-endian order, texts each behind its length."""
    if values.dtype.kind == "O":
        texts = [str(text).encode() for text in values.tolist()]
        return b"".join(part for text in texts for part in (TEXT_LENGTH.pack(len(text)), text))
    return values.astype(values.dtype.newbyteorder("<"), copy=False).tobytes()


def _size(tensor: object) -> object:
    parameters = tensor.get("parameters") if isinstance(tensor, dict) and tensor.get("data") is None else None
    return parameters.get(SIZE_PARAMETER) if isinstance(parameters, dict) else None


def _values(raw: bytes, datatype: object, place: str) -> list[Any]:
    """Return a tensor's values; the NaN of raw bytes is the null of JSON."""
    if datatype == "BYTES":
        return _texts(raw, place)
    if datatype == "BOOL":
        return [byte != 0 for byte in raw]
    kind = NUMBERS.get(datatype) if isinstance(datatype, str) else None
    if kind is None:
        return []  # The datatype is refused by whoever reads the tensor.
    if len(raw) % numpy.dtype(kind).itemsize:
        raise _error(place, f"{len(raw)} bytes", f"whole numbers of {numpy.dtype(kind).itemsize} bytes each")
    numbers = numpy.frombuffer(raw, dtype=kind)
    values: list[Any] = numbers.tolist()
    if numbers.dtype.kind == "f" and numpy.isnan(numbers).any():
        return [None if value != value else value for value in values]  # noqa: PLR0124 - only NaN differs from itself
    return values


def _texts(raw: bytes, place: str) -> list[str]:
    texts: list[str] = []
    start = 0
    while start < len(raw):
        first = start + TEXT_LENGTH.size
        length = TEXT_LENGTH.unpack_from(raw, start)[0] if first <= len(raw) else len(raw)
        start = first + length
        if start > len(raw):
            raise _error(f"{place}[{len(texts)}]", "fewer bytes", "four bytes of length, then as many of text")
        try:
            texts.append(raw[first:start].decode())
        except UnicodeDecodeError as error:
            raise _error(f"{place}[{len(texts)}]", f"bytes that are no text ({error.reason})", "UTF-8") from error
    return texts


def _error(place: str, got: str, expected: str) -> InputError:
    return InputError((InputProblem(place, got, expected),))
