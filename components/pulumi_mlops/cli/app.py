"""The commands by name. Each imports what it does only when it is called, so that `mlops --help` is quick."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    name="mlops",
    help="Look at, train and call the models that Pulumi stacks keep in production.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
config = typer.Typer(help="Check stack files and print their schema.", no_args_is_help=True)
pipeline = typer.Typer(help="Run a training pipeline.", no_args_is_help=True)
app.add_typer(config, name="config")
app.add_typer(pipeline, name="pipeline")

Json = Annotated[bool, typer.Option("--json", help="Write JSON for programs.")]
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
