"""Files of an artifact that run code when they are loaded: pickles, wherever they lie and whatever they are called.

What makes a file a pickle is its opcodes and not its name, so they are read (`pickletools` reads and runs nothing), in
archives and compressed files too. What a pickle would import is judged by picklescan. Whoever registers a version and
whoever loads one asks here, so that what the one takes the other does not refuse.
"""

import bz2
import gzip
import io
import logging
import lzma
import pickletools
import tarfile
import warnings
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, Literal, get_args

CodeFormat = Literal["pickle", "cloudpickle", "joblib", "torch.save"]
CODE_FORMATS: Final = get_args(CodeFormat)

# What the unpickler calls or imports by. A pickle without any of them is data, and no such file is worth its risk:
# it is told as well.
_RUNNING: Final = frozenset(("GLOBAL", "STACK_GLOBAL", "INST", "OBJ", "NEWOBJ", "NEWOBJ_EX", "REDUCE", "BUILD"))
_IMPORTS_TOLD: Final = 5
_NESTED_MAX: Final = 4
_HEAD_BYTES: Final = 4096
_UNPACKED_BYTES_MAX: Final = 8 << 30
_NUMPY: Final = b"\x93NUMPY"
_COMPRESSED: Final[tuple[tuple[bytes, Callable[[bytes], bytes]], ...]] = (
    (b"\x1f\x8b", gzip.decompress),
    (b"BZh", bz2.decompress),
    (b"\xfd7zXZ\x00", lzma.decompress),
    (b"\x5d\x00\x00", lzma.decompress),
    (b"\x78\x01", zlib.decompress),
    (b"\x78\x5e", zlib.decompress),
    (b"\x78\x9c", zlib.decompress),
    (b"\x78\xda", zlib.decompress),
)
# Readers of these unpack them on their way to a pickle; none is read here.
_UNREADABLE: Final = ((b"7z\xbc\xaf\x27\x1c", "a 7z archive"), (b"\x04\x22\x4d\x18", "an LZ4 file"))


@dataclass(frozen=True)
class CodeFile:
    """A file that would run code.

    Attributes:
        place: Its path in the artifact; members of archives after a `!`.
        format: What wrote it, as far as its bytes tell. A pickle may be cloudpickle's.
        imports: What it would import: `module.name`.
        dangerous: Those of the imports that no model needs, such as `os.system`.
        unreadable: What it is, where it could not be read.
    """

    place: str
    format: CodeFormat | None
    imports: tuple[str, ...] = ()
    dangerous: tuple[str, ...] = ()
    unreadable: str = ""


def unknown_formats(allowed: Collection[str]) -> str:
    """Return the names that are no formats, one after the other; empty where each is one."""
    return ", ".join(sorted(set(allowed).difference(CODE_FORMATS)))


def code_problems(directory: Path, allowed: Collection[str], setting: str) -> list[str]:
    """Tell each file of an artifact that runs code when it is loaded and is not allowed, or must never be.

    Args:
        directory: The artifact.
        allowed: The formats that may run code, by name.
        setting: Where a stack file allows one, for the advice.
    """
    return [problem for file in find_code_files(directory) if (problem := _problem(file, allowed, setting))]


def _problem(file: CodeFile, allowed: Collection[str], setting: str) -> str | None:
    if file.unreadable:
        return (
            f"{file.place}: got {file.unreadable}, expected a file that can be read before it is loaded,"
            " fix: store the model unpacked, as skops, safetensors, ONNX or its library's own format"
        )
    if file.dangerous:
        return (
            f"{file.place}: got a {file.format} that imports {', '.join(file.dangerous[:_IMPORTS_TOLD])},"
            " expected no import that a model does not need, fix: find out who wrote this file"
        )
    if file.format in allowed or (file.format == "pickle" and "cloudpickle" in allowed):
        return None
    imports = f" (it imports {', '.join(file.imports[:_IMPORTS_TOLD])})" if file.imports else ""
    return (
        f"{file.place}: got a {file.format}, which runs code when it is loaded{imports}, expected skops, safetensors,"
        f" ONNX or the library's own format, fix: save it with save_model, or allow {file.format} by name in the"
        f" stack's {setting}"
    )


def find_code_files(directory: Path) -> list[CodeFile]:
    """Return every file of an artifact that runs code when it is loaded, or that hides whether it does."""
    found: list[CodeFile] = []
    for path in sorted(each for each in directory.rglob("*") if each.is_file()):
        # As a stream: a server looks at weights of gigabytes in a pod that has room for them once.
        with path.open("rb") as file:
            found += _inspect(path.relative_to(directory).as_posix(), file, 0)
    return found


def _inspect(place: str, file: BinaryIO, depth: int) -> Iterator[CodeFile]:
    if depth > _NESTED_MAX:
        yield CodeFile(place, None, unreadable=f"archives within archives, more than {_NESTED_MAX} deep")
        return
    head = file.read(_HEAD_BYTES)
    file.seek(0)
    if head.startswith(_NUMPY):
        yield from _numpy_objects(place, head, file)
    elif (pickle := _pickle(place, file)) is not None:
        yield pickle
    elif zipfile.is_zipfile(file):
        yield from _zip(place, file, depth)
    else:
        yield from _packed(place, head, file, depth)


def _packed(place: str, head: bytes, file: BinaryIO, depth: int) -> Iterator[CodeFile]:
    file.seek(0)
    for magic, told in _UNREADABLE:
        if head.startswith(magic):
            yield CodeFile(place, None, unreadable=told)
            return
    for magic, decompress in _COMPRESSED:
        if head.startswith(magic):
            try:
                unpacked = decompress(file.read())
            except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError):
                return  # what begins like a compressed file by chance
            yield from _inspect(place, io.BytesIO(unpacked), depth + 1)
            return
    if head[257:262] == b"ustar":
        yield from _tar(place, file, depth)


def _zip(place: str, file: BinaryIO, depth: int) -> Iterator[CodeFile]:
    try:
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
            if sum(member.file_size for member in archive.infolist()) > _UNPACKED_BYTES_MAX:
                yield CodeFile(place, None, unreadable="a zip of more than 8 GiB")
                return
            is_torch = any(name.rpartition("/")[2] == "data.pkl" for name in names)
            for name in names:
                for each in _inspect(f"{place}!{name}", io.BytesIO(archive.read(name)), depth + 1):
                    written_by = "torch.save" if is_torch and each.format == "pickle" else each.format
                    yield CodeFile(each.place, written_by, each.imports, each.dangerous, each.unreadable)
    except (OSError, ValueError, zipfile.BadZipFile, RuntimeError, zlib.error, lzma.LZMAError) as error:
        yield CodeFile(place, None, unreadable=f"a zip that cannot be read ({error})")


def _tar(place: str, file: BinaryIO, depth: int) -> Iterator[CodeFile]:
    try:
        with tarfile.open(fileobj=file) as archive:
            for member in archive:
                content = archive.extractfile(member)
                if content is not None:
                    yield from _inspect(f"{place}!{member.name}", io.BytesIO(content.read()), depth + 1)
    except (OSError, tarfile.TarError) as error:
        yield CodeFile(place, None, unreadable=f"a tar that cannot be read ({error})")


def _numpy_objects(place: str, head: bytes, file: BinaryIO) -> Iterator[CodeFile]:
    """Yield the pickle that an array of objects is, behind NumPy's header."""
    header = head.partition(b"\n")[0]
    if b"'descr': '|O'" in header or b"O" in header.partition(b"'descr':")[2].partition(b"'fortran_order'")[0]:
        file.seek(len(header))
        rest = file.read()
        start = rest.find(b"\x80")
        pickle = _pickle(place, io.BytesIO(rest[start:])) if start >= 0 else None
        yield pickle or CodeFile(place, "pickle")


def _pickle(place: str, file: BinaryIO) -> CodeFile | None:
    """Read a file as the unpickler would: from its first byte, as far as the opcodes go."""
    operations: list[str] = []
    is_whole = False
    magic = file.read(2)
    file.seek(0)
    with suppress(ValueError, OverflowError, IndexError), warnings.catch_warnings(action="ignore"):
        # Up to what is no opcode: the unpickler, too, runs what stands before. What is no text warns of its escapes.
        for operation, argument, _ in pickletools.genops(file):
            if operation.name in ("GLOBAL", "INST") and not _names_something(argument):
                break
            operations.append(operation.name)
            is_whole = operation.name == "STOP"
    has_magic = len(magic) == 2 and magic[0] == 0x80 and 2 <= magic[1] <= 5  # protocol 2 to 5
    runs = not _RUNNING.isdisjoint(operations)
    imports, dangerous = _imports(place, file) if runs else ((), ())
    # Protocols 0 and 1 are text, and much text reads like their first opcodes: "c" is one, with two lines after it.
    if not (has_magic and operations[1:]) and not (runs and (is_whole or dangerous)):
        file.seek(0)
        return None
    modules = {name.partition(".")[0] for name in imports}
    written_by: CodeFormat = (
        "joblib" if "joblib" in modules else "cloudpickle" if "cloudpickle" in modules else "pickle"
    )
    return CodeFile(place, written_by, imports, dangerous)


def _names_something(argument: object) -> bool:
    return all(part.isidentifier() for word in str(argument).split(" ") for part in word.split("."))


def _imports(place: str, file: BinaryIO) -> tuple[tuple[str, ...], tuple[str, ...]]:
    from picklescan.scanner import SafetyLevel, scan_pickle_bytes  # noqa: PLC0415 - only where a pickle is

    file.seek(0)
    # Its findings become this module's, and are told once.
    logging.getLogger("picklescan").setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings(action="ignore"):
            scanned = scan_pickle_bytes(file, place).globals
    except ValueError:
        return (), ()  # an import by a name that is not there, at which the unpickler stops as well
    names = sorted({f"{each.module}.{each.name}" for each in scanned})
    # cloudpickle's own are what its name allows; as a format of its own it is told by them.
    dangerous = sorted(
        {
            f"{each.module}.{each.name}"
            for each in scanned
            if each.safety == SafetyLevel.Dangerous and each.module.partition(".")[0] != "cloudpickle"
        }
    )
    return tuple(names), tuple(dangerous)
