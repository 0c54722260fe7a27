import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.engine.dynamic_provider import LAUNCHER
from tests.e2e.pulumi_project import wait_for

# Stands in for an interpreter: tells which one it is and what it was asked for.
PYTHON = '#!/bin/sh\nfor last; do :; done\necho "$0 $1 $2 $last; VIRTUAL_ENV=$VIRTUAL_ENV"\n'


def interpreter(path: Path) -> Path:
    path.parent.mkdir(parents=True)
    path.write_text(PYTHON)
    path.chmod(0o755)
    return path


def run(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    script = folder / "launcher"
    script.write_text(LAUNCHER)
    program = folder / "project" / "infra"
    program.mkdir(parents=True, exist_ok=True)
    command = ["sh", str(script), "127.0.0.1:1"]
    variables = {"PATH": "/usr/bin:/bin", **environment}
    return subprocess.run(command, cwd=program, env=variables, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("options", [{"PULUMI_RUNTIME_VIRTUALENV": ".venv"}, {"PULUMI_RUNTIME_TOOLCHAIN": "uv"}])
def test_the_projects_own_python_is_found_above_the_program(tmp_path: Path, options: dict[str, str]) -> None:
    python = interpreter(tmp_path / "project" / ".venv" / "bin" / "python")
    told = run(tmp_path, **options).stdout.strip()
    assert told == f"{python} -u -c 127.0.0.1:1; VIRTUAL_ENV={python.parent.parent}"


def test_an_absolute_path_is_taken_as_it_is(tmp_path: Path) -> None:
    python = interpreter(tmp_path / "elsewhere" / "bin" / "python")
    assert run(tmp_path, PULUMI_RUNTIME_VIRTUALENV=str(tmp_path / "elsewhere")).stdout.startswith(str(python))


def test_without_a_virtual_environment_the_python_on_path_runs(tmp_path: Path) -> None:
    python = interpreter(tmp_path / "bin" / "python3")
    assert run(tmp_path, PATH=f"{python.parent}:/usr/bin:/bin").stdout.startswith(f"{python} -u -c")


def test_one_that_is_missing_is_named(tmp_path: Path) -> None:
    ended = run(tmp_path, PULUMI_RUNTIME_VIRTUALENV="venv")
    assert ended.returncode == 1
    assert "got the virtual environment venv" in ended.stderr


ENGINE = """
import subprocess, sys
provider = subprocess.Popen(["sh", *sys.argv[1:]], stdout=subprocess.PIPE, text=True)
print(provider.pid, provider.stdout.readline(), flush=True)
provider.wait()
"""


def test_it_serves_and_ends_with_an_engine_that_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "launcher"
    script.write_text(LAUNCHER)
    engine = subprocess.Popen(
        [sys.executable, "-c", ENGINE, str(script), "127.0.0.1:1"],
        env={**os.environ, "PULUMI_RUNTIME_VIRTUALENV": sys.prefix},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert engine.stdout is not None
    provider, port = map(int, engine.stdout.readline().split())
    assert port > 0
    engine.send_signal(signal.SIGKILL)
    engine.wait()
    engine.stdout.close()
    wait_for(lambda: not Path(f"/proc/{provider}").exists())
