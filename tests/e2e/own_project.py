"""A project of somebody's own, outside the checkout, driven by the commands that its pages print."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from sandbox.environment import backend_url
from tests.e2e.test_wheel import CHECKOUT, find_uv, succeed

_COMMAND_SECONDS = 900.0


class OwnProject:
    """A project that `mlops init` made, with the wheel of the checkout and a backend of its own.

    Attributes:
        folder: The project's folder.
        name: Its name.
    """

    def __init__(self, folder: Path, name: str, environment: Mapping[str, str], *options: str) -> None:
        """Make it.

        Args:
            folder: An empty folder.
            name: The project's name.
            environment: The whole environment of the engine and the commands.
            options: Of `mlops init`.
        """
        self.folder, self.name = folder / name, name
        backend = folder / "backend"
        backend.mkdir(parents=True)
        without = {"PYTHONPATH", "VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT"}
        self.environment = {name: value for name, value in environment.items() if name not in without}
        self.environment |= {"PULUMI_BACKEND_URL": backend_url(backend), "NO_COLOR": "1"}
        self._stacks: list[str] = []
        self._mlops(folder, "init", name, *options)
        wheels = self.folder / "wheels"
        succeed(_uv(), "build", "--quiet", "--wheel", "--out-dir", wheels, CHECKOUT, folder=folder)
        # What `uv sync` would install once more; test_your_own_project.py installs the wheel.
        (self.folder / ".venv").symlink_to(CHECKOUT / ".venv")

    def lock(self) -> None:
        """Write the lock file, which images are built from."""
        succeed(_uv(), "lock", "--quiet", folder=self.folder)

    def stack_file(self, stack: str) -> Path:
        """The file of a stack."""
        return self.folder / "stacks" / f"Pulumi.{stack}.yaml"

    def replace(self, path: str, *pairs: tuple[str, str]) -> int:
        """Change a file by hand; returns the number of lines that are other ones than before."""
        file = self.folder / path
        before = file.read_text(encoding="utf-8")
        text = before
        for old, new in pairs:
            assert text.count(old) == 1, f"{path}: {old!r} stands there {text.count(old)} times"
            text = text.replace(old, new)
        file.write_text(text, encoding="utf-8")
        return len(set(text.splitlines()) - set(before.splitlines()))

    def settle(self, stack: str, *path: str, value: Any) -> None:
        """Write one setting of a stack, given below `config` without the project's name."""
        file = self.stack_file(stack)
        document = YAML().load(file)
        first, *rest, last = path
        place = document["config"][f"{self.name}:{first}"]
        for key in rest:
            place = place[key]
        place[last] = value
        YAML().dump(document, file)

    def settings(self, stack: str, workload: str) -> Any:
        """The settings of a workload."""
        return YAML().load(self.stack_file(stack))["config"][f"{self.name}:workloads"][workload]

    def mlops(self, *arguments: str, given: str | None = None) -> str:
        """Run `mlops`, which must succeed, and return what it wrote."""
        return self._mlops(self.folder, *arguments, given=given)

    def mlops_json(self, *arguments: str) -> Any:
        """Run `mlops … --json`, which must succeed, and return what it wrote."""
        return json.loads(self.mlops(*arguments, "--json"))

    def up(self, stack: str) -> dict[str, Any]:
        """Bring a stack up, and return the outputs of its workloads."""
        if stack not in self._stacks:
            self._pulumi("stack", "init", "--no-select", stack)
            self._stacks.append(stack)
        # No preview: test_workload.py has those.
        self._pulumi("up", "--yes", "--skip-preview", "--stack", stack)
        outputs: dict[str, Any] = json.loads(self._pulumi("stack", "output", "--json", "--stack", stack))
        workloads: dict[str, Any] = outputs["workloads"]
        return workloads

    def destroy(self) -> None:
        """Destroy what the stacks made, those that stand on others' registry first."""
        for stack in reversed(self._stacks):
            # What production serves is protected for as long as it does.
            self._pulumi("state", "unprotect", "--all", "--yes", "--stack", stack)
            self._pulumi("destroy", "--yes", "--skip-preview", "--stack", stack)

    def _pulumi(self, *arguments: str) -> str:
        return self._run("pulumi", "--non-interactive", *arguments)

    def _mlops(self, folder: Path, *arguments: str, given: str | None = None) -> str:
        return self._run(sys.executable, "-m", "pulumi_mlops", *arguments, folder=folder, given=given)

    def _run(self, *command: str, folder: Path | None = None, given: str | None = None) -> str:
        ended = subprocess.run(
            command,
            cwd=folder or self.folder,
            env=self.environment,
            input=given or "",
            capture_output=True,
            text=True,
            timeout=_COMMAND_SECONDS,
            check=False,
        )
        assert ended.returncode == 0, f"{' '.join(command)}\n{ended.stdout}{ended.stderr}"
        return ended.stdout


def _uv() -> str:
    uv = find_uv() or shutil.which("uv", path=os.pathsep.join([str(Path(sys.executable).parent)]))
    assert uv is not None, "uv: got none, expected the one that the Makefile installs"
    return uv
