import json
from collections.abc import Callable
from pathlib import Path

import pytest

from pulumi_mlops.image import builder as choosing
from sandbox.errors import SandboxError
from sandbox.images import building
from sandbox.images.builder import Recipe
from sandbox.images.catalog import ImageBuild
from sandbox.images.content import content_tag
from tests.unit.sandbox.images.test_archive import MANIFEST, Layout


class RecordingBuilder:
    """Keeps what it was asked for and exports real archives."""

    description = "a recorder"

    def __init__(self) -> None:
        self.recipes: list[Recipe] = []
        self.contexts: list[set[str]] = []
        self.bases: list[str] = []
        self.kept: frozenset[str] = frozenset()
        self.recovered = 0
        self.user = "10001:10001"
        self.fails = False

    def build(self, recipe: Recipe, report: Callable[[str], None]) -> None:
        report("a line")
        self.recipes.append(recipe)
        files = (path for path in recipe.context.rglob("*") if path.is_file())
        self.contexts.append({path.relative_to(recipe.context).as_posix() for path in files})
        if self.fails:
            raise SandboxError("pip: no such package")

    def recover(self) -> None:
        self.recovered += 1

    def prepare_base(self, name: str) -> None:
        self.bases.append(name)

    def export(self, tag: str, archive: Path, *, is_kept: bool = True) -> None:
        layout = Layout()
        digest = layout.image(self.user, len(tag))
        layout.write(archive, {"mediaType": MANIFEST, "digest": digest})

    def size_bytes(self, tag: str) -> int:
        return 1000

    def push(self, archive: Path, tag: str, target: str) -> str:
        return "sha256:" + "f" * 64

    def forget(self, repository: str, keep: frozenset[str]) -> None:
        self.kept = keep


@pytest.fixture
def builder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RecordingBuilder:
    monkeypatch.setenv("MLOPS_SANDBOX_CACHE", str(tmp_path / "cache"))
    recorder = RecordingBuilder()
    monkeypatch.setattr(building, "choose", lambda: recorder)
    return recorder


def _build(checkout: Path) -> ImageBuild:
    return building.build(("pipeline",), checkout)["pipeline"]


def test_a_build_is_named_by_its_content_and_told_its_version(checkout: Path, builder: RecordingBuilder) -> None:
    result = _build(checkout)
    tag = content_tag("pipeline", checkout)
    assert result.tag == f"localhost/pulumi-mlops/pipeline:{tag}"
    assert result.reference_by_digest == f"localhost/pulumi-mlops/pipeline@{result.digest}"
    assert builder.recipes[0].tag == result.tag
    assert builder.recipes[0].arguments == {"MLOPS_CODE_VERSION": tag}
    assert builder.bases == ["docker.io/library/python:3.11-slim-bookworm"]
    assert building.archive_of("pipeline", tag).stat().st_size == result.archive_bytes


def test_a_build_sees_its_ingredients_and_nothing_else(checkout: Path, builder: RecordingBuilder) -> None:
    _build(checkout)
    assert builder.contexts == [
        {
            "Dockerfile",
            "images/pipeline/requirements.txt",
            "pipelines/code/__init__.py",
            "pipelines/code/inner/module.py",
        }
    ]


def test_unchanged_content_is_not_built_again(checkout: Path, builder: RecordingBuilder) -> None:
    first = _build(checkout)
    (checkout / "images/pipeline/notes.md").write_text("changed")
    assert _build(checkout) == first
    assert len(builder.recipes) == 1
    assert building.built(("pipeline",), checkout) == {"pipeline": first}


def test_changed_content_is_built_again(checkout: Path, builder: RecordingBuilder) -> None:
    first = _build(checkout)
    (checkout / "pipelines/code/__init__.py").write_text("changed = 1\n")
    assert building.built(("pipeline",), checkout) == {}
    assert _build(checkout).tag != first.tag


def test_a_lost_archive_is_built_again(checkout: Path, builder: RecordingBuilder) -> None:
    first = _build(checkout)
    building.archive_of("pipeline", first.tag.rpartition(":")[2]).unlink()
    assert building.built(("pipeline",), checkout) == {}
    assert _build(checkout) == first


def test_a_failed_build_leaves_nothing_that_counts_as_built(checkout: Path, builder: RecordingBuilder) -> None:
    builder.fails = True
    with pytest.raises(SandboxError, match="no such package"):
        _build(checkout)
    assert building.built(("pipeline",), checkout) == {}
    builder.fails = False
    _build(checkout)
    assert len(builder.recipes) == 2


def test_an_image_that_would_run_as_root_is_refused(checkout: Path, builder: RecordingBuilder) -> None:
    builder.user = ""
    with pytest.raises(SandboxError, match="got the user root, expected 10001:10001"):
        _build(checkout)
    assert building.built(("pipeline",), checkout) == {}


def test_what_a_killed_build_left_is_cleared_away(checkout: Path, builder: RecordingBuilder) -> None:
    first = _build(checkout)
    left = building.archive_of("pipeline", "x").parent / "pipeline-killed"
    left.mkdir()
    (left / "image.tar").touch()
    (checkout / "pipelines/code/__init__.py").write_text("changed = 1\n")
    _build(checkout)
    assert not left.exists()
    assert builder.recovered == 2
    assert building.archive_of("pipeline", first.tag.rpartition(":")[2]).exists()


def test_the_cache_keeps_the_newest_builds(checkout: Path, builder: RecordingBuilder) -> None:
    tags = []
    for number in range(4):
        (checkout / "pipelines/code/__init__.py").write_text(f"number = {number}\n")
        tags.append(_build(checkout).tag)
    assert builder.kept == frozenset(tags[-2:])
    records = building.archive_of("pipeline", "x").parent.glob("*.json")
    assert {json.loads(record.read_text())["tag"] for record in records} == frozenset(tags[-2:])


def test_the_builder_named_by_the_variable_must_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLOPS_IMAGE_BUILDER", "kaniko")
    with pytest.raises(SandboxError, match="got 'kaniko', expected docker or buildah"):
        building.choose()


def test_without_docker_and_root_the_person_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLOPS_IMAGE_BUILDER", raising=False)
    monkeypatch.setattr(choosing, "docker_answers", lambda: False)
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(SandboxError, match="no Docker engine answers"):
        building.choose()
