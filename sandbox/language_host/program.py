"""The command lines and environments of what this host runs: pure functions of the engine's requests."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from .options import Interpreter

USER_ALREADY_TOLD_EXIT_CODE = 32
"""The SDK's executor exits so when it has itself shown the error."""


@dataclass(frozen=True)
class Outcome:
    """How a program ended.

    Attributes:
        error: What to tell the user; empty when there is nothing to tell.
        bail: The program failed and the user has been told why.
    """

    error: str = ""
    bail: bool = False


@dataclass(frozen=True)
class ProgramRun:
    """One run of a program, as the engine asks for it."""

    engine_address: str
    monitor_address: str
    project: str
    stack: str
    organization: str
    working_folder: str
    root_folder: str
    program: Path
    dry_run: bool
    parallel: int
    arguments: tuple[str, ...]
    config: Mapping[str, str]
    secret_keys: tuple[str, ...]

    def command(self, interpreter: Interpreter, executor: Path) -> list[str]:
        """Return the command that runs the program under the SDK's executor."""
        options = {
            "monitor": self.monitor_address,
            "engine": self.engine_address,
            "project": self.project,
            "root_directory": self.root_folder,
            "stack": self.stack,
            "pwd": self.working_folder,
            "dry_run": str(self.dry_run).lower(),
            "parallel": str(self.parallel),
            "organization": self.organization,
        }
        flags = [part for name, value in options.items() if value for part in (f"--{name}", value)]
        return [str(interpreter.executable), "-u", str(executor), *flags, str(self.program), *self.arguments]

    def environment(self, interpreter: Interpreter, base: Mapping[str, str]) -> dict[str, str]:
        """Return the program's environment: the stack's configuration goes in it, never on the command line."""
        environment = interpreter.environment(base)
        environment["PULUMI_CONFIG"] = json.dumps(dict(self.config))
        environment["PULUMI_CONFIG_SECRET_KEYS"] = json.dumps(list(self.secret_keys))
        return environment


def program_outcome(exit_code: int, *, cancelled: bool) -> Outcome:
    """Says what a program's exit code means."""
    if exit_code == 0:
        return Outcome()
    if exit_code == USER_ALREADY_TOLD_EXIT_CODE or cancelled:
        return Outcome(bail=True)
    if exit_code < 0:
        return Outcome(error=f"Program was killed by signal {-exit_code}")
    return Outcome(error=f"Program exited with non-zero exit code: {exit_code}")


def plugin_command(interpreter: Interpreter, kind: str, folder: Path, arguments: Iterable[str]) -> list[str]:
    """Return the command that runs a plugin that is written in Python.

    Args:
        interpreter: The plugin's own Python.
        kind: What the engine takes it for: "analyzer" is a policy pack, anything else serves resources.
        folder: The plugin's folder, the one of PulumiPlugin.yaml or PulumiPolicy.yaml.
        arguments: The engine's arguments, the first of which is its address.

    Raises:
        ValueError: The folder holds nothing that could be run.
    """
    python = [str(interpreter.executable), "-u"]
    if kind == "analyzer":
        return [*python, "-m", "pulumi.policy", *arguments, str(folder)]
    if (folder / "__main__.py").is_file():
        return [*python, str(folder), *arguments]
    if (folder / "pyproject.toml").is_file():
        return [*python, "-m", "pulumi.run.plugin", _distribution_name(folder / "pyproject.toml"), *arguments]
    raise ValueError(f"{folder}: a plugin in Python needs a __main__.py or a pyproject.toml with a project name")


def _distribution_name(pyproject: Path) -> str:
    import tomllib  # noqa: PLC0415 - rarely needed, and this host's start is waited for

    name = tomllib.loads(pyproject.read_text(encoding="utf-8")).get("project", {}).get("name")
    if not isinstance(name, str):
        raise ValueError(f"{pyproject}: project.name: got {name!r}, expected the name of the package to run")  # noqa: TRY004
    return name
