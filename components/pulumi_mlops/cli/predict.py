"""`mlops predict`: one call to a workload's endpoint."""

import sys
from pathlib import Path
from typing import Any

import typer

from pulumi_mlops.cli.kubernetes.cluster import ClusterError, ServiceAddress, cluster_of
from pulumi_mlops.cli.output import print_json, told_errors
from pulumi_mlops.cli.registry import read_rows
from pulumi_mlops.cli.stacks import Place, longest_answer_seconds, place_of
from pulumi_mlops.cli.status import ENDPOINT_PORT
from pulumi_mlops.stack import Target


def predict(workload: str, stack: str, rows_file: str, *, as_json: bool) -> None:
    """Send rows to an endpoint and print its predictions.

    Args:
        workload: The workload.
        stack: Its stack.
        rows_file: A JSON file with rows, or `-` for standard input.
        as_json: Whether to write `{"stack", "workload", "predictions"}` rather than a prediction to a line.

    Raises:
        typer.Exit: With code 1, when there are no rows or no predictions.
    """
    with told_errors(ClusterError, OSError, ValueError):
        place = place_of(workload, stack)
        # As bytes: the file says how its text is encoded, and the system's own encoding has no say in it.
        rows = read_rows(sys.stdin.buffer.read() if rows_file == "-" else Path(rows_file).read_bytes())
        if place.config.platform.target is Target.SAGEMAKER:
            _say(workload, stack, _on_sagemaker(place, rows), as_json=as_json)
            return
        service = ServiceAddress(place.namespace, workload, ENDPOINT_PORT)
        answer = cluster_of(place.config).request(
            service,
            f"/v1/models/{workload}:predict",
            {"instances": rows},
            answer_seconds=longest_answer_seconds(place.config.workloads[place.workload].endpoint),
        )
        predictions = answer.get("predictions") if isinstance(answer, dict) else None
        if not isinstance(predictions, list):
            raise ClusterError(
                f"{workload} in {stack}: got no predictions, expected one for each row, fix: see its log"
            )
    _say(workload, stack, predictions, as_json=as_json)


def _on_sagemaker(place: Place, rows: list[Any]) -> list[Any]:
    from pulumi_mlops._shared.aws.client import AwsError  # noqa: PLC0415 - start-up time
    from pulumi_mlops.cli.sagemaker.predict import predictions  # noqa: PLC0415

    with told_errors(AwsError):
        return predictions(place, rows)


def _say(workload: str, stack: str, predictions: list[Any], *, as_json: bool) -> None:
    if as_json:
        print_json({"stack": stack, "workload": workload, "predictions": predictions})
    else:
        for prediction in predictions:
            typer.echo(str(prediction))
