"""A throw-away Pulumi project with a backend of its own, driven by the real engine."""

import contextlib
import json
import os
import signal
import subprocess
import textwrap
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from sandbox.environment import backend_url

_COMMAND_SECONDS = 600.0
_STACK = "test"


class PulumiError(AssertionError):
    """A command failed that should not have. Its text holds everything that the engine said."""


class Project:
    """One project with one stack.

    Args:
        folder: An empty folder for the project, its backend and its passphrase.
        name: The project's name.
        environment: The whole environment of the engine.
    """

    def __init__(self, folder: Path, name: str, environment: Mapping[str, str]) -> None:
        self._started: list[subprocess.Popen[bytes]] = []
        self.folder = folder / "project"
        self.backend = folder / "backend"
        for made in (self.folder, self.backend):
            made.mkdir(parents=True)
        self.environment = {
            **environment,
            "PULUMI_BACKEND_URL": backend_url(self.backend),
            "PULUMI_STACK": _STACK,
            "NO_COLOR": "1",
        }
        self.write("Pulumi.yaml", f"name: {name}\nruntime: python\n")
        self.pulumi("stack", "init", "--no-select", _STACK)

    def write(self, name: str, text: str) -> Path:
        """Writes a file of the project; common indentation is taken off."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        return path

    def program(self, text: str) -> None:
        """Sets the program."""
        self.write("__main__.py", text)

    def attempt(self, *arguments: str, timeout_seconds: float = _COMMAND_SECONDS) -> subprocess.CompletedProcess[str]:
        """Runs pulumi to its end, however that is. Standard error is joined to standard output."""
        return subprocess.run(
            ["pulumi", "--non-interactive", *arguments],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout_seconds,
            check=False,
        )

    def pulumi(self, *arguments: str, timeout_seconds: float = _COMMAND_SECONDS) -> str:
        """Runs pulumi and returns what it printed.

        Raises:
            PulumiError: It failed.
        """
        ended = self.attempt(*arguments, timeout_seconds=timeout_seconds)
        if ended.returncode != 0:
            raise PulumiError(f"pulumi {' '.join(arguments)}: exit code {ended.returncode}\n{ended.stdout}")
        return ended.stdout

    def up(self) -> str:
        """Brings the stack up, after its preview, as users do; fails the test when that fails."""
        return self.pulumi("up", "--yes")

    def start_up(self, log: Path) -> subprocess.Popen[bytes]:
        """Starts an update in a process group of its own and returns at once; `destroy` ends it."""
        with log.open("wb") as output:
            engine = subprocess.Popen(
                ["pulumi", "--non-interactive", "up", "--yes"],
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._started.append(engine)
        return engine

    def changes(self) -> dict[str, int]:
        """Returns what a preview would do: numbers by operation, without what stays the same."""
        document = json.loads(self.pulumi("preview", "--json"))
        return {name: count for name, count in document.get("changeSummary", {}).items() if name != "same"}

    def outputs(self) -> dict[str, Any]:
        """Returns the stack's outputs."""
        outputs: dict[str, Any] = json.loads(self.pulumi("stack", "output", "--json"))
        return outputs

    def export(self) -> dict[str, Any]:
        """Returns the stack's state."""
        state: dict[str, Any] = json.loads(self.pulumi("stack", "export"))
        return state

    def resources(self) -> list[dict[str, Any]]:
        """Returns the resources in the stack's state."""
        resources: list[dict[str, Any]] = self.export()["deployment"].get("resources", [])
        return resources

    def pending_operations(self) -> list[dict[str, Any]]:
        """Returns the operations that an interrupted update left open in the state."""
        pending: list[dict[str, Any]] = self.export()["deployment"].get("pending_operations") or []
        return pending

    def destroy(self) -> None:
        """Removes everything, also after an interrupted update, which is ended first."""
        for engine in self._started:
            kill(engine)
        self.attempt("cancel", "--yes")
        self.pulumi("destroy", "--yes", "--skip-preview", "--refresh=false")


def kill(process: subprocess.Popen[bytes]) -> None:
    """Kills the engine alone, as a machine's out-of-memory killer would: its plugins must notice by themselves."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(process.pid, signal.SIGKILL)
    process.wait()


def wait_for(
    condition: Callable[[], bool], timeout_seconds: float = 60.0, explain: Callable[[], str] = lambda: ""
) -> None:
    """Waits until something is so; fails the test when it never is, with what explains it."""
    end = time.monotonic() + timeout_seconds
    while not condition():
        assert time.monotonic() < end, f"waited in vain: {explain()}"
        time.sleep(0.05)
