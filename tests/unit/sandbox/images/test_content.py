import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pulumi_mlops.image.content import files_below, stage
from sandbox.errors import SandboxError
from sandbox.images.content import content_tag, sources, tag_of

INGREDIENTS = (
    "images/pipeline/Dockerfile",
    "images/pipeline/requirements.txt",
    "pipelines/code/__init__.py",
    "pipelines/code/inner/module.py",
)
IN_CONTEXT = sorted(("Dockerfile", *INGREDIENTS[1:]))


def test_the_ingredients_are_the_dockerfile_and_what_it_copies(checkout: Path) -> None:
    assert list(sources("pipeline", checkout)) == IN_CONTEXT


@pytest.mark.parametrize("name", INGREDIENTS)
def test_a_change_of_any_ingredient_changes_the_tag(checkout: Path, name: str) -> None:
    before = content_tag("pipeline", checkout)
    with (checkout / name).open("a") as file:
        file.write("# changed\n")
    assert content_tag("pipeline", checkout) != before


def _add(root: Path) -> None:
    (root / "pipelines/code/new.py").touch()


def _rename(root: Path) -> None:
    (root / "pipelines/code/__init__.py").rename(root / "pipelines/code/renamed.py")


def _make_executable(root: Path) -> None:
    (root / "pipelines/code/__init__.py").chmod(0o755)


def _swap(root: Path) -> None:
    (root / "pipelines/code/__init__.py").write_text("print()\n")
    (root / "pipelines/code/inner/module.py").write_text("")


@pytest.mark.parametrize("change", [_add, _rename, _make_executable, _swap])
def test_a_change_of_names_or_modes_changes_the_tag(checkout: Path, change: Callable[[Path], None]) -> None:
    before = content_tag("pipeline", checkout)
    change(checkout)
    assert content_tag("pipeline", checkout) != before


@pytest.mark.parametrize(
    "name",
    ["images/pipeline/notes.md", "pipelines/code/__pycache__/x.cpython-311.pyc", "pipelines/code/.hidden/file"],
)
def test_what_is_not_copied_does_not_count(checkout: Path, name: str) -> None:
    before = content_tag("pipeline", checkout)
    file = checkout / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("something")
    assert content_tag("pipeline", checkout) == before


def test_neither_the_place_nor_the_order_nor_the_umask_counts(checkout: Path, tmp_path: Path) -> None:
    other = tmp_path / "elsewhere"
    for name in reversed(INGREDIENTS):
        (other / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(checkout / name, other / name)
        (other / name).chmod(0o600)
        os.utime(other / name, (0, 0))
    assert content_tag("pipeline", other) == content_tag("pipeline", checkout)


def test_what_is_staged_is_what_is_hashed_and_can_be_read_by_anybody(checkout: Path, tmp_path: Path) -> None:
    (checkout / "pipelines/code/__init__.py").chmod(0o600)
    folder = tmp_path / "context"
    folder.mkdir(mode=0o700)
    assert stage(sources("pipeline", checkout), folder) == folder / "Dockerfile"
    staged = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    assert staged == IN_CONTEXT
    assert tag_of(files_below(folder)) == content_tag("pipeline", checkout)
    assert all(path.stat().st_mode & 0o044 == 0o044 for path in folder.rglob("*"))


def test_a_missing_source_names_the_dockerfile(checkout: Path) -> None:
    shutil.rmtree(checkout / "pipelines")
    with pytest.raises(SandboxError, match=r"images/pipeline/Dockerfile: pipelines/code: got nothing of this name"):
        content_tag("pipeline", checkout)


def test_an_empty_source_is_an_error_and_not_an_image_without_code(checkout: Path) -> None:
    shutil.rmtree(checkout / "pipelines/code")
    (checkout / "pipelines/code").mkdir()
    with pytest.raises(SandboxError, match="pipelines/code: got no files, expected some"):
        content_tag("pipeline", checkout)


def test_a_link_is_refused_since_it_may_lead_anywhere(checkout: Path) -> None:
    (checkout / "pipelines/code/link.py").symlink_to("/etc/passwd")
    with pytest.raises(SandboxError, match=r"link\.py: got a symbolic link, expected a file or folder"):
        content_tag("pipeline", checkout)


def test_an_image_without_dockerfile_is_unknown(checkout: Path) -> None:
    with pytest.raises(SandboxError, match=r"images/elsewhere/Dockerfile: got no such file"):
        content_tag("elsewhere", checkout)
