import hashlib
import io
import json
import tarfile
from pathlib import Path

import pytest

from sandbox.errors import SandboxError
from sandbox.images import archive

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"


class Layout:
    """An OCI archive in the making."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def blob(self, document: object) -> str:
        data = json.dumps(document).encode()
        digest = hashlib.sha256(data).hexdigest()
        self.files[f"blobs/sha256/{digest}"] = data
        return f"sha256:{digest}"

    def image(self, user: str, *sizes: int) -> str:
        configuration = self.blob({"config": {"User": user}})
        layers = [{"size": size} for size in sizes]
        return self.blob({"mediaType": MANIFEST, "config": {"digest": configuration}, "layers": layers})

    def write(self, file: Path, *manifests: object) -> Path:
        self.files["index.json"] = json.dumps({"manifests": manifests}).encode()
        with tarfile.open(file, "w") as opened:
            for name, data in self.files.items():
                member = tarfile.TarInfo(name)
                member.size = len(data)
                opened.addfile(member, io.BytesIO(data))
        return file


def test_the_digest_is_of_the_manifest(tmp_path: Path) -> None:
    layout = Layout()
    digest = layout.image("10001:10001", 5, 7)
    found = archive.read(layout.write(tmp_path / "a.tar", {"mediaType": MANIFEST, "digest": digest}))
    assert found == archive.ArchivedImage(digest, "10001:10001", 12)


def test_an_index_with_records_of_the_build_holds_one_image(tmp_path: Path) -> None:
    layout = Layout()
    digest = layout.image("", 1)
    index = layout.blob(
        {
            "mediaType": INDEX,
            "manifests": [
                {"mediaType": MANIFEST, "digest": digest, "platform": {"os": "linux", "architecture": "amd64"}},
                {"mediaType": MANIFEST, "digest": layout.blob({}), "platform": {"os": "unknown"}},
            ],
        }
    )
    found = archive.read(layout.write(tmp_path / "a.tar", {"mediaType": INDEX, "digest": index}))
    assert (found.digest, found.user) == (digest, "")


def test_two_images_are_one_too_many(tmp_path: Path) -> None:
    layout = Layout()
    entries = [{"mediaType": MANIFEST, "digest": layout.image("", size)} for size in (1, 2)]
    with pytest.raises(SandboxError, match="got 2 images, expected one"):
        archive.read(layout.write(tmp_path / "a.tar", *entries))


@pytest.mark.parametrize("content", [b"", b"not a tar file"])
def test_another_file_is_no_archive(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "a.tar"
    file.write_bytes(content)
    with pytest.raises(SandboxError, match="expected an OCI archive"):
        archive.read(file)
