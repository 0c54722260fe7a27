"""`make up-aws`: a personal stack on the offline AWS, from nothing to a model that answers."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quickstart import personal_aws_stack as personal
from quickstart.context import PROJECT, WORKLOAD
from quickstart.personal_aws_stack import FILE_NAME, STACK, TEMPLATE_NAME
from quickstart.personal_stack import ModelPin, pinned_model, with_model
from quickstart.show import read_predictions, real_flights, table_of
from quickstart.training import pin_of
from sandbox import environment, paths
from sandbox.aws import lifecycle as aws
from sandbox.engine import current_engine
from sandbox.engine.stack import PulumiStack
from sandbox.errors import SandboxError
from sandbox.files import exclusive, write_atomically
from sandbox.progress import say, step

if TYPE_CHECKING:
    from flight_delay.samples import SampleFlight

_GATE_REJECTED = 3


@dataclass(frozen=True)
class AwsQuickStart:
    """The personal stack on the offline AWS.

    Attributes:
        checkout: Root of the checkout.
        stack: The stack under Pulumi.
    """

    checkout: Path
    stack: PulumiStack

    @property
    def file(self) -> Path:
        """The stack's file."""
        return self.checkout / "stacks" / FILE_NAME

    @property
    def pin(self) -> ModelPin | None:
        """The model that the stack is pinned to."""
        return pinned_model(self.file.read_text(encoding="utf-8"), WORKLOAD)

    def set_pin(self, pin: ModelPin | None) -> None:
        """Pin the stack to a model, or to none."""
        write_atomically(self.file, with_model(self.file.read_text(encoding="utf-8"), WORKLOAD, pin))


def quickstart() -> None:
    """Take the stack up, train, approve and deploy a model unless one is pinned, and call it.

    Raises:
        SandboxError: A step failed; running again goes on from there.
    """
    with exclusive(paths.claim(paths.state_root()) / "locks" / "quickstart-aws", "the quick start", wait_seconds=5.0):
        start, is_new = _prepared()
        _settle(start, is_new=is_new)
        _up(start, "bring the stack up", refresh=is_new)
        if start.pin is None:
            pin = _trained(start)
            _approve(start, pin)
            start.set_pin(pin)
            _up(start, f"deploy model version {pin.version}")
        _show(start, real_flights())


def _prepared() -> tuple[AwsQuickStart, bool]:
    """Start the offline AWS where none runs.

    Returns:
        The stack, and whether the offline AWS is new, so that nothing is there yet.
    """
    if current_engine() is None:
        raise SandboxError("Pulumi: not found, and not built yet", "run `make up-aws`")
    checkout = paths.checkout()
    template = (checkout / "stacks" / TEMPLATE_NAME).read_text(encoding="utf-8")
    was_running = aws.current() is not None
    aws.up(personal.account_of(template))
    for name in environment.unwanted():
        os.environ.pop(name, None)
    variables = environment.environment()
    os.environ.update(variables)
    os.chdir(checkout)  # The `mlops` commands find the project from here.
    stack = PulumiStack(PROJECT, STACK, checkout, paths.pulumi_backend(), variables)
    return AwsQuickStart(checkout, stack), not was_running


def _settle(start: AwsQuickStart, *, is_new: bool) -> None:
    with step("the personal stack") as current:
        if not start.file.is_file():
            template = (start.checkout / "stacks" / TEMPLATE_NAME).read_text(encoding="utf-8")
            write_atomically(start.file, personal.made_from(template))
            current.note(f"made stacks/{FILE_NAME} from {TEMPLATE_NAME}")
        if not start.stack.exists():
            start.stack.init()
            start.set_pin(None)
        else:
            start.stack.recover()
        if is_new and start.pin is not None:
            # What the stopped one held is lost, the registered models with it.
            start.set_pin(None)


def _up(start: AwsQuickStart, name: str, *, refresh: bool = False) -> None:
    with step(name) as current:
        log = paths.state_root() / "logs" / f"pulumi-up-{STACK}.log"
        current.note(start.stack.up(log, lambda line: current.detail(line.strip()[:100]), refresh=refresh))


def _trained(start: AwsQuickStart) -> ModelPin:
    say(f"train {WORKLOAD}")
    ended = _mlops(start, "train", WORKLOAD, "--stack", STACK, "--follow", "--json")
    if ended.returncode == _GATE_REJECTED:
        raise SandboxError("the gate rejected the model, so nothing was registered", f"see stacks/{FILE_NAME}")
    if ended.returncode != 0:
        raise SandboxError("`mlops train` failed", f"see above; files of the jobs are in {aws.state_folder()}")
    return pin_of(json.loads(ended.stdout))


def _approve(start: AwsQuickStart, pin: ModelPin) -> None:
    with step(f"approve version {pin.version}"):
        version = str(pin.version)
        ended = _mlops(start, "approve", WORKLOAD, "--stack", STACK, "--version", version, "--note", "the quick start")
        if ended.returncode != 0:
            raise SandboxError(f"`mlops approve` ended with exit code {ended.returncode}", "see above")


def _show(start: AwsQuickStart, flights: "list[SampleFlight]") -> None:
    """Call the endpoint with real flights, and print each prediction beside the delay that the flight really had."""
    rows = json.dumps([flight.features for flight in flights])
    with step("call the endpoint"):
        ended = _mlops(start, "predict", WORKLOAD, "--stack", STACK, "--rows", "-", "--json", given=rows)
        if ended.returncode != 0:
            raise SandboxError("`mlops predict` failed", "see above")
        predictions = read_predictions(json.loads(ended.stdout), len(flights))
    table_of(flights, predictions)
    say(
        "\nThe model is served, by an AWS without an account. Next:\n"
        '  eval "$(.venv/bin/python -m sandbox env)"\n      pulumi, mlops and aws in this shell use the sandbox\n'
        f"  pulumi preview --stack {STACK}\n      what an edit of stacks/{FILE_NAME} would change\n"
        "  mlops status\n      what is pinned, registered, serving and healthy\n"
        "  make down\n      stops everything"
    )


def _mlops(start: AwsQuickStart, *arguments: str, given: str | None = None) -> "subprocess.CompletedProcess[str]":
    call: list[Any] = [sys.executable, "-m", "pulumi_mlops", *arguments]
    return subprocess.run(call, cwd=start.checkout, input=given, stdout=subprocess.PIPE, text=True, check=False)
