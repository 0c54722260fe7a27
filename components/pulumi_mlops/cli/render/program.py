"""Runs a Pulumi program in this process, offline, with the configuration of a stack file."""

import asyncio
import base64
import contextlib
import contextvars
import json
import os
import runpy
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pulumi.runtime import config as runtime_config
from pulumi.runtime import mocks, settings, stack

from pulumi_mlops.cli.extras import missing_extra
from pulumi_mlops.cli.render.collector import resting_collector
from pulumi_mlops.cli.render.graph import RenderedStack
from pulumi_mlops.cli.render.recorder import OfflineError, Recorder
from pulumi_mlops.cli.render.tasks import ProgramError, ProgramTasks, is_within
from pulumi_mlops.stack.document import StackDocument
from pulumi_mlops.stack.file import read_document
from pulumi_mlops.stack.problems import ConfigError
from pulumi_mlops.stack.project import Project
from pulumi_mlops.stack.validate import validate

# Stands in for a secret while a program runs. It must never be seen outside of a secret.
# Letters alone, which no quoting of an address or a document changes.
_STAND_IN = "StandInForTheSecretThatNobodyMayEverSee"
# What would make the graph differ from one machine to the next.
_PERSONAL_VARIABLES = (
    "PULUMI_CONFIG",
    "PULUMI_CONFIG_SECRET_KEYS",
    "MLOPS_KUBE_CONTEXT",
    "KUBECONFIG",
    "MLOPS_AWS_ENDPOINT_URL",
)


class SecretLeakError(RuntimeError):
    """A program lets a secret out of Pulumi's care."""


def render_stack(project: Project, stack_name: str) -> RenderedStack:
    """Return the resource graph of a stack without credentials, passphrase, plugin, network or cluster.

    Args:
        project: The project on disk.
        stack_name: One of its stacks.

    Raises:
        ProjectError: When the stack has no file.
        ConfigError: When its configuration is refused.
        OfflineError: When the program asks for what only a cluster knows, or declares what the engine would refuse.
        ProgramError: When the program fails by itself.
        SecretLeakError: When a secret would stand in plain text among the resources or outputs.
    """
    path = project.stack_file(stack_name)
    document = read_document(path, project.name, source=project.shown(path))
    validate(document)
    recorder = contextvars.Context().run(_run, project, stack_name, document)
    rendered = RenderedStack(
        stack=stack_name,
        resources=tuple(recorder.recorded[path] for path in sorted(recorder.recorded)),
        outputs=recorder.outputs,
    )
    _refuse_leaks(rendered)
    return rendered


def _run(project: Project, stack_name: str, document: StackDocument) -> Recorder:
    recorder = Recorder(stack_name, project.name)
    settings.configure(
        settings.Settings(
            monitor=recorder,
            engine=mocks.MockEngine(None),
            project=project.name,
            stack=stack_name,
            root_directory=str(project.root),
            organization="organization",
            dry_run=True,
            legacy_apply_enabled=False,
        )
    )
    settings.SETTINGS.monitor_features = set(recorder.features())
    runtime_config.set_all_config(*_pulumi_config(document))
    tasks = ProgramTasks(project.program)
    try:
        with _as_program(project.program), resting_collector(), asyncio.Runner() as runner:
            # What fails is raised below; what hangs on it need not be told again.
            runner.get_loop().set_exception_handler(lambda *_: None)
            tasks.watch(runner.get_loop())
            runner.run(stack.run_in_stack(lambda: _execute(project.program, tasks)))
    except (ConfigError, OfflineError):
        raise
    except Exception as error:
        if missing_extra(error) is not None:
            raise
        raise ProgramError(_told(error, tasks, project, stack_name)) from error
    return recorder


def _told(error: Exception, tasks: ProgramTasks, project: Project, stack_name: str) -> str:
    """Return one clear error for what a program raised."""
    file, line = tasks.place_of(error)
    place = project.shown(file) if line is None else f"{project.shown(file)}:{line}"
    reason = error.msg if isinstance(error, SyntaxError) else str(error)
    raised = f"{type(error).__name__}: {reason}" if reason else type(error).__name__
    return f"{place}: stack {stack_name}: got {raised}, expected a program that runs to its end, fix: correct it there"


def _pulumi_config(document: StackDocument) -> tuple[dict[str, str], list[str]]:
    """Return the configuration as the engine would hand it over, and which of its keys are secret."""
    config = {f"{document.project}:{key}": json.dumps(value) for key, value in document.values.items()}
    secrets = {f"{document.project}:{key}": _STAND_IN + key for key in document.secrets}
    return config | secrets, list(secrets)


async def _execute(program: Path, tasks: ProgramTasks) -> None:
    """Run the program, and wait until it has declared everything or something has failed.

    The SDK would wait too, but asks all that is outstanding anew after each part that is done: a quarter of the time
    that 200 workloads take.
    """
    runpy.run_path(str(program / "__main__.py"), run_name="__main__")
    await tasks.settled()


@contextlib.contextmanager
def _as_program(program: Path) -> Iterator[None]:
    """Give the program the folder, path and environment that the engine gives it, and take all of it back."""
    environment = {name: os.environ.pop(name) for name in _PERSONAL_VARIABLES if name in os.environ}
    sys.path.insert(0, str(program))
    loaded = set(sys.modules)
    try:
        with contextlib.chdir(program):
            yield
    finally:
        sys.path.remove(str(program))
        os.environ.update(environment)
        for name in set(sys.modules) - loaded:
            if _is_within(sys.modules[name], program):
                del sys.modules[name]


def _is_within(module: Any, folder: Path) -> bool:
    file = getattr(module, "__file__", None)
    return file is not None and is_within(Path(file), folder)


def _refuse_leaks(rendered: RenderedStack) -> None:
    places = [(resource.path, resource.to_document()) for resource in rendered.resources]
    leaks = [place for place, document in [*places, ("outputs", rendered.outputs)] if _holds_secret(document)]
    if leaks:
        raise SecretLeakError(
            f"stack {rendered.stack}: got a secret in plain text in {', '.join(leaks)}, expected it only within "
            "outputs that Pulumi keeps secret, fix: pass it on as the output that load_secrets() returns"
        )


def _holds_secret(document: Any) -> bool:
    text = json.dumps(document)
    return any(written in text for written in (_STAND_IN, *_in_base64(_STAND_IN)))


def _in_base64(text: str) -> list[str]:
    """Return what a text looks like inside a longer one that is written in base64, wherever in that it stands."""
    found = []
    for before in range(3):
        octets = b"\0" * before + text.encode()
        # The first and the last digit may hold bits of what stands beside the text.
        digits = base64.b64encode(octets).decode()[: len(octets) * 8 // 6]
        found.append(digits[-(-before * 8 // 6) :])
    return found
