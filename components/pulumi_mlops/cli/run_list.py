"""`mlops runs`: the recent runs of a workload's pipeline."""

from pulumi_mlops.cli.output import print_json
from pulumi_mlops.cli.tables import print_table, shown_metrics, shown_moment, shown_seconds
from pulumi_mlops.cli.targets import on_target


def runs(workload: str, stack: str, most: int, *, as_json: bool) -> None:
    """Print the newest runs, whether they have ended or not.

    Args:
        workload: The workload.
        stack: Its stack.
        most: How many at most.
        as_json: Whether to write `{"runs": […]}` for programs.

    Raises:
        typer.Exit: With code 1 when the target cannot be asked.
    """
    with on_target(workload, stack) as operations:
        found = operations.past_runs(most)
    if as_json:
        print_json({"stack": stack, "workload": workload, "runs": [run.to_document() for run in found]})
        return
    gate = operations.place.config.workloads[workload].pipeline.gate
    rows = [
        [
            run.run,
            run.status.value,
            shown_moment(run.started_at),
            shown_seconds(run.seconds),
            run.started_by or "-",
            "-" if run.version is None else str(run.version),
            shown_metrics(run.metrics, None if gate is None else gate.metric),
            run.message.partition("\n")[0],
        ]
        for run in found
    ]
    print_table(["run", "status", "started", "took", "by", "version", "metrics", ""], rows)
