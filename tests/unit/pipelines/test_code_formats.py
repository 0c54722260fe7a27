import gzip
import io
import pickle
import posix
import zipfile
from collections.abc import Callable
from pathlib import Path

import cloudpickle
import joblib
import numpy as np
import pytest

from mlops_runtime.code_formats import CodeFile, find_code_files


class Planted:
    def __reduce__(self) -> tuple[object, ...]:
        return (posix.system, ("true",))


def zipped(name: str, data: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, data)
    return buffer.getvalue()


def saved(write: Callable[[io.BytesIO], object]) -> bytes:
    buffer = io.BytesIO()
    write(buffer)
    return buffer.getvalue()


def found(folder: Path, data: bytes, name: str = "file.bin") -> CodeFile | None:
    (folder / name).write_bytes(data)
    files = find_code_files(folder)
    assert len(files) <= 1
    return files[0] if files else None


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickle_is_found_by_its_opcodes_whatever_it_is_called(protocol: int, tmp_path: Path) -> None:
    file = found(tmp_path, pickle.dumps(Planted(), protocol), "weights.json")

    assert file is not None
    assert (file.format, file.dangerous) == ("pickle", ("posix.system",))


@pytest.mark.parametrize(
    ("data", "format_", "place"),
    [
        (pickle.dumps({"a": 1}), "pickle", "file.bin"),
        (cloudpickle.dumps(lambda value: value + 1), "cloudpickle", "file.bin"),
        (saved(lambda file: joblib.dump({"a": np.arange(9.0)}, file)), "joblib", "file.bin"),
        (saved(lambda file: joblib.dump({"a": np.arange(9.0)}, file, compress=("xz", 3))), "joblib", "file.bin"),
        (gzip.compress(pickle.dumps(Planted())), "pickle", "file.bin"),
        (zipped("archive/data.pkl", pickle.dumps(Planted(), 2)), "torch.save", "file.bin!archive/data.pkl"),
        (zipped("in.zip", zipped("a", pickle.dumps(Planted()))), "pickle", "file.bin!in.zip!a"),
        (saved(lambda file: np.save(file, np.array([{}], dtype=object))), "pickle", "file.bin"),
        (saved(lambda file: np.savez(file, a=np.array([{}], dtype=object))), "pickle", "file.bin!a.npy"),
        (b"cos\nsystem\n(S'true'\ntR", "pickle", "file.bin"),
    ],
    # What is packed holds a time, which no two processes share.
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_form_is_told_by_its_name_and_its_place(data: bytes, format_: str, place: str, tmp_path: Path) -> None:
    file = found(tmp_path, data)

    assert file is not None
    assert (file.format, file.place) == (format_, place)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b".",
        b"{}",
        b"cat\ndog\nRabbit\n",
        b"cloudpickle==3.1\nskops\n",
        b"channels:\n- conda-forge\n",
        b"carrier,origin\nUA,EWR\n",
        b"I1\n.",
        saved(lambda file: np.save(file, np.arange(3))),
        zipped("schema.json", b"{}"),
        b"\x1f\x8b no gzip after all",
        b"i\\ an escape that is none\n",
    ],
    ids=lambda _: "",
)
def test_files_that_are_only_read_are_left_alone(data: bytes, tmp_path: Path) -> None:
    assert found(tmp_path, data) is None


@pytest.mark.parametrize(
    ("data", "told"),
    [(b"PK\x03\x04" + zipped("a", b"b")[30:], "a zip that cannot be read"), (b"7z\xbc\xaf\x27\x1c", "a 7z archive")],
    ids=["zip", "7z"],
)
def test_what_cannot_be_read_is_told(data: bytes, told: str, tmp_path: Path) -> None:
    file = found(tmp_path, data)

    assert file is not None
    assert told in file.unreadable


def test_archives_within_archives_have_an_end(tmp_path: Path) -> None:
    data = pickle.dumps(Planted())
    for _ in range(6):
        data = zipped("in.zip", data)

    file = found(tmp_path, data)

    assert file is not None
    assert "archives within archives" in file.unreadable
