from pathlib import Path

import pytest

from sandbox import paths, versions
from sandbox.engine import Engine, current_engine, engine, install_engine
from sandbox.engine.libraries import Runtime, base_python


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MLOPS_SANDBOX_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("MLOPS_SANDBOX_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("PATH", str(tmp_path / "users"))
    paths.claim(paths.cache_root())
    runtime = Runtime(base_python(), tmp_path / "libraries")
    monkeypatch.setattr(engine, "plugin_runtime", lambda: runtime)
    build = tmp_path / "cache" / "engine" / "v1-key"
    write_program(build / "pulumi", "echo built")
    write_program(build / "pulumi-language-python-exec", "")
    monkeypatch.setattr(engine, "built_engine", lambda: build)
    return tmp_path


def write_program(path: Path, body: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


def test_the_users_own_pulumi_is_taken(folders: Path) -> None:
    users = folders / "users" / "pulumi"
    write_program(users, "echo v3.255.1")
    expected = Engine(users, "v3.255.1", is_built=False)
    assert install_engine() == expected
    assert current_engine() == expected
    assert not (folders / "state" / "bin").exists()


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("echo v3.249.0", "got version 'v3.249.0', expected 3.250.0 or newer"),
        ("echo nonsense", "got version 'nonsense'"),
        ("echo broken >&2; exit 1", "exit code 1"),
    ],
)
def test_one_that_will_not_do_is_passed_over_and_named(
    folders: Path, capsys: pytest.CaptureFixture[str], body: str, said: str
) -> None:
    write_program(folders / "users" / "pulumi", body)
    assert install_engine().is_built
    told = capsys.readouterr().err
    assert f"{folders}/users/pulumi is passed over" in told
    assert said in told


def test_the_built_engine_stands_beside_its_language_host(folders: Path) -> None:
    assert current_engine() is None
    installed = install_engine()
    assert installed == Engine(folders / "state" / "bin" / "pulumi", versions.PULUMI, is_built=True)
    assert current_engine() == installed
    assert sorted(path.name for path in installed.folder.iterdir()) == [
        "pulumi",
        "pulumi-language-python",
        "pulumi-language-python-exec",
        "pulumi-resource-pulumi-python",
    ]
    assert installed.pulumi.resolve().parent == installed.folder.resolve(), "the engine looks beside its real path"


def test_the_built_engine_on_path_is_not_taken_for_the_users(folders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed = install_engine()
    monkeypatch.setenv("PATH", str(installed.folder))
    assert install_engine() == installed


def test_the_link_follows_a_new_build(folders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = install_engine().folder.resolve()
    newer = folders / "cache" / "engine" / "v2-key"
    write_program(newer / "pulumi", "echo newer")
    write_program(newer / "pulumi-language-python-exec", "")
    monkeypatch.setattr(engine, "built_engine", lambda: newer)
    assert install_engine().folder.resolve() != before
    assert before.is_dir(), "an engine that runs still needs it"


@pytest.mark.parametrize(
    ("text", "version"), [("v3.259.0\n", (3, 259, 0)), ("3.9.10-dev.1", (3, 9, 10)), ("v3", None), ("", None)]
)
def test_versions_are_read(text: str, version: tuple[int, int, int] | None) -> None:
    assert engine.parse_version(text) == version
