from pathlib import Path

import pytest

from sandbox.language_host.options import (
    Interpreter,
    OptionsError,
    RuntimeOptions,
    choose_interpreter,
    parse_options,
    virtualenv_path,
)


def make_virtualenv(folder: Path) -> Path:
    (folder / "bin").mkdir(parents=True)
    python = folder / "bin" / "python"
    python.write_text("#!/bin/sh\n")
    python.chmod(0o755)
    return python


def test_options_are_read_as_written() -> None:
    assert parse_options({"virtualenv": "venv", "toolchain": "uv", "typechecker": "mypy"}) == RuntimeOptions(
        "venv", "uv", "mypy"
    )
    assert parse_options({}) == RuntimeOptions()


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ({"virtualenvs": "venv"}, "got virtualenvs, expected only toolchain, typechecker, virtualenv"),
        ({"toolchain": "conda"}, "got 'conda', expected one of pip, uv"),
        ({"typechecker": True}, "got True, expected text"),
    ],
)
def test_an_option_that_cannot_be_followed_is_an_error(raw: dict[str, object], said: str) -> None:
    with pytest.raises(OptionsError, match=said):
        parse_options(raw)


def test_a_virtualenv_is_relative_to_the_project(tmp_path: Path) -> None:
    python = make_virtualenv(tmp_path / "venv")
    program = tmp_path / "infra"
    chosen = choose_interpreter(RuntimeOptions(virtualenv="venv"), tmp_path, program, {})
    assert chosen == Interpreter(python, tmp_path / "venv")


@pytest.mark.parametrize("exists", [True, False])
def test_a_missing_virtualenv_is_explained(tmp_path: Path, *, exists: bool) -> None:
    if exists:
        (tmp_path / "venv").mkdir()
    with pytest.raises(OptionsError) as raised:
        choose_interpreter(RuntimeOptions(virtualenv="venv"), tmp_path, tmp_path, {})
    text = str(raised.value)
    assert ("doesn't appear to be a virtual environment" if exists else "doesn't exist") in text
    assert f"python3 -m venv {tmp_path / 'venv'}" in text


def test_a_lock_file_above_the_program_means_its_virtualenv(tmp_path: Path) -> None:
    (tmp_path / "uv.lock").touch()
    program = tmp_path / "infra"
    program.mkdir()
    python = make_virtualenv(tmp_path / ".venv")
    assert choose_interpreter(RuntimeOptions(), tmp_path, program, {}).executable == python
    moved = virtualenv_path(RuntimeOptions(), tmp_path, program, {"UV_PROJECT_ENVIRONMENT": "elsewhere"})
    assert moved == tmp_path / "elsewhere"


def test_pip_does_not_look_for_lock_files(tmp_path: Path) -> None:
    (tmp_path / "uv.lock").touch()
    python = make_virtualenv(tmp_path / "other")
    (tmp_path / "other" / "bin" / "python3").symlink_to(python)
    environment = {"PATH": str(tmp_path / "other" / "bin")}
    chosen = choose_interpreter(RuntimeOptions(toolchain="pip"), tmp_path, tmp_path, environment)
    assert chosen == Interpreter(tmp_path / "other" / "bin" / "python3")


def test_without_any_python_the_error_names_what_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(OptionsError, match="failed to locate any of python9 on your PATH"):
        choose_interpreter(
            RuntimeOptions(), tmp_path, tmp_path, {"PATH": str(tmp_path), "PULUMI_PYTHON_CMD": "python9"}
        )


def test_a_virtualenv_is_activated(tmp_path: Path) -> None:
    base = {"PATH": "/usr/bin", "PYTHONHOME": "/opt/python", "HOME": "/root"}
    environment = Interpreter(tmp_path / "bin" / "python", tmp_path).environment(base)
    assert environment == {"PATH": f"{tmp_path}/bin:/usr/bin", "VIRTUAL_ENV": str(tmp_path), "HOME": "/root"}
    assert Interpreter(Path("/usr/bin/python3")).environment(base) == base
