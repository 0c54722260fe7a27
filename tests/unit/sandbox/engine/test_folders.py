from pathlib import Path

import pytest

from sandbox.engine.folders import made_whole


def test_a_folder_appears_whole_and_replaces_what_was_there(tmp_path: Path) -> None:
    folder = tmp_path / "cache" / "thing"
    for text in ("old", "new"):
        with made_whole(folder) as making:
            (making / "file").write_text(text)
            assert text == "new" or not folder.exists()
        assert (folder / "file").read_text() == text
    assert [path.name for path in folder.parent.iterdir()] == ["thing"]


def test_a_failure_leaves_what_was_there(tmp_path: Path) -> None:
    folder = tmp_path / "thing"
    with made_whole(folder) as making:
        (making / "file").write_text("old")
    with pytest.raises(FileNotFoundError), made_whole(folder) as making:
        (making / "absent" / "file").write_text("new")
    assert (folder / "file").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["thing"]


def test_what_a_killed_process_left_is_removed(tmp_path: Path) -> None:
    left = tmp_path / ".making-1234"
    (left / "made").mkdir(parents=True)
    with made_whole(tmp_path / "thing"):
        pass
    assert not left.exists()
