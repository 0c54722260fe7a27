"""What a project, a workload and its package may be called."""

import keyword
import sys
from collections.abc import Iterator
from importlib.util import find_spec

from pulumi_mlops._shared.problems import told
from pulumi_mlops._shared.values import name_of_at_most, workload_name

_project_name = name_of_at_most(40)
# Folders of a project that a package must not be mistaken for.
_FOLDERS = frozenset({"images", "infra", "pipelines", "stacks", "tests", "wheels"})
_OWN = "pulumi-mlops"


def package_of(workload: str) -> str:
    """Return the name of a workload's package, as `stack.model.default_graph` has it."""
    return workload.replace("-", "_")


def problems_of_project(name: str) -> Iterator[str]:
    """Yield what is wrong with a project's name."""
    requirement = _project_name(name)
    if requirement is not None:
        fix = f"{requirement.fix}, or name the project with --name"
        yield told("project", repr(name), requirement.expected, fix)
    elif name == _OWN:
        yield told("project", repr(name), "another name than the package's that it installs", "choose another")


def problems_of_workload(name: str) -> Iterator[str]:
    """Yield what is wrong with a workload's name: as that of objects, and as that of a Python package."""
    requirement = workload_name(name)
    if requirement is not None:
        yield told("workload", repr(name), requirement.expected, requirement.fix)
        return
    package = package_of(name)
    if keyword.iskeyword(package) or keyword.issoftkeyword(package):
        yield told("workload", f"{name!r}, a word of Python", "a name that its package can have", "choose another")
    elif package in _FOLDERS:
        yield told("workload", f"{name!r}, a folder of the project", "another name", "choose another")
    elif package in sys.stdlib_module_names or find_spec(package) is not None:
        yield told(
            "workload",
            f"{name!r}, and a module {package} is installed already",
            "a name that no other module has",
            f"choose another, like my-{name}",
        )
