"""What `runtime.options` of a Pulumi.yaml says, and which Python that means."""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_TOOLCHAINS = ("pip", "uv")
_TYPECHECKERS = ("mypy", "pyright")
_KNOWN_OPTIONS = ("toolchain", "typechecker", "virtualenv")


class OptionsError(ValueError):
    """The options of a Pulumi.yaml cannot be followed. Its text is for the user."""


@dataclass(frozen=True)
class RuntimeOptions:
    """The options of a project or plugin.

    Attributes:
        virtualenv: As written in Pulumi.yaml; None when it is not set.
        toolchain: "pip" or "uv"; None when it is to be found out from the lock file.
        typechecker: "mypy" or "pyright", run before the program; None for no check.
    """

    virtualenv: str | None = None
    toolchain: str | None = None
    typechecker: str | None = None


@dataclass(frozen=True)
class Interpreter:
    """A Python to run things with.

    Attributes:
        executable: Path of the interpreter.
        virtualenv: Its virtual environment, None when it has none that we know of.
    """

    executable: Path
    virtualenv: Path | None = None

    def environment(self, base: Mapping[str, str]) -> dict[str, str]:
        """Return `base` as it is with the virtual environment activated."""
        environment = dict(base)
        if self.virtualenv is not None:
            environment["VIRTUAL_ENV"] = str(self.virtualenv)
            environment["PATH"] = os.pathsep.join([str(self.virtualenv / "bin"), environment.get("PATH", os.defpath)])
            environment.pop("PYTHONHOME", None)
        return environment


def parse_options(raw: Mapping[str, object]) -> RuntimeOptions:
    """Read the options of a Pulumi.yaml.

    Raises:
        OptionsError: An option that this host does not know, or a value that it cannot follow.
    """
    unknown = sorted(set(raw) - set(_KNOWN_OPTIONS))
    if unknown:
        raise OptionsError(
            f"runtime.options in Pulumi.yaml: got {', '.join(unknown)}, expected only {', '.join(_KNOWN_OPTIONS)}"
        )
    return RuntimeOptions(
        virtualenv=_text(raw, "virtualenv"),
        toolchain=_choice(raw, "toolchain", _TOOLCHAINS),
        typechecker=_choice(raw, "typechecker", _TYPECHECKERS),
    )


def _text(raw: Mapping[str, object], key: str) -> str | None:
    value = raw.get(key)
    if value is None or isinstance(value, str):
        return value or None
    raise OptionsError(f"runtime.options.{key} in Pulumi.yaml: got {value!r}, expected text")


def _choice(raw: Mapping[str, object], key: str, choices: tuple[str, ...]) -> str | None:
    value = _text(raw, key)
    if value is not None and value not in choices:
        raise OptionsError(f"runtime.options.{key} in Pulumi.yaml: got {value!r}, expected one of {', '.join(choices)}")
    return value


def virtualenv_path(options: RuntimeOptions, root: Path, program: Path, environment: Mapping[str, str]) -> Path | None:
    """Find where the virtual environment is or would be.

    Args:
        options: The project's options.
        root: Folder of Pulumi.yaml; `virtualenv` is relative to it.
        program: Folder of the program; lock files are looked for from here upwards.
        environment: Where UV_PROJECT_ENVIRONMENT may stand.

    Returns:
        The folder, which need not exist; None when the Python on PATH is to be used.
    """
    if options.virtualenv:
        return root / options.virtualenv
    if toolchain(options, program) != "uv":
        return None
    project = _folder_upwards(program, "uv.lock") or _folder_upwards(program, "pyproject.toml") or program
    return project / environment.get("UV_PROJECT_ENVIRONMENT", ".venv")


def toolchain(options: RuntimeOptions, program: Path) -> str:
    """Names the tool that installs dependencies: as told, else uv where there is a uv.lock, else pip."""
    return options.toolchain or ("uv" if is_locked(program) else "pip")


def is_locked(program: Path) -> bool:
    """Tells whether a uv.lock says what is installed."""
    return _folder_upwards(program, "uv.lock") is not None


def is_virtualenv(folder: Path) -> bool:
    """Tells whether there is a virtual environment in a folder."""
    return (folder / "bin" / "python").is_file()


def choose_interpreter(
    options: RuntimeOptions, root: Path, program: Path, environment: Mapping[str, str]
) -> Interpreter:
    """Find the Python for a program.

    Raises:
        OptionsError: There is none, with the commands that make one.
    """
    folder = virtualenv_path(options, root, program, environment)
    if folder is not None:
        if not is_virtualenv(folder):
            raise OptionsError(_no_virtualenv(options, folder, program))
        return Interpreter(executable=folder / "bin" / "python", virtualenv=folder)
    commands = [environment["PULUMI_PYTHON_CMD"]] if environment.get("PULUMI_PYTHON_CMD") else ["python3", "python"]
    for command in commands:
        if found := shutil.which(command, path=environment.get("PATH")):
            return Interpreter(executable=Path(found))
    raise OptionsError(f"failed to locate any of {', '.join(commands)} on your PATH. Have you installed Python 3?")


def _no_virtualenv(options: RuntimeOptions, folder: Path, program: Path) -> str:
    state = "doesn't appear to be a virtual environment" if folder.exists() else "doesn't exist"
    if toolchain(options, program) == "uv":
        return f"the virtual environment {str(folder)!r} {state}; create it with `uv sync`"
    python = folder / "bin" / "python"
    return (
        f"The 'virtualenv' option in Pulumi.yaml is set to {options.virtualenv!r}, but {str(folder)!r} {state}; "
        "run the following commands to create the virtual environment and install dependencies into it:\n\n"
        f"    1. python3 -m venv {folder}\n"
        f"    2. {python} -m pip install --upgrade pip setuptools wheel\n"
        f"    3. {python} -m pip install -r requirements.txt\n"
    )


def _folder_upwards(start: Path, name: str) -> Path | None:
    for folder in (start, *start.parents):
        if (folder / name).is_file():
            return folder
    return None
