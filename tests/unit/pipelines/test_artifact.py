import hashlib
import os
from pathlib import Path

import pytest

from mlops_runtime.artifact import ArtifactError, digest_directory, verify_directory


@pytest.fixture
def artifact(tmp_path: Path) -> Path:
    folder = tmp_path / "artifact"
    (folder / "deep").mkdir(parents=True)
    (folder / "b.txt").write_text("b")
    (folder / "deep" / "a.txt").write_text("a")
    return folder


def test_the_digest_is_over_paths_and_contents_in_order(artifact: Path) -> None:
    lines = "".join(
        f'{hashlib.sha256(content).hexdigest()} "{path}"\n' for path, content in (("b.txt", b"b"), ("deep/a.txt", b"a"))
    )

    assert digest_directory(artifact) == f"sha256:{hashlib.sha256(lines.encode()).hexdigest()}"


def test_times_modes_and_empty_folders_do_not_count(artifact: Path) -> None:
    before = digest_directory(artifact)
    os.utime(artifact / "b.txt", (0, 0))
    (artifact / "b.txt").chmod(0o600)
    (artifact / "empty").mkdir()

    assert digest_directory(artifact) == before


@pytest.mark.parametrize("change", ["content", "name", "folder", "added", "removed"])
def test_any_other_change_shows(artifact: Path, change: str) -> None:
    before = digest_directory(artifact)
    file = artifact / "b.txt"
    match change:
        case "content":
            file.write_text("B")
        case "name":
            file.rename(artifact / "c.txt")
        case "folder":
            file.rename(artifact / "deep" / "b.txt")
        case "added":
            (artifact / "added").write_text("")
        case "removed":
            file.unlink()

    assert digest_directory(artifact) != before
    with pytest.raises(ArtifactError, match=f"expected an artifact of digest {before}"):
        verify_directory(artifact, before)


def test_a_name_with_a_line_break_cannot_pass_for_two_files(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    digest = hashlib.sha256(b"x").hexdigest()
    (one / f"a\n{digest} b").write_text("x")
    (two / "a").write_text("x")
    (two / "b").write_text("x")

    assert digest_directory(one) != digest_directory(two)


def test_fails_when_there_is_a_link_no_file_or_no_folder(artifact: Path, tmp_path: Path) -> None:
    (artifact / "link").symlink_to("/etc/passwd")
    with pytest.raises(ArtifactError, match="link: got a link or a special file, expected a file or a folder"):
        digest_directory(artifact)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ArtifactError, match="got an empty folder, expected one with"):
        digest_directory(tmp_path / "empty")
    with pytest.raises(ArtifactError, match="got no folder, expected one with"):
        digest_directory(tmp_path / "absent")
