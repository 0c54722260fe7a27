from pathlib import Path

from sandbox.language_host.dependencies import install_commands, plugin_options
from sandbox.language_host.options import RuntimeOptions


def test_a_plugin_gets_a_virtualenv_of_its_own_and_is_run_from_it(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("pulumi\n")
    commands = install_commands(RuntimeOptions(toolchain="pip"), tmp_path, tmp_path, {}, is_plugin=True)
    folder = tmp_path / "venv"
    assert commands == [
        ["python3", "-m", "venv", str(folder)],
        [f"{folder}/bin/python", "-m", "pip", "install", "-r", "requirements.txt"],
    ]
    assert plugin_options(RuntimeOptions(), tmp_path) == RuntimeOptions()
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "python").touch()
    assert plugin_options(RuntimeOptions(), tmp_path) == RuntimeOptions(virtualenv="venv")
    assert plugin_options(RuntimeOptions(toolchain="uv"), tmp_path) == RuntimeOptions(toolchain="uv")


def test_a_lock_file_is_followed_without_changing_it_or_removing_anything(tmp_path: Path) -> None:
    (tmp_path / "uv.lock").touch()
    commands = install_commands(RuntimeOptions(), tmp_path, tmp_path, {}, is_plugin=False)
    assert commands == [["uv", "sync", "--inexact", "--frozen"]]


def test_without_a_lock_file_uv_makes_one_when_told_to_be_used(tmp_path: Path) -> None:
    commands = install_commands(RuntimeOptions(toolchain="uv"), tmp_path, tmp_path, {}, is_plugin=False)
    assert commands == [["uv", "sync", "--inexact"]]


def test_a_program_without_a_word_on_dependencies_needs_nothing(tmp_path: Path) -> None:
    assert install_commands(RuntimeOptions(toolchain="pip"), tmp_path, tmp_path, {}, is_plugin=False) == []
