"""`mlops predict`: one call to a workload's endpoint."""

import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import typer

from pulumi_mlops.cli.interface import Column
from pulumi_mlops.cli.operations import Operations, PromptRefusedError
from pulumi_mlops.cli.output import print_json
from pulumi_mlops.cli.tables import print_table
from pulumi_mlops.cli.targets import on_target
from pulumi_mlops.cli.text_stream import Prompt

_VALUES_SHOWN = 8


def describe(workload: str, stack: str, *, as_json: bool) -> None:
    """Print the inputs and outputs of an endpoint.

    Args:
        workload: The workload.
        stack: Its stack.
        as_json: Whether to write `{"inputs", "outputs"}` for programs.

    Raises:
        typer.Exit: With code 1 when the endpoint does not tell.
    """
    with on_target(workload, stack, ValueError) as operations:
        interface = operations.interface()
    if as_json:
        print_json({"stack": stack, "workload": workload} | interface.to_document())
        return
    rows = [
        [side, column.name, column.kind, column.unit or "-", _listed(column.values)]
        for side, columns in (("input", interface.inputs), ("output", interface.outputs))
        for column in columns
    ]
    print_table(["", "name", "type", "unit", "values"], rows)


def _listed(values: Sequence[str]) -> str:
    return ", ".join([*values[:_VALUES_SHOWN], *(["…"] if len(values) > _VALUES_SHOWN else [])]) or "-"


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
        is_for_people = not as_json and sys.stdout.isatty()
        outputs = _outputs(operations) if is_for_people else ()
    if as_json:
        print_json({"stack": stack, "workload": workload, "predictions": predictions})
    elif not is_for_people:
        for prediction in predictions:
            typer.echo(shown(prediction))
    else:
        print_table(*_table(predictions, outputs))


def answer(workload: str, stack: str, prompt: Prompt, *, as_json: bool) -> None:
    """Ask a language model's endpoint and print its answer, as it comes.

    Args:
        workload: The workload.
        stack: Its stack.
        prompt: What is asked; `-` as its text stands for standard input.
        as_json: Whether to write `{"stack", "workload", "text"}` at the end.

    Raises:
        typer.Exit: With code 1 when there is no whole answer.
    """
    with on_target(workload, stack, PromptRefusedError, OSError, ValueError) as operations:
        if prompt.text == "-":
            prompt = replace(prompt, text=sys.stdin.buffer.read().decode("utf-8-sig"))
        if not prompt.text:
            raise ValueError("prompt: got nothing, expected a text, fix: write one")
        pieces: list[str] = []
        for piece in operations.answer(prompt):
            pieces.append(piece)
            if not as_json:
                typer.echo(piece, nl=False)
                sys.stdout.flush()
    if as_json:
        print_json({"stack": stack, "workload": workload, "text": "".join(pieces)})
    else:
        typer.echo()


def _outputs(operations: Operations) -> tuple[Column, ...]:
    """Return the outputs of an endpoint; none where it does not tell: predictions are worth showing without."""
    expected: tuple[type[Exception], ...] = (ValueError, *operations.errors)
    try:
        return operations.interface().outputs
    except expected:
        return ()


def _table(predictions: Sequence[Any], outputs: Sequence[Column]) -> tuple[list[str], list[list[str]]]:
    """Lay predictions out as a table: a column for each output, or for each class where there are probabilities."""
    headings = {column.name: column.heading for column in outputs}
    if predictions and all(isinstance(prediction, dict) for prediction in predictions):
        names = list(dict.fromkeys(name for prediction in predictions for name in prediction))
        rows = [[_cell(prediction.get(name)) for name in names] for prediction in predictions]
        return ["row", *(headings.get(name, name) for name in names)], _numbered(rows)
    heading = outputs[0].heading if len(outputs) == 1 else "prediction"
    return ["row", heading], _numbered([[_cell(prediction)] for prediction in predictions])


def _numbered(rows: Sequence[list[str]]) -> list[list[str]]:
    return [[str(number), *row] for number, row in enumerate(rows)]


def _cell(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


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
