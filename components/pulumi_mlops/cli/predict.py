"""`mlops predict`: one call to a workload's endpoint."""

import json
import sys
from pathlib import Path
from typing import Any

import typer

from pulumi_mlops.cli.output import print_json
from pulumi_mlops.cli.targets import on_target


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
    with on_target(workload, stack, OSError, ValueError) as operations:
        # As bytes: the file says how its text is encoded, and the system's own encoding has no say in it.
        rows = read_rows(sys.stdin.buffer.read() if rows_file == "-" else Path(rows_file).read_bytes())
        predictions = operations.predictions(rows)
    if as_json:
        print_json({"stack": stack, "workload": workload, "predictions": predictions})
    else:
        for prediction in predictions:
            typer.echo(shown(prediction))


def shown(prediction: object) -> str:
    """Return a prediction as a line: a text as it is, all else as JSON, such as a label with its probabilities."""
    if isinstance(prediction, str):
        # A text of several lines stays one prediction to a line.
        return prediction if prediction.isprintable() else json.dumps(prediction, ensure_ascii=False)
    return json.dumps(prediction, ensure_ascii=False)


def read_rows(text: str | bytes) -> list[Any]:
    """Return the rows of a JSON text: a list, or an object that holds one under rows or instances.

    Bytes may be UTF-8, UTF-16 or UTF-32, with or without a byte order mark, as editors and shells on Windows write.

    Raises:
        ValueError: When it holds no rows.
    """
    try:
        document = json.loads(text)
    except ValueError as error:
        raise ValueError(f"rows: got no JSON ({error}), expected a list of rows, fix: correct it") from error
    if isinstance(document, dict):
        document = next((document[key] for key in ("rows", "instances") if key in document), document)
    if not isinstance(document, list) or not document:
        raise ValueError(
            'rows: got no list, expected rows such as [{"feature": 1.0}], fix: put the rows into a list'
            if not isinstance(document, list)
            else "rows: got an empty list, expected at least one row, fix: add one"
        )
    return document
