"""`mlops status`: what is pinned, registered and serving, workload by workload. What cannot be asked is said so."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pulumi_mlops.cli import targets
from pulumi_mlops.cli.output import code_prints_to_stderr, print_json, told_errors
from pulumi_mlops.cli.stacks import Place
from pulumi_mlops.cli.workload_status import Known, WorkloadStatus
from pulumi_mlops.stack.file import load_stack_file
from pulumi_mlops.stack.problems import ConfigError
from pulumi_mlops.stack.project import Project, find_project

# Where no terminal sets a width, lines are as long as they need to be.
FILE_WIDTH = 240


def status(stack: str | None, *, as_json: bool) -> None:
    """Print how workloads stand.

    Args:
        stack: The stack. Defaults to all of the project.
        as_json: Whether to write `{"workloads": […]}` for programs.
    """
    with told_errors():
        project = find_project()
        stacks = [stack] if stack is not None else project.stack_names()
        for name in stacks:
            project.stack_file(name)
    with code_prints_to_stderr(), ThreadPoolExecutor(max_workers=max(1, len(stacks))) as threads:
        rows = [row for found in threads.map(lambda name: _stack_status(project, name), stacks) for row in found]
    if as_json:
        print_json({"workloads": [row.to_document() for row in rows]})
    else:
        table, notes = to_table(rows)
        console = Console(highlight=False, soft_wrap=True)
        if not console.is_terminal:
            console.width = FILE_WIDTH
        console.print(table)
        for note in notes:
            console.print(note, markup=False)


def _stack_status(project: Project, stack: str) -> list[WorkloadStatus]:
    try:
        config = load_stack_file(project.stack_file(stack), project)
    except ConfigError as error:
        refused: Known[Any] = Known(problem=str(error.problems[0]))
        return [WorkloadStatus(stack, "", refused, refused, refused, refused)]
    places = [Place(stack, workload, config) for workload in sorted(config.workloads)]
    return [targets.operations_of(place).status() for place in places]


def to_table(rows: list[WorkloadStatus]) -> tuple[Table, list[str]]:
    """Lay statuses out as a table.

    Returns:
        The table, and the notes that its cells refer to: why something is not known.
    """
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    notes: list[str] = []
    for heading in ("stack", "workload", "pinned", "registered", "serving"):
        table.add_column(heading, no_wrap=True)
    table.add_column("healthy", overflow="fold")
    for row in rows:
        cells = [_cell(known, notes) for known in (row.pinned, row.registered, row.serving, row.healthy)]
        table.add_row(row.stack, row.workload, *cells)
    return table, [f"({number}) {note}" for number, note in enumerate(notes, 1)]


def _cell(known: Known[Any], notes: list[str]) -> str:
    if known.problem is None:
        return "-" if known.value is None else escape(str(known.value))
    if known.problem not in notes:
        notes.append(known.problem)
    return f"[yellow]unknown ({notes.index(known.problem) + 1})[/]"
