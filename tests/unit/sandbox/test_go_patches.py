import json
import re
import subprocess
from pathlib import Path

import pytest

from sandbox import commands, go_patches, paths
from sandbox.cluster import build as cluster_build
from sandbox.engine import build as engine_build

BUILDS = {"node": cluster_build._PATCHED, "engine": engine_build._PATCHED}


def sources(build: str, kind: str) -> Path:
    return paths.sources() / "go" / build / kind


def ours(build: str) -> list[Path]:
    return [file for kind in ("_patches", "_stubs") for file in sources(build, kind).rglob("*.go")]


def requirement(build: str, module: str) -> str:
    text = (paths.sources() / "go" / build / "go.mod").read_text()
    found = re.search(rf"^\s*(?:require )?{re.escape(module)} (v\S+)", text, re.MULTILINE)
    assert found is not None
    return found[1]


@pytest.mark.parametrize("build", BUILDS)
def test_every_file_of_ours_is_of_a_module_that_is_patched(build: str) -> None:
    for file in ours(build):
        kind = next(kind for kind in ("_patches", "_stubs") if file.is_relative_to(sources(build, kind)))
        path = file.relative_to(sources(build, kind)).as_posix()
        assert any(path.startswith(f"{module}/") for module in BUILDS[build]), path


@pytest.mark.parametrize("build", BUILDS)
def test_a_patched_file_names_the_pinned_version(build: str) -> None:
    for module in BUILDS[build]:
        for file in (sources(build, "_patches") / module).rglob("*.go"):
            assert requirement(build, module) in file.read_text(), file


@pytest.mark.parametrize("build", BUILDS)
def test_ours_are_put_in_their_places_and_the_rest_is_as_it_was(
    build: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    downloaded = tmp_path / "downloaded"
    for module in BUILDS[build]:
        for kind in ("_patches", "_stubs"):
            for file in (sources(build, kind) / module).rglob("*.go"):
                original = downloaded / file.relative_to(sources(build, kind))
                original.parent.mkdir(parents=True, exist_ok=True)
                original.write_text("the original")
                original.with_name("other.go").write_text("beside it")
        (downloaded / module / "go.mod").write_text(f"module {module}\n")
        (downloaded / module / "untouched").mkdir()
        (downloaded / module / "untouched" / "package.go").write_text("the original")

    def download(command: list[str], **_: object) -> str:
        return json.dumps({"Dir": str(downloaded / command[-1])})

    monkeypatch.setattr(commands, "run", download)
    module_folder = paths.sources() / "go" / build

    written = go_patches.patched(module_folder, BUILDS[build], {"GOMODCACHE": str(tmp_path / "go" / "modules")})

    replaced = dict(re.findall(r"^replace (\S+) => (/\S+)$", written.read_text(), re.MULTILINE))
    assert set(BUILDS[build]) <= set(replaced)
    for module in BUILDS[build]:
        assert (Path(replaced[module]) / "go.mod").read_text() == f"module {module}\n"
        assert (Path(replaced[module]) / "untouched" / "package.go").read_text() == "the original"
    for file in ours(build):
        kind = next(kind for kind in ("_patches", "_stubs") if file.is_relative_to(sources(build, kind)))
        put = written.parent / file.relative_to(sources(build, kind))
        assert put.read_bytes() == file.read_bytes()
        assert put.with_name("other.go").exists() is (kind == "_patches"), "a stub stands for its whole package"
    assert (written.parent / "go.sum").is_file()


def test_a_change_of_a_stub_is_another_build(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    module = tmp_path / "engine"
    subprocess.run(["cp", "-r", paths.sources() / "go" / "engine", module], check=True)
    before = engine_build.build_key()
    monkeypatch.setattr(engine_build, "_module", lambda: module)
    assert engine_build.build_key() == before
    stub = next(module.rglob("stub.go"))
    stub.write_text(stub.read_text() + "\n")
    assert engine_build.build_key() != before
