"""Files of an artifact that run code when they are loaded: pickles, wherever they lie and whatever they are called.

What makes a file a pickle is its opcodes and not its name, so they are read (`pickletools` reads and runs nothing), in
archives and compressed files too. What a pickle would import is judged by picklescan.
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
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, get_args

CodeFormat = Literal["pickle", "cloudpickle", "joblib", "torch.save"]
CODE_FORMATS: Final = get_args(CodeFormat)

# What the unpickler calls or imports by. A pickle without any of them is data, and no such file is worth its risk:
# it is told as well.
_RUNNING: Final = frozenset(("GLOBAL", "STACK_GLOBAL", "INST", "OBJ", "NEWOBJ", "NEWOBJ_EX", "REDUCE", "BUILD"))
_NESTED_MAX: Final = 4
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


def find_code_files(directory: Path) -> list[CodeFile]:
    """Return every file of an artifact that runs code when it is loaded, or that hides whether it does."""
    found: list[CodeFile] = []
    for path in sorted(each for each in directory.rglob("*") if each.is_file()):
        found += _inspect(path.relative_to(directory).as_posix(), path.read_bytes(), 0)
    return found


def _inspect(place: str, data: bytes, depth: int) -> Iterator[CodeFile]:
    if depth > _NESTED_MAX:
        yield CodeFile(place, None, unreadable=f"archives within archives, more than {_NESTED_MAX} deep")
        return
    if data.startswith(_NUMPY):
        yield from _numpy_objects(place, data)
    elif (pickle := _pickle(place, data)) is not None:
        yield pickle
    elif zipfile.is_zipfile(io.BytesIO(data)):
        yield from _zip(place, data, depth)
    else:
        yield from _packed(place, data, depth)


def _packed(place: str, data: bytes, depth: int) -> Iterator[CodeFile]:
    for magic, told in _UNREADABLE:
        if data.startswith(magic):
            yield CodeFile(place, None, unreadable=told)
            return
    for magic, decompress in _COMPRESSED:
        if data.startswith(magic):
            try:
                unpacked = decompress(data)
            except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError):
                return  # what begins like a compressed file by chance
            yield from _inspect(place, unpacked, depth + 1)
            return
    if data[257:262] == b"ustar":
        yield from _tar(place, data, depth)


def _zip(place: str, data: bytes, depth: int) -> Iterator[CodeFile]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
            if sum(member.file_size for member in archive.infolist()) > _UNPACKED_BYTES_MAX:
                yield CodeFile(place, None, unreadable="a zip of more than 8 GiB")
                return
            is_torch = any(name.rpartition("/")[2] == "data.pkl" for name in names)
            for name in names:
                for each in _inspect(f"{place}!{name}", archive.read(name), depth + 1):
                    written_by = "torch.save" if is_torch and each.format == "pickle" else each.format
                    yield CodeFile(each.place, written_by, each.imports, each.dangerous, each.unreadable)
    except (OSError, ValueError, zipfile.BadZipFile, RuntimeError, zlib.error, lzma.LZMAError) as error:
        yield CodeFile(place, None, unreadable=f"a zip that cannot be read ({error})")


def _tar(place: str, data: bytes, depth: int) -> Iterator[CodeFile]:
    try:
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            for member in archive:
                file = archive.extractfile(member)
                if file is not None:
                    yield from _inspect(f"{place}!{member.name}", file.read(), depth + 1)
    except (OSError, tarfile.TarError) as error:
        yield CodeFile(place, None, unreadable=f"a tar that cannot be read ({error})")


def _numpy_objects(place: str, data: bytes) -> Iterator[CodeFile]:
    """An array of objects is a pickle behind NumPy's header."""
    header = data[:4096].partition(b"\n")[0]
    if b"'descr': '|O'" in header or b"O" in header.partition(b"'descr':")[2].partition(b"'fortran_order'")[0]:
        start = data.find(b"\x80", len(header))
        pickle = _pickle(place, data[start:]) if start >= 0 else None
        yield pickle or CodeFile(place, "pickle")


def _pickle(place: str, data: bytes) -> CodeFile | None:
    """Read a file as the unpickler would: from its first byte, as far as the opcodes go."""
    operations: list[str] = []
    is_whole = False
    with suppress(ValueError, OverflowError, IndexError), warnings.catch_warnings(action="ignore"):
        # Up to what is no opcode: the unpickler, too, runs what stands before. What is no text warns of its escapes.
        for operation, argument, _ in pickletools.genops(data):
            if operation.name in ("GLOBAL", "INST") and not _names_something(argument):
                break
            operations.append(operation.name)
            is_whole = operation.name == "STOP"
    has_magic = len(data) > 1 and data[0] == 0x80 and 2 <= data[1] <= 5  # protocol 2 to 5
    runs = not _RUNNING.isdisjoint(operations)
    imports, dangerous = _imports(place, data) if runs else ((), ())
    # Protocols 0 and 1 are text, and much text reads like their first opcodes: "c" is one, with two lines after it.
    if not (has_magic and operations[1:]) and not (runs and (is_whole or dangerous)):
        return None
    modules = {name.partition(".")[0] for name in imports}
    written_by: CodeFormat = (
        "joblib" if "joblib" in modules else "cloudpickle" if "cloudpickle" in modules else "pickle"
    )
    return CodeFile(place, written_by, imports, dangerous)


def _names_something(argument: object) -> bool:
    return all(part.isidentifier() for word in str(argument).split(" ") for part in word.split("."))


def _imports(place: str, data: bytes) -> tuple[tuple[str, ...], tuple[str, ...]]:
    from picklescan.scanner import SafetyLevel, scan_pickle_bytes  # noqa: PLC0415 - only where a pickle is

    # Its findings become this module's, and are told once.
    logging.getLogger("picklescan").setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings(action="ignore"):
            scanned = scan_pickle_bytes(io.BytesIO(data), place).globals
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
