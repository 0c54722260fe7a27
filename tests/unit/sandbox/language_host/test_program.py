import json
from pathlib import Path

import pytest

from sandbox.language_host.options import Interpreter
from sandbox.language_host.program import Outcome, ProgramRun, plugin_command, program_outcome

PYTHON = Interpreter(Path("/venv/bin/python"), Path("/venv"))


def make_run(**changes: object) -> ProgramRun:
    values: dict[str, object] = {
        "engine_address": "127.0.0.1:1",
        "monitor_address": "127.0.0.1:2",
        "project": "mlops",
        "stack": "dev",
        "organization": "organization",
        "working_folder": "/work/infra",
        "root_folder": "/work",
        "program": Path("/work/infra"),
        "dry_run": True,
        "parallel": 16,
        "arguments": (),
        "config": {"mlops:token": "s3cret"},
        "secret_keys": ("mlops:token",),
    }
    return ProgramRun(**{**values, **changes})  # type: ignore[arg-type]


def test_the_executor_gets_every_setting_and_the_program_last() -> None:
    command = make_run().command(PYTHON, Path("/engine/exec"))
    assert command[:3] == ["/venv/bin/python", "-u", "/engine/exec"]
    assert command[-1] == "/work/infra"
    flags = dict(zip(command[3:-1:2], command[4:-1:2], strict=True))
    assert flags["--dry_run"] == "true"
    assert flags["--parallel"] == "16"
    assert flags["--root_directory"] == "/work"


def test_what_is_not_set_is_not_passed() -> None:
    assert "--organization" not in make_run(organization="").command(PYTHON, Path("/engine/exec"))


def test_configuration_goes_by_the_environment_and_never_by_the_command_line() -> None:
    run = make_run()
    environment = run.environment(PYTHON, {"PATH": "/bin"})
    assert json.loads(environment["PULUMI_CONFIG"]) == {"mlops:token": "s3cret"}
    assert json.loads(environment["PULUMI_CONFIG_SECRET_KEYS"]) == ["mlops:token"]
    assert not any("s3cret" in part for part in run.command(PYTHON, Path("/engine/exec")))


@pytest.mark.parametrize(
    ("exit_code", "cancelled", "outcome"),
    [
        (0, False, Outcome()),
        (1, False, Outcome(error="Program exited with non-zero exit code: 1")),
        (32, False, Outcome(bail=True)),
        (-15, True, Outcome(bail=True)),
        (-9, False, Outcome(error="Program was killed by signal 9")),
    ],
)
def test_exit_codes_mean_what_the_sdk_means_by_them(exit_code: int, outcome: Outcome, *, cancelled: bool) -> None:
    assert program_outcome(exit_code, cancelled=cancelled) == outcome


def test_a_policy_pack_runs_under_the_sdks_module() -> None:
    command = plugin_command(PYTHON, "analyzer", Path("/pack"), ["127.0.0.1:1"])
    assert command == ["/venv/bin/python", "-u", "-m", "pulumi.policy", "127.0.0.1:1", "/pack"]


def test_a_plugin_runs_its_main_or_else_its_package(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "my-components"\n')
    by_package = plugin_command(PYTHON, "resource", tmp_path, ["127.0.0.1:1"])
    assert by_package[2:] == ["-m", "pulumi.run.plugin", "my-components", "127.0.0.1:1"]
    (tmp_path / "__main__.py").touch()
    assert plugin_command(PYTHON, "resource", tmp_path, ["a"]) == ["/venv/bin/python", "-u", str(tmp_path), "a"]


@pytest.mark.parametrize("pyproject", [None, "[tool.uv]\n"])
def test_a_folder_with_nothing_to_run_is_an_error(tmp_path: Path, pyproject: str | None) -> None:
    if pyproject:
        (tmp_path / "pyproject.toml").write_text(pyproject)
    with pytest.raises(ValueError, match=r"project.name: got None|needs a __main__.py or a pyproject.toml"):
        plugin_command(PYTHON, "resource", tmp_path, [])
