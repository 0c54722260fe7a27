from pathlib import Path

import pytest

from pulumi_mlops.image.records import ImageRecord, RecordsError, key_of, read, write

DIGEST = "sha256:" + "a" * 64
RECORD = ImageRecord(
    "pipeline", "boats", "registry.example/models", "c" * 64, {"boats.graph:GRAPH": DIGEST}, DIGEST, DIGEST
)


def test_an_image_is_known_in_every_registry_that_it_was_copied_to() -> None:
    assert key_of(f"registry.example/models@{DIGEST}") == key_of(f"other.example/x:tag@{DIGEST}") == DIGEST
    assert key_of("localhost/x:0123456789abcdef") == "localhost/x:0123456789abcdef"


def test_what_is_written_is_read_and_what_no_stack_pins_is_forgotten(tmp_path: Path) -> None:
    file, other = tmp_path / "images.lock", "sha256:" + "b" * 64
    write(file, {DIGEST: RECORD, other: RECORD}, ["first", f"pipeline: x@{DIGEST}"])
    assert read(file) == {DIGEST: RECORD}
    before = file.read_bytes()
    write(file, read(file), [f"pipeline: x@{DIGEST}"])
    assert file.read_bytes() == before
    assert read(tmp_path / "none") == {}


@pytest.mark.parametrize(
    "text", ["", "[]", '{"images": []}', '{"images": {"a": 1}}', '{"images": {"a": {"image": "x"}}}']
)
def test_another_text_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "images.lock").write_text(text)
    with pytest.raises(RecordsError):
        read(tmp_path / "images.lock")
