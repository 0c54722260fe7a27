"""`mlops report`: what a model's predictions show, as `report.json` and one HTML page."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import typer

from pulumi_mlops.cli.output import FAILED, print_json, say_error, told_errors
from pulumi_mlops.cli.stacks import place_of


@dataclass(frozen=True)
class Request:
    """What a user asks for.

    Attributes:
        workload: The workload.
        stack: The stack that pins its version.
        payloads: Where its payloads lie: a folder, or `s3://bucket/prefix`.
        labels: Where its labels lie; None for no labels.
        model: The pinned version's files.
        output: The page to be written; `report.json` goes beside it.
        more: Further words for `python -m mlops_runtime.monitoring report`.
    """

    workload: str
    stack: str
    payloads: str
    labels: str | None
    model: Path
    output: Path
    more: tuple[str, ...] = ()


def report(request: Request, *, as_json: bool) -> None:
    """Write the report of the version that a stack pins.

    Args:
        request: What to report.
        as_json: Whether to write the report's place and state as JSON on standard output.

    Raises:
        typer.Exit: With code 0 when it was written, 1 when it could not be.
    """
    with told_errors():
        pin = place_of(request.workload, request.stack).config.workloads[request.workload].model
    if pin is None:
        say_error(
            f"{request.workload} in {request.stack}: got no pinned model, expected the version to report on,"
            " fix: pin one"
        )
        raise typer.Exit(FAILED)
    with tempfile.TemporaryDirectory(prefix="report-") as temporary:
        ended = subprocess.run(
            command(request, str(pin.version), pin.digest, Path(temporary)), check=False, capture_output=True, text=True
        )
        if ended.returncode:
            say_error(ended.stderr)
            raise typer.Exit(FAILED)
        request.output.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(Path(temporary, "report.html"), request.output)
        document = request.output.with_suffix(".json")
        shutil.copyfile(Path(temporary, "report.json"), document)
    state, _, told = ended.stdout.strip().partition(": ")
    if as_json:
        written = {"page": str(request.output), "report": str(document)}
        print_json({"workload": request.workload, "stack": request.stack, "state": state, **written})
        return
    typer.echo(f"{state}: {told.partition(';')[0]}\n{request.output}")


def command(request: Request, version: str, digest: str, output: Path) -> Sequence[str]:
    """Return the command that makes the report, in a process of its own: it needs the extra `pipelines`."""
    labels = [] if request.labels is None else ["--labels", request.labels]
    return [
        *(sys.executable, "-m", "mlops_runtime.monitoring", "report"),
        *("--payloads", request.payloads, *labels),
        *("--model", str(request.model), "--name", request.workload),
        *("--version", version, "--digest", digest, "--output", str(output)),
        *request.more,
    ]
