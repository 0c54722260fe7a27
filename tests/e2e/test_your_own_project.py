"""The page docs/your-own-project.md, from `pip install` to a served model: its commands as they are printed."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.test_wheel import CHECKOUT, find_uv, succeed

PAGE = CHECKOUT / "docs" / "your-own-project.md"
LIMIT_SECONDS = 900
# KServe, which serves, has no release for Python 3.13.
CAN_SERVE = sys.version_info < (3, 13)

pytestmark = pytest.mark.e2e


def printed_commands() -> Iterator[str]:
    """Yield the commands of the section that needs no cluster."""
    section = PAGE.read_text(encoding="utf-8").split("\n## On your machine\n")[1].split("\n## ")[0]
    for block in re.findall(r"^```console\n(.*?)^```", section, re.MULTILINE | re.DOTALL):
        if "mlops_runtime.serving.server" in block and not CAN_SERVE:
            continue
        for line in block.splitlines():
            assert line.startswith("$ "), line
            yield line.removeprefix("$ ")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder with the wheel in it."""
    if uv := find_uv():
        succeed(uv, "build", "--quiet", "--wheel", "--out-dir", tmp_path, CHECKOUT, folder=tmp_path)
        (tmp_path / ".gitignore").unlink(missing_ok=True)
    else:
        succeed(sys.executable, "-m", "pip", "wheel", "--no-deps", "--wheel-dir", tmp_path, CHECKOUT, folder=tmp_path)
    return tmp_path


def test_the_commands_of_the_page_lead_to_a_served_model(folder: Path) -> None:
    commands = list(printed_commands())
    # The server goes with the shell that started it.
    script = "\n".join(["set -eu", "trap 'kill $(jobs -p) 2>/dev/null || true' EXIT", *commands])
    leading = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT")
    variables = {name: value for name, value in os.environ.items() if name not in leading}
    # `python3` of the page is the one that runs this test.
    (folder / "bin").mkdir()
    (folder / "bin" / "python3").symlink_to(getattr(sys, "_base_executable", sys.executable))
    variables["PATH"] = f"{folder / 'bin'}{os.pathsep}{variables['PATH']}"
    # Half of what pip does is to compile what is never imported here.
    variables["PIP_NO_COMPILE"] = "1"
    result = subprocess.run(
        [shutil.which("bash") or "bash", "-c", script],
        cwd=folder,
        env=variables,
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )
    assert result.returncode == 0, result.stdout[-4000:] + result.stderr[-4000:]
    assert "registered version 1" in result.stdout
    if CAN_SERVE:
        # The answer ends without a line's end, and the next command's words follow it.
        (answer,) = re.findall(r'^\{"predictions".*\}(?=made |$)', result.stdout, re.MULTILINE)
        assert len(json.loads(answer)["predictions"]) == 2
    assert "3 files checked, no problem" in result.stdout
    assert "my-cluster" in (folder / "clinic" / "dev.txt").read_text()
    assert list((folder / "clinic" / "wheels").glob("*.whl")), "the wheel that was installed goes with the project"
