"""Calling the served model with real flights, and telling what to do next."""

import math
from typing import TYPE_CHECKING, Any

from rich.table import Table

from pulumi_mlops._shared import names
from pulumi_mlops.cli.kubernetes.errors import ClusterError
from pulumi_mlops.cli.kubernetes.services import ServiceAddress
from quickstart.context import WORKLOAD, QuickStart
from quickstart.personal_stack import FILE_NAME, STACK, ModelPin
from sandbox.errors import SandboxError
from sandbox.progress import console, say, step

if TYPE_CHECKING:
    from flight_delay.samples import SampleFlight

_FLIGHTS = 6


def real_flights() -> "list[SampleFlight]":
    """Read a few flights of a month that no model was trained on."""
    from flight_delay.samples import samples  # noqa: PLC0415 - slow to import

    return samples(_FLIGHTS)


def show(start: QuickStart, flights: "list[SampleFlight]") -> None:
    """Send real flights to the endpoint and print each prediction beside the delay that it really had.

    Args:
        start: The personal stack, up with a model.
        flights: The flights.

    Raises:
        SandboxError: The endpoint does not answer, or serves something else than what is pinned.
    """
    service = ServiceAddress(start.namespace, WORKLOAD, names.ENDPOINT_PORT)
    with step("call the endpoint") as current:
        try:
            identity = start.cluster.request(service, "/mlops/identity")
            pin = served_as_pinned(identity, start.pin)
            rows = {"instances": [flight.features for flight in flights]}
            answer = start.cluster.request(service, f"/v1/models/{WORKLOAD}:predict", rows)
        except ClusterError as error:
            raise SandboxError(str(error), "look at it with `mlops status --stack local`") from error
        predictions = read_predictions(answer, len(flights))
        current.note(f"version {pin.version}, {pin.digest[:19]}…")
    table_of(flights, predictions)
    say(next_steps(start.namespace))


def table_of(flights: "list[SampleFlight]", predictions: list[float]) -> None:
    """Print each prediction beside the delay that the flight really had."""
    table = Table("flight", "departed late", "predicted delay", "actual delay", title="Arrival delays in minutes")
    table.columns[0].no_wrap = True
    for column in table.columns[1:]:
        column.justify = "right"
    for flight, predicted in zip(flights, predictions, strict=True):
        late = f"{flight.departure_delay_minutes:+.0f}"
        table.add_row(flight.description, late, f"{predicted:+.0f}", f"{flight.actual_delay_minutes:+.0f}")
    console.print(table)


def served_as_pinned(identity: Any, pin: ModelPin | None) -> ModelPin:
    """Compare what the endpoint says it serves with what is pinned.

    Returns:
        The model that is served.

    Raises:
        SandboxError: It is another one, or the answer has another form.
    """
    try:
        served = ModelPin(version=int(identity["version"]), digest=str(identity["digest"]))
    except (KeyError, TypeError, ValueError) as error:
        raise SandboxError(
            f"the endpoint: got {identity!r}, expected the version and digest that it serves",
            "look at it with `mlops status --stack local`",
        ) from error
    if served != pin:
        raise SandboxError(f"the endpoint serves {served}, expected {pin}", "run `make up` again")
    return served


def read_predictions(answer: Any, expected: int) -> list[float]:
    """Read the endpoint's predictions.

    Raises:
        SandboxError: They are not as many numbers as there were rows.
    """
    predictions = answer.get("predictions") if isinstance(answer, dict) else None
    if not isinstance(predictions, list) or len(predictions) != expected:
        raise SandboxError(f"the endpoint: got {answer!r}, expected {expected} predictions")
    if not all(isinstance(value, int | float) and math.isfinite(value) for value in predictions):
        raise SandboxError(f"the endpoint: got {predictions}, expected finite numbers")
    return [float(value) for value in predictions]


def next_steps(namespace: str) -> str:
    """Write what a newcomer may want to do next."""
    forward = (
        f"python -m sandbox kubectl --namespace {namespace} port-forward service/{names.REGISTRY} {names.REGISTRY_PORT}"
    )
    steps = {
        'eval "$(.venv/bin/python -m sandbox env)"': "pulumi and mlops in this shell use the sandbox",
        forward: f"MLflow's page is then http://localhost:{names.REGISTRY_PORT}",
        "mlops status": "what is pinned, registered, serving and healthy",
        f"mlops train {WORKLOAD} --stack {STACK} --follow": f"trains again; then pin the version in stacks/{FILE_NAME}",
        f"pulumi preview --stack {STACK}": f"what an edit of stacks/{FILE_NAME} would change",
        "make down": "stops everything",
    }
    return "\nThe model is served. Next:\n" + "\n".join(f"  {step}\n      {what}" for step, what in steps.items())
