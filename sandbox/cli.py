"""The command line `python -m sandbox`."""

import json
import os
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from pulumi_mlops.image.errors import ImageError
from sandbox import doctor, environment, paths, progress
from sandbox.aws import cli as aws_cli
from sandbox.bring_up import EVERY_PART, bring_up
from sandbox.cluster import users_context
from sandbox.doctor import Part
from sandbox.errors import SandboxError
from sandbox.images import cli as images_cli
from sandbox.status import current_status, status_table
from sandbox.take_down import take_down


def new_application(purpose: str) -> typer.Typer:
    """Return a command line without commands, which `run` runs.

    Args:
        purpose: The first line of its help.
    """
    return typer.Typer(
        help=purpose,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )


application = new_application("What a machine needs when it has no cluster, no account and no Pulumi download.")
images_cli.register(application)
aws_cli.register(application)

Context = Annotated[
    str | None,
    typer.Option(
        "--context", help=f"A context of your own instead of a node ({users_context.VARIABLE}).", metavar="NAME"
    ),
]
_Json = Annotated[bool, typer.Option("--json", help="For programs: one JSON document.")]


@application.command()
def up(
    context: Context = None,
    only: Annotated[list[Part] | None, typer.Option("--only", help="This part alone; may be repeated.")] = None,
) -> None:
    """Bring everything up: Pulumi, a Kubernetes, the images, the plugins. Again: nothing to do, in seconds."""
    bring_up(users_context.named(context), tuple(only) if only else EVERY_PART)


@application.command()
def down(
    *,
    purge: Annotated[bool, typer.Option("--purge", help="Remove what was built as well.")] = False,
    keep_data: Annotated[bool, typer.Option("--keep-data", help="Keep volumes, objects and stacks.")] = False,
) -> None:
    """End everything that was started and leave nothing behind."""
    if purge and keep_data:
        raise SandboxError("--purge and --keep-data: got both, expected one at most", "leave one out")
    take_down(purge=purge, keep_data=keep_data)


@application.command()
def status(*, as_json: _Json = False) -> None:
    """Show what of the sandbox runs. Exit code 1 when the cluster does not."""
    found = current_status()
    if as_json:
        sys.stdout.write(json.dumps(found.document(), indent=2) + "\n")
    else:
        progress.output.print(status_table(found))
    if not found.is_ready:
        raise typer.Exit(1)


@application.command("doctor")
def examine(context: Context = None, *, as_json: _Json = False) -> None:
    """Show what this machine has and lacks. Exit code 1 when something is missing."""
    named = users_context.named(context)
    findings = doctor.examine(named)
    if as_json:
        sys.stdout.write(json.dumps(doctor.document(findings), indent=2) + "\n")
    elif progress.output.is_terminal:
        progress.output.print(doctor.table(findings))
    else:
        sys.stdout.write(doctor.plain(findings) + "\n")
    if doctor.missing(findings):
        if not as_json and named is None:
            progress.say(doctor.ALTERNATIVE)
        raise typer.Exit(1)


@application.command()
def env() -> None:
    """Variables for your shell: eval "$(.venv/bin/python -m sandbox env)"."""
    sys.stdout.write(environment.exports())


class Verbatim(TyperCommand):
    """A command that takes its arguments as they are, `--` and options of another program included."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Hands everything on."""
        ctx.args = args
        return args


@application.command(cls=Verbatim)
def kubectl(arguments: typer.Context) -> None:
    """Call kubectl with the sandbox's cluster."""
    if not paths.kubeconfig().exists():
        raise SandboxError(f"{paths.kubeconfig()}: there is no cluster yet", "run `python -m sandbox up`")
    call = [*users_context.kubectl(), *arguments.args]
    sys.stdout.flush()
    os.execvpe(call[0], call, {**os.environ, "KUBECONFIG": str(paths.kubeconfig())})  # noqa: S606 - no shell is wanted


def main() -> None:
    """Run the command line."""
    run(application)


def run(commands: typer.Typer) -> None:
    """Run a command line; what a person can mend is told without a traceback."""
    try:
        commands()
    except (SandboxError, ImageError) as error:
        progress.console.print(f"error: {error}", style="red", markup=False)
        sys.exit(1)
    except KeyboardInterrupt:
        progress.console.print("interrupted; run it again to go on", style="red")
        sys.exit(130)
