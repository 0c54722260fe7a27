"""The commands about the offline AWS alone: `aws up` and `aws down`."""

import json
import sys
from typing import Annotated

import typer

from sandbox import progress
from sandbox.aws import lifecycle
from sandbox.errors import SandboxError

DEFAULT_ACCOUNT = "111111111111"
_DIGITS = 12

commands = typer.Typer(help="The offline AWS alone, without a cluster.", no_args_is_help=True)


def register(application: typer.Typer) -> None:
    """Adds the commands to `python -m sandbox`."""
    application.add_typer(commands, name="aws")


@commands.command("up")
def up(
    account: Annotated[str, typer.Option("--account", metavar="ID", help="The account of 12 digits.")] = (
        DEFAULT_ACCOUNT
    ),
    *,
    as_json: Annotated[bool, typer.Option("--json", help="For programs: one JSON document.")] = False,
) -> None:
    """Start it, unless it runs already. `python -m sandbox env` then has its address for your shell."""
    if not (account.isascii() and account.isdecimal() and len(account) == _DIGITS):
        raise SandboxError(f"--account: got {account!r}, expected {_DIGITS} digits", "name the stack's account_id")
    running = lifecycle.up(account)
    if as_json:
        sys.stdout.write(json.dumps({"url": running.url, "account_id": running.account_id}) + "\n")
    else:
        progress.say(f"the offline AWS for account {running.account_id} is {running.url}")


@commands.command("down")
def down() -> None:
    """End it, with the runs of pipelines that it runs. What it held is gone."""
    lifecycle.down()
