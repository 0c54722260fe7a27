import io
import tarfile
from pathlib import Path

import pytest

from mlops_runtime.artifact import ArtifactError, digest_directory
from mlops_runtime.sagemaker.archive import unpack_model
from tests.unit.pipelines.sagemaker.containers import pack


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    (folder / "part").mkdir(parents=True)
    (folder / "weights.txt").write_text("3 2 1")
    (folder / "part" / "names.txt").write_text("a b c")
    return folder


def planted(folder: Path, *members: tarfile.TarInfo) -> Path:
    archive = folder / "model.tar.gz"
    with tarfile.open(archive, "w:gz") as packed:
        for member in members:
            packed.addfile(member, io.BytesIO(b"x" * member.size))
    return archive


def member(name: str, kind: bytes = tarfile.REGTYPE, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    info.size = 1 if kind == tarfile.REGTYPE else 0
    return info


@pytest.mark.parametrize("prefix", ["", "./"])
def test_a_packed_model_is_unpacked_as_it_was(model: Path, tmp_path: Path, prefix: str) -> None:
    unpack_model(pack(model, tmp_path / "model.tar.gz", prefix=prefix), tmp_path / "unpacked")

    assert digest_directory(tmp_path / "unpacked") == digest_directory(model)


@pytest.mark.parametrize(
    ("bad", "expected"),
    [
        (member("../escaped"), "'../escaped', which leads out of the folder"),
        (member("part/../../escaped"), "which leads out of the folder"),
        (member("/escaped"), "'/escaped', which leads out of the folder"),
        (member("link", tarfile.SYMTYPE, "/etc/passwd"), "'link', which is neither a file nor a folder"),
        (member("link", tarfile.LNKTYPE, "weights.txt"), "neither a file nor a folder"),
        (member("pipe", tarfile.FIFOTYPE), "neither a file nor a folder"),
        (member("disk", tarfile.BLKTYPE), "neither a file nor a folder"),
    ],
)
def test_fails_when_a_member_is_not_a_file_within(tmp_path: Path, bad: tarfile.TarInfo, expected: str) -> None:
    archive = planted(tmp_path, member("weights.txt"), bad)
    destination = tmp_path / "inner" / "model"

    with pytest.raises(ArtifactError) as caught:
        unpack_model(archive, destination)

    assert expected in str(caught.value)
    assert list(destination.iterdir()) == []
    assert not list(tmp_path.rglob("escaped"))


def test_fails_when_the_archive_is_cut_off_or_none_or_not_there(model: Path, tmp_path: Path) -> None:
    (model / "weights.txt").write_bytes(bytes(range(256)) * 500)
    whole = pack(model, tmp_path / "model.tar.gz").read_bytes()
    for content, expected in ((whole[: len(whole) // 2], "end-of-stream"), (b"[]", "not a gzip file")):
        (tmp_path / "model.tar.gz").write_bytes(content)
        with pytest.raises(ArtifactError, match=expected):
            unpack_model(tmp_path / "model.tar.gz", tmp_path / "unpacked")
    with pytest.raises(ArtifactError, match="got no such file"):
        unpack_model(tmp_path / "none.tar.gz", tmp_path / "unpacked")
