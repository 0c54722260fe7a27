"""Every command that a rendered stack starts in a container, and what the program that it names says of it."""

import contextlib
import importlib
import importlib.util
import io
import itertools
import json
import re
import tempfile
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

import click

from mlops_runtime.errors import PipelineError
from mlops_runtime.reference import load_graph
from mlops_runtime.sagemaker.hyperparameters import read_hyperparameters
from mlops_runtime.sagemaker.job_settings import PARAMETER_PREFIX, settings_of_job
from mlops_runtime.settings import settings_from_environment
from tests.sagemaker_documents import every_step
from tests.sagemaker_references import is_function, references

_CHECKOUT = Path(__file__).parents[1]
# What SageMaker calls in the image of a model that names no command.
_SERVE = _CHECKOUT / "components/pulumi_mlops/image/definitions/serving/serve"
_RECIPES = (
    *(_CHECKOUT / "images").glob("*/Dockerfile"),
    *(_CHECKOUT / "components/pulumi_mlops/image/definitions").glob("*/Dockerfile"),
)
_SETTING = re.compile(r"[a-z_]+=\S+")
_DIRECTIVE = re.compile(r"--[a-z]+(-[a-z]+)*")
_VARIABLE = re.compile(r"\b(?:MLOPS|MLFLOW)_[A-Z_]+\b")
_READ = frozenset(
    name
    for path in (_CHECKOUT / "pipelines/mlops_runtime").rglob("*.py")
    for name in _VARIABLE.findall(path.read_text())
)
_NEED_KSERVE = ("mlops_runtime.serving.server", "mlops_runtime.sagemaker.serving")


@dataclass(frozen=True)
class Command:
    """What one container starts."""

    place: str
    argv: tuple[str, ...]
    variables: Mapping[str, str] = field(default_factory=dict)
    hyperparameters: Mapping[str, str] | None = None


def commands_of(resources: Iterable[Mapping[str, Any]]) -> Iterator[Command]:
    """Yield the commands of containers, of pipelines' jobs and of models.

    Args:
        resources: The resources of a rendered stack, each as `RenderedResource.to_document()` has it.
    """
    for resource in resources:
        path, inputs = resource["resource"], resource.get("inputs", {})
        for container in _containers(inputs):
            argv = (*container.get("command", ()), *container.get("args", ()))
            variables = {one["name"]: one["value"] for one in container.get("env", ()) if "value" in one}
            yield Command(f"{path} {container['name']}", argv, variables)
        if "pipelineDefinition" in inputs:
            yield from _jobs(path, json.loads(inputs["pipelineDefinition"]))
        if "aws:sagemaker/model:Model" in path:
            yield Command(path, ("serve",), inputs["primaryContainer"]["environment"])


def _containers(node: object) -> Iterator[Mapping[str, Any]]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key in ("containers", "initContainers"):
                yield from value
            else:
                yield from _containers(value)
    elif isinstance(node, list):
        for value in node:
            yield from _containers(value)


def _jobs(path: str, definition: Mapping[str, Any]) -> Iterator[Command]:
    defaults = {one["Name"]: one.get("DefaultValue", "a-value") for one in definition["Parameters"]}
    for step, _ in every_step(definition):
        request = step.get("Arguments", {})
        program = request.get("AppSpecification") or request.get("AlgorithmSpecification")
        if program is None:
            continue
        words = (*program["ContainerEntrypoint"], *program.get("ContainerArguments", ()))
        yield Command(
            f"{path} {step['Name']}",
            tuple(_known(word, defaults) for word in words),
            {name: _known(value, defaults) for name, value in request["Environment"].items()},
            request.get("HyperParameters"),
        )


def _postgresql(arguments: Sequence[str]) -> list[str]:
    """Return what is no setting of PostgreSQL's: the one program of our own hands its arguments on to the server."""
    pairs = itertools.zip_longest(arguments[::2], arguments[1::2], fillvalue="")
    return [f"no setting: {flag} {value}" for flag, value in pairs if flag != "-c" or not _SETTING.fullmatch(value)]


def _redis(arguments: Sequence[str]) -> list[str]:
    """Return what is no setting of Redis': `--` and a directive, then its value. Of ours they are handed on as well."""
    pairs = itertools.zip_longest(arguments[::2], arguments[1::2])
    return [f"no setting: {flag}" for flag, value in pairs if value is None or not _DIRECTIVE.fullmatch(flag)]


def _known(value: Any, defaults: Mapping[str, Any]) -> str:
    """Return what a job finds in a variable whose value SageMaker fills in."""
    if not is_function(value):
        return str(value)
    (reference,) = references(value)
    return str(defaults.get(reference.removeprefix("Parameters."), "a-value"))


def problems_of(command: Command) -> list[str]:
    """Return what the program that a command names refuses of it."""
    match command.argv:
        case ("python", "-m", module, *arguments):
            return _module(command, module, arguments)
        case ("serve",):
            (module,) = re.findall(r"^exec python -m (\S+)$", _SERVE.read_text(), re.MULTILINE)
            return _module(command, module, ())
        case (program, *arguments) if scripts := list(entry_points(group="console_scripts", name=program)):
            # MLflow's three packages each bring the same one.
            return _script(scripts[0], arguments)
        case (program, *arguments) if any(f"/usr/local/bin/{program}\n" in recipe.read_text() for recipe in _RECIPES):
            return _redis(arguments) if "REDIS_PASSWORD_FILE" in command.variables else _postgresql(arguments)
    return [f"no such program: {' '.join(command.argv) or '(none)'}"]


def _module(command: Command, name: str, arguments: Sequence[str]) -> list[str]:
    if name in _NEED_KSERVE and importlib.util.find_spec("kserve") is None:
        # KServe has no release for this Python, and these modules are nothing without it.
        return []
    try:
        found = importlib.util.find_spec(name)
        package = found is not None and found.submodule_search_locations is not None
        module = importlib.import_module(f"{name}.__main__" if package else name)
    except ModuleNotFoundError as error:
        return [f"no module {error.name}"]
    said = io.StringIO()
    graph, step = (command.hyperparameters or {}).get("graph"), (command.hyperparameters or {}).get("step")
    parser = getattr(module, "parser", None) or getattr(module, "_parser", None)
    if parser is not None:
        with contextlib.redirect_stderr(said):
            try:
                options = parser().parse_args(list(arguments))
            except SystemExit:
                return [said.getvalue().splitlines()[-1]]
        graph, step = getattr(options, "graph", None), getattr(options, "step", None)
    elif arguments:
        return [f"{name} takes no arguments: {' '.join(arguments)}"]
    unread = [
        f"{variable}: nobody reads it"
        for variable in command.variables
        if variable.startswith("MLOPS_") and not variable.startswith(PARAMETER_PREFIX) and variable not in _READ
    ]
    return [*unread, *_given(command, name, graph, step)]


def _given(command: Command, module: str, graph: str | None, step: str | None) -> list[str]:
    """Return what the module's own readers say of the step, its variables and its hyperparameters."""
    try:
        if module == "mlops_runtime.sagemaker.serving":
            importlib.import_module(module).settings_of_server(command.variables)
        if command.hyperparameters is not None:
            with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
                json.dump(command.hyperparameters, file)
                file.flush()
                read_hyperparameters(Path(file.name))
        if graph is not None and step is not None:
            found = load_graph(graph)
            found.step(step)
            if module.startswith("mlops_runtime.sagemaker."):
                settings_of_job(command.variables, found)
            else:
                settings_from_environment(command.variables, found.name)
    except PipelineError as error:
        return [str(error)]
    return []


def _script(script: EntryPoint, arguments: Sequence[str]) -> list[str]:
    """Return what a program made with click says of its arguments; nothing of it is run."""
    rest, parent = list(arguments), None
    with warnings.catch_warnings():
        # MLflow's own, of what it imports.
        warnings.simplefilter("ignore")
        program = script.load()
        try:
            while isinstance(program, click.Group):
                parent = program.make_context(program.name, rest, parent=parent)
                _, program, rest = program.resolve_command(parent, [*parent._protected_args, *parent.args])
            program.make_context(program.name, rest, parent=parent)
        except click.UsageError as error:
            return [error.format_message()]
    return []
