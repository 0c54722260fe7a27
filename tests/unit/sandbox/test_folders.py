import os
from pathlib import Path

import pytest

from sandbox import files, go_caches, paths, take_down
from sandbox.cluster import lifecycle
from sandbox.errors import SandboxError
from sandbox.images.catalog import KNOWN_IMAGE_NAMES
from sandbox.images.docker import Docker


@pytest.fixture
def roots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    state, cache = tmp_path / "state", tmp_path / "cache"
    monkeypatch.setenv("MLOPS_SANDBOX_STATE", str(state))
    monkeypatch.setenv("MLOPS_SANDBOX_CACHE", str(cache))
    monkeypatch.setattr(lifecycle, "down", lambda *, keep_data: None)
    monkeypatch.setattr(take_down, "docker_answers", lambda: False)
    return state, cache


def test_a_named_folder_comes_before_the_users_usual_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for variable in ("MLOPS_SANDBOX_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert paths.cache_root() == tmp_path / ".cache" / "pulumi-mlops"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert paths.cache_root() == tmp_path / "xdg" / "pulumi-mlops"
    monkeypatch.setenv("MLOPS_SANDBOX_CACHE", str(tmp_path / "named"))
    assert paths.cache_root() == tmp_path / "named"


def test_a_folder_with_other_files_is_not_claimed(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(SandboxError, match="files"):
        paths.claim(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_claimed_folder_is_claimed_again(tmp_path: Path) -> None:
    paths.claim(tmp_path / "new")
    (tmp_path / "new" / "cluster").mkdir()
    assert paths.claim(tmp_path / "new") == tmp_path / "new"


def test_a_folder_that_another_claims_at_the_same_time_is_claimed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def claimed_meanwhile(root: Path) -> list[Path]:
        (root / paths.MARKER).touch()
        return [root / "locks"]

    monkeypatch.setattr(Path, "iterdir", claimed_meanwhile)
    assert paths.claim(tmp_path) == tmp_path


def test_down_removes_a_root_that_was_not_marked_yet(roots: tuple[Path, Path]) -> None:
    for root in roots:
        root.mkdir()
    take_down.take_down(purge=True)
    assert not any(root.exists() for root in roots)


def test_down_removes_the_state_and_keeps_what_was_built(roots: tuple[Path, Path]) -> None:
    for root in roots:
        (paths.claim(root) / "things" / "deep").mkdir(parents=True)
    take_down.take_down()
    assert [root.exists() for root in roots] == [False, True]


def test_purge_removes_what_was_built_as_well(roots: tuple[Path, Path]) -> None:
    for root in roots:
        (paths.claim(root) / "link").symlink_to("/nowhere")
    take_down.take_down(purge=True)
    assert not any(root.exists() for root in roots)


def test_purge_forgets_the_images_in_the_users_docker(
    roots: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    forgotten: list[str] = []
    monkeypatch.setattr(take_down, "docker_answers", lambda: True)
    monkeypatch.setattr(Docker, "forget", lambda _, name, keep: forgotten.append(f"{name} {set(keep)}"))
    take_down.take_down()
    assert forgotten == []
    take_down.take_down(purge=True)
    assert forgotten[0] == "localhost/pulumi-mlops/pipeline set()"
    assert len(forgotten) == len(KNOWN_IMAGE_NAMES)


def test_the_compilers_caches_go_once_the_build_has_succeeded(
    roots: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(go_caches.KEEP_VARIABLE, raising=False)

    def compile_with(variables: dict[str, str], *, fails: bool = False) -> list[Path]:
        folders = [Path(variables[name]) for name in ("GOMODCACHE", "GOCACHE")]
        for folder in folders:
            folder.mkdir(parents=True, exist_ok=True)
        assert all(folder.is_relative_to(roots[1]) for folder in folders)
        assert "-modcacherw" in variables["GOFLAGS"]
        if fails:
            raise SandboxError("go build: exit code 1")
        return folders

    with pytest.raises(SandboxError), go_caches.compiling("a test") as variables:
        compile_with(variables, fails=True)
    left = [Path(variables["GOMODCACHE"]), Path(variables["GOCACHE"])]
    assert all(folder.is_dir() for folder in left), "the next build goes on with them"
    with go_caches.compiling("a test") as variables:
        compile_with(variables)
    assert not any(folder.exists() for folder in left)

    monkeypatch.setenv(go_caches.KEEP_VARIABLE, "1")
    with go_caches.compiling("a test") as variables:
        compile_with(variables)
    assert all(folder.is_dir() for folder in left)


def test_builds_within_a_block_share_the_compilers_caches(
    roots: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(go_caches.KEEP_VARIABLE, raising=False)
    with go_caches.compiling("both") as variables:
        objects = Path(variables["GOCACHE"])
        with go_caches.compiling("the first") as first:
            objects.mkdir(parents=True)
        assert first == variables
        assert objects.is_dir(), "the second build takes what the first compiled"
        with go_caches.compiling("the second"):
            pass
    assert not objects.exists()


def test_kept_data_stays(roots: tuple[Path, Path]) -> None:
    (paths.claim(roots[0]) / "kept").touch()
    take_down.take_down(keep_data=True)
    assert (roots[0] / "kept").exists()


def test_a_folder_that_is_not_the_sandboxs_is_never_removed(roots: tuple[Path, Path]) -> None:
    roots[0].mkdir()
    (roots[0] / "thesis.txt").touch()
    with pytest.raises(SandboxError, match="not the sandbox's"):
        take_down.take_down()
    assert (roots[0] / "thesis.txt").exists()


def test_stacks_in_a_cluster_of_the_users_own_are_not_forgotten(
    roots: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    state = paths.claim(roots[0])
    (state / "users-contexts").write_text("kind-dev\n")
    stack = paths.pulumi_backend() / ".pulumi" / "stacks" / "mlops" / "dev-local.json"
    stack.parent.mkdir(parents=True)
    stack.touch()

    engine = paths.claim(roots[1]) / "engine"
    engine.mkdir()

    take_down.take_down(purge=True)
    assert stack.exists()
    assert engine.exists(), "nothing else could destroy the stack"
    told = capsys.readouterr().err
    assert str(roots[1]) in told
    assert "down --purge" in told

    stack.unlink()
    take_down.take_down(purge=True)
    assert not any(root.exists() for root in roots)


def test_mounts_are_undone_from_the_innermost_and_nobody_elses() -> None:
    lines = [
        "1 0 8:1 / / rw - ext4 /dev/vda rw",
        r"2 1 0:1 / /cache/a\040b rw - overlay overlay rw",
        r"3 2 0:2 / /cache/a\040b/merged rw - overlay overlay rw",
        "4 1 0:3 / /cache-of-others rw - tmpfs tmpfs rw",
    ]
    found = take_down.mounts_below(Path("/cache"), "\n".join(lines))
    assert found == [Path("/cache/a b/merged"), Path("/cache/a b")]


def test_a_write_that_fails_leaves_the_old_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "file"
    files.write_atomically(file, "old")

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(OSError, match="No space left"):
        files.write_atomically(file, "new")
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_a_file_has_the_asked_for_mode_from_the_beginning(tmp_path: Path) -> None:
    files.write_atomically(tmp_path / "secret", "text", mode=0o600)
    assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o600


def test_a_lock_that_another_holds_is_told_and_freed_when_it_dies(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        with files.exclusive(tmp_path / "lock", "holding"):
            os.write(writer, b"1")
            os.read(os.pipe()[0], 1)
    os.read(reader, 1)
    try:
        with (
            pytest.raises(SandboxError, match="another process has held"),
            files.exclusive(tmp_path / "lock", "x", 0.1),
        ):
            pass
    finally:
        os.kill(child, 9)
        os.waitpid(child, 0)
        os.close(reader)
        os.close(writer)
    with files.exclusive(tmp_path / "lock", "x", 5):
        pass
