"""`mlops retraining status` and `reset`: the runs that alerts have started, and the way back after too many in vain."""

import json
from datetime import UTC, datetime
from typing import Any

import typer

from pulumi_mlops._shared import names
from pulumi_mlops.cli.kubernetes.cluster import cluster_of
from pulumi_mlops.cli.kubernetes.errors import ClusterError
from pulumi_mlops.cli.output import print_json, told_errors
from pulumi_mlops.cli.stacks import Place, place_of

HISTORY_KEY = "history.json"
"""`mlops_runtime.retraining.trigger.HISTORY_KEY`."""


class RetrainingRefusedError(RuntimeError):
    """The workload has no retraining."""


def status(workload: str, stack: str, *, as_json: bool) -> None:
    """Show the runs that alerts have started, the newest first.

    Args:
        workload: The workload.
        stack: Its stack.
        as_json: Whether to write them as JSON.

    Raises:
        typer.Exit: With code 1 when the workload has no retraining, or the cluster does not answer.
    """
    with told_errors(ClusterError, RetrainingRefusedError):
        place = _place(workload, stack)
        runs = _runs(_history(place))
    if as_json:
        print_json({"stack": stack, "workload": workload, "runs": runs})
        return
    for run in runs:
        started = datetime.fromtimestamp(run["started"], tz=UTC).isoformat(timespec="seconds")
        typer.echo(f"{run['name']}  {started}  {run['outcome']}  {run['because']}")
    if not runs:
        typer.echo(f"no alert has started a run of {workload} in {stack}")


def reset(workload: str, stack: str, *, as_json: bool) -> None:
    """Forget the runs that alerts have started: every guard begins anew.

    Args:
        workload: The workload.
        stack: Its stack.
        as_json: Whether to write what was forgotten as JSON.

    Raises:
        typer.Exit: With code 1 when the workload has no retraining, or the cluster does not answer.
    """
    with told_errors(ClusterError, RetrainingRefusedError):
        place = _place(workload, stack)
        before = _history(place)
        data = {key: value for key, value in (before.get("data") or {}).items() if key != HISTORY_KEY}
        cluster_of(place.config).replace_config_map(place.namespace, {**before, "data": data})
    forgotten = len(_runs(before, broken_is_none=True))
    if as_json:
        print_json({"stack": stack, "workload": workload, "forgotten": forgotten})
    else:
        typer.echo(f"{workload} in {stack}: {forgotten} runs forgotten; the next alert may start one")


def _place(workload: str, stack: str) -> Place:
    place = place_of(workload, stack)
    monitoring = place.config.workloads[workload].monitoring
    if monitoring is None or monitoring.retraining is None:
        raise RetrainingRefusedError(
            f"{workload} in {stack}: got no retraining, expected one, fix: add monitoring.retraining, then pulumi up"
        )
    return place


def _history(place: Place) -> dict[str, Any]:
    return cluster_of(place.config).config_map(place.namespace, names.retraining_of(place.workload))


def _runs(config_map: dict[str, Any], *, broken_is_none: bool = False) -> list[dict[str, Any]]:
    text = (config_map.get("data") or {}).get(HISTORY_KEY, "[]")
    try:
        found: list[dict[str, Any]] = json.loads(text)
        return sorted(found, key=lambda run: -float(run["started"]))
    except (ValueError, KeyError, TypeError) as error:
        if broken_is_none:
            return []
        raise RetrainingRefusedError(
            f"ConfigMap {config_map['metadata']['name']}: got {text[:80]!r}, expected the runs as JSON, fix: empty it"
            " with mlops retraining reset"
        ) from error
