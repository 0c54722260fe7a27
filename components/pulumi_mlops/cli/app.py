"""The commands by name. Each imports what it does only when it is called, so that `mlops --help` is quick."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    name="mlops",
    help="Train, inspect and call the models of your Pulumi stacks.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
config = typer.Typer(help="Check stack files and print their schema.", no_args_is_help=True)
pipeline = typer.Typer(help="Run a training pipeline.", no_args_is_help=True)
batch = typer.Typer(help="Score a whole table.", no_args_is_help=True)
app.add_typer(batch, name="batch")
app.add_typer(config, name="config")
app.add_typer(pipeline, name="pipeline")

Json = Annotated[bool, typer.Option("--json", help="Write JSON for programs.")]
Workload = Annotated[str, typer.Argument(metavar="WORKLOAD", help="The workload, as in the stack file.")]
Stack = Annotated[str, typer.Option("--stack", "-s", metavar="STACK", help="The stack, as in Pulumi.STACK.yaml.")]


@config.command("check")
def config_check(
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="FILE…", help="Stack files. All of the project when none is named.")
    ] = None,
    *,
    json: Json = False,
) -> None:
    """Validate stack files offline: every problem of every file at once. Exit code 1 when there is one."""
    from pulumi_mlops.cli.config_commands import check  # noqa: PLC0415

    check(files or [], as_json=json)


@config.command("schema")
def config_schema() -> None:
    """Print the JSON Schema of a stack file."""
    from pulumi_mlops.cli.config_commands import schema  # noqa: PLC0415

    schema()


@app.command("render")
def render(
    stack: Annotated[
        list[str] | None, typer.Option("--stack", "-s", metavar="STACK", help="A stack; may be repeated.")
    ] = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="Every stack of the project.")] = False,
    json: Json = False,
) -> None:
    """Print a stack's whole resource graph, offline: no credentials, passphrase, plugin, network or cluster."""
    from pulumi_mlops.cli.render.command import render as run  # noqa: PLC0415

    run(stack or [], every=every, as_json=json)


@pipeline.command("run")
def pipeline_run(
    workload: Workload,
    *,
    local: Annotated[bool, typer.Option("--local", help="Run the steps here, in this process.")] = False,
    stack: Annotated[
        str | None, typer.Option("--stack", "-s", metavar="STACK", help="Take graph, parameters and gate from a stack.")
    ] = None,
    graph: Annotated[
        str | None,
        typer.Option("--graph", metavar="MODULE:NAME", help="The step graph, where it is not the usual one."),
    ] = None,
    parameter: Annotated[
        list[str] | None,
        typer.Option("--parameter", "-p", metavar="NAME=VALUE", help="A parameter's value; may be repeated."),
    ] = None,
    workspace: Annotated[
        Path | None,
        typer.Option("--workspace", metavar="DIR", help="Where results go. Defaults to workspace/WORKLOAD."),
    ] = None,
    json: Json = False,
) -> None:
    """Run a workload's pipeline on this machine, without a cluster or a server.

    Exit code 0: its model is in the workspace. 3: its gate rejected the model. 1: it failed.
    """
    from pulumi_mlops.cli.pipeline_run import Request, run_pipeline  # noqa: PLC0415

    run_pipeline(Request(workload, stack, graph, tuple(parameter or ()), workspace), is_local=local, as_json=json)


@app.command("train")
def train(
    workload: Workload,
    stack: Stack,
    *,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Show its steps until it ends.")] = False,
    attach: Annotated[bool, typer.Option("--attach", help="Follow the run that is active already.")] = False,
    json: Json = False,
) -> None:
    """Run a workload's pipeline on its stack now.

    Exit code 0: it registered a model (or, without --follow, it started). 3: its gate rejected the model. 1: it failed.
    Ctrl-C stops following, not the run.
    """
    from pulumi_mlops.cli.train import train as run  # noqa: PLC0415

    run(workload, stack, follow=follow, attach=attach, as_json=json)


@batch.command("run")
def batch_run(
    workload: Workload,
    stack: Stack,
    *,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Show how it stands until it ends.")] = False,
    input_location: Annotated[
        str | None,
        typer.Option("--input", metavar="LOCATION", help="Score this part of the stack file's batch.input alone."),
    ] = None,
    output_location: Annotated[
        str | None,
        typer.Option("--output", metavar="LOCATION", help="Write to this folder within the stack file's batch.output."),
    ] = None,
    json: Json = False,
) -> None:
    """Score a workload's table with its pinned version now.

    Exit code 0: every row was scored or set aside with its reason (or, without --follow, it started). 1: it failed; the
    message and report.json beside the output say of what. Started again, it goes on where it was.
    """
    from pulumi_mlops.cli.batch import batch_run as run  # noqa: PLC0415

    given = {"input": input_location, "output": output_location}
    overrides = {key: location for key, location in given.items() if location is not None}
    run(workload, stack, overrides, follow=follow, as_json=json)


@app.command("status")
def status(
    stack: Annotated[
        str | None, typer.Option("--stack", "-s", metavar="STACK", help="The stack. All of the project by default.")
    ] = None,
    *,
    json: Json = False,
) -> None:
    """Show each workload's pinned, registered and serving version, and whether it is healthy."""
    from pulumi_mlops.cli.status import status as run  # noqa: PLC0415

    run(stack, as_json=json)


@app.command("predict")
def predict(
    workload: Workload,
    stack: Stack,
    rows: Annotated[str, typer.Option("--rows", metavar="FILE", help="JSON with a list of rows; - reads it here.")],
    *,
    json: Json = False,
) -> None:
    """Send rows to a workload's endpoint and print its predictions."""
    from pulumi_mlops.cli.predict import predict as run  # noqa: PLC0415

    run(workload, stack, rows, as_json=json)


@app.command("approve")
def approve(
    workload: Workload,
    stack: Stack,
    version: Annotated[int, typer.Option("--version", min=1, help="The registered version.")],
    *,
    reject: Annotated[bool, typer.Option("--reject", help="Reject it instead.")] = False,
    note: Annotated[
        str | None, typer.Option("--note", metavar="TEXT", help="Why; it is kept with the version.")
    ] = None,
    json: Json = False,
) -> None:
    """Approve a registered version on SageMaker: without that, no stack serves it."""
    from pulumi_mlops.cli.approve import approve as run  # noqa: PLC0415

    run(workload, stack, version, rejects=reject, note=note, as_json=json)
