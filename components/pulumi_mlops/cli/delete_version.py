"""`mlops delete-version`: takes a registered version out of the registry, where nobody pins or serves it."""

from collections.abc import Iterator, Mapping
from typing import Any

import typer

from pulumi_mlops.cli.operations import Operations
from pulumi_mlops.cli.output import code_prints_to_stderr, print_json
from pulumi_mlops.cli.registered_version import VersionRefusedError
from pulumi_mlops.cli.targets import on_target
from pulumi_mlops.stack.document import StackDocument
from pulumi_mlops.stack.file import read_document
from pulumi_mlops.stack.model_names import workloads_of
from pulumi_mlops.stack.project import find_project


def delete_version(workload: str, stack: str, version: int, *, as_json: bool) -> None:
    """Delete a version, unless a stack of the project pins it, or the stack serves it.

    Args:
        workload: The workload.
        stack: Its stack.
        version: The version's number.
        as_json: Whether to write the deleted version as JSON.

    Raises:
        typer.Exit: With code 1 when there is no such version, it is in use, or the target refuses.
    """
    with on_target(workload, stack, VersionRefusedError) as operations:
        found = operations.version(version)
        _refuse_pinned(operations, version)
        serving = operations.serving()
        if serving.problem is not None or (serving.value is not None and serving.value.number == version):
            got = "one that is not known to be unused" if serving.problem is not None else "the one that serves"
            raise VersionRefusedError(
                f"model {operations.place.model}: version {version}: got {got} in stack {stack}"
                f"{f' ({serving.problem})' if serving.problem else ''}, expected one that nothing serves, "
                "fix: serve another one first: mlops pin and pulumi up"
            )
        operations.delete_version(version)
    if as_json:
        print_json({"stack": stack, "workload": workload} | found.to_document())
    else:
        typer.echo(f"version {version} of {workload} is deleted: {found.digest}; its files stay where they are")


def _refuse_pinned(operations: Operations, version: int) -> None:
    """Refuse what any stack of the project pins from the same registry; one that cannot be told apart counts as such.

    Raises:
        VersionRefusedError: With every place.
    """
    project, model = find_project(), operations.place.model
    with code_prints_to_stderr():
        documents = [read_document(path, project.name, source=project.shown(path)) for path in project.stack_files()]
    places = [
        document.problem(path, got="", expected="", fix="")
        for document in documents
        if operations.may_share_registry(document)
        for path, pin in _pins(document, model)
        if pin.get("version") in (version, str(version))
    ]
    if places:
        listed = ", ".join(f"{place.source}:{place.line}" for place in places)
        raise VersionRefusedError(
            f"model {model}: version {version}: got one that is pinned in {listed}, expected one that is not, "
            "fix: pin another one there first: mlops pin"
        )


def _pins(document: StackDocument, model: str) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any]]]:
    """Yield the pins of a model by any workload: of what serves, and of what gets a copy of the requests."""
    for workload in workloads_of(document, model):
        for path in (("model",), ("endpoint", "sagemaker", "shadow", "model")):
            pin = document.at("workloads", workload, *path)
            if isinstance(pin, Mapping):
                yield ("workloads", workload, *path, "version"), pin
