"""A Pulumi project with one stack, in a folder and a backend of its own."""

import json
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.commands import run
from bench.stack_file import write_stack_file
from sandbox import environment, paths

_STACK = "bench"
_PLAIN = "name: mlops\nruntime: {name: python, options: {toolchain: uv, virtualenv: .venv}}\n"


class Project:
    """A project that can be previewed.

    Args:
        folder: The folder that holds it.
        variables: What its commands find in their environment besides the sandbox's. Nothing else there is AWS's.
    """

    def __init__(self, folder: Path, variables: Mapping[str, str]) -> None:
        self.folder = folder
        self._variables = variables
        (folder / "backend").mkdir()
        self._run(["pulumi", "stack", "init", "--no-select", _STACK])

    def rendered(self) -> Sequence[Mapping[str, Any]]:
        """Returns the resources of its stack, as `mlops render --json` gives them."""
        render = [sys.executable, "-m", "pulumi_mlops", "render", "--stack", _STACK, "--json"]
        (stack,) = json.loads(self._run(render))["stacks"]
        resources: Sequence[Mapping[str, Any]] = stack["resources"]
        return resources

    def declared(self) -> dict[str, Any]:
        """Returns what a preview would create: the inputs of each resource and provider, by its type and name."""
        preview = json.loads(self._run(["pulumi", "preview", "--stack", _STACK, "--json", "--non-interactive"]))
        states = [step["newState"] for step in preview["steps"]]
        return {
            f"{state['type']}::{state['urn'].rpartition('::')[2]}": state.get("inputs", {})
            for state in states
            if state.get("custom")
        }

    def preview_seconds(self) -> float:
        """Previews it, and returns how long that took."""
        begun = time.monotonic()
        self._run(["pulumi", "preview", "--stack", _STACK, "--non-interactive"])
        return time.monotonic() - begun

    def _run(self, command: list[str]) -> str:
        variables = {
            **{name: value for name, value in environment.merged(os.environ).items() if not name.startswith("AWS_")},
            "PULUMI_BACKEND_URL": (self.folder / "backend").as_uri(),
            **self._variables,
        }
        return run(" ".join(command[:3]), command, variables=variables, folder=self.folder).stdout


def our_project(
    folder: Path, template: str, edit: Callable[[dict[str, Any]], None], variables: Mapping[str, str]
) -> Project:
    """Makes a project of the checkout's program, with a stack file made from one of the checkout's.

    Args:
        folder: Where to make it.
        template: The stack whose file it is.
        edit: What changes that file's config.
        variables: See `Project`.
    """
    (folder / "stacks").mkdir(parents=True)
    checkout = paths.checkout()
    (folder / "Pulumi.yaml").write_text((checkout / "Pulumi.yaml").read_text())
    for shared in ("infra", ".venv"):
        (folder / shared).symlink_to(checkout / shared)
    write_stack_file(folder / "stacks" / f"Pulumi.{_STACK}.yaml", template, edit)
    return Project(folder, variables)


def plain_project(folder: Path, program: str, variables: Mapping[str, str]) -> Project:
    """Makes a project of a program that is given as text; see `our_project`."""
    folder.mkdir(parents=True)
    (folder / "Pulumi.yaml").write_text(_PLAIN)
    (folder / ".venv").symlink_to(paths.checkout() / ".venv")
    (folder / "__main__.py").write_text(program)
    return Project(folder, variables)
