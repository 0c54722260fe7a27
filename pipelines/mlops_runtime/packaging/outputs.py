"""What a model gives: its outputs, and its answers in the form that golden rows and protocols have them."""

from collections.abc import Mapping, Sequence

import numpy as np

from mlops_runtime.packaging.errors import PackagingError, raise_if_any
from mlops_runtime.serving.contract import ModelOutput, OutputKind
from mlops_runtime.serving.golden import expected_value, is_value

Class = str | int
Value = float | int | str | list[float]
Answers = Mapping[str, Sequence[Value]]

DEFAULT_NAMES: Mapping[OutputKind, str] = {
    "number": "prediction",
    "label": "label",
    "probabilities": "probabilities",
    "vector": "vector",
    "text": "text",
}


def class_of(value: object) -> Class:
    """Return a class as a contract has it: a text, or a whole number; False and True are 0 and 1.

    Raises:
        PackagingError: It is neither.
    """
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bool | np.bool_ | int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return int(value)
    raise PackagingError(
        f"classes: got {value!r}, expected texts or whole numbers, fix: fit the model to labels of either"
    )


def named(found: Sequence[ModelOutput], wanted: Sequence[ModelOutput] | None, unit: str) -> tuple[ModelOutput, ...]:
    """Give the outputs that were found the names and units that are wanted.

    Args:
        found: The model's outputs.
        wanted: What the caller says that it gives; some of the found ones, by kind, in any order.
        unit: The unit of the number, where nothing is said of outputs.

    Raises:
        PackagingError: What is wanted is not what the model gives; classes in another order are not the same.
    """
    if wanted is None:
        numbers = ("number", "vector")
        return tuple(each.model_copy(update={"unit": unit}) if each.kind in numbers else each for each in found)
    by_kind = {output.kind: output for output in found}
    problems = []
    for output in wanted:
        model = by_kind.get(output.kind)
        if model is None:
            problems.append(
                f"outputs: {output.name!r}: got kind {output.kind}, expected one that the model gives:"
                f" {', '.join(by_kind)}"
            )
        elif output.classes is not None and output.classes != model.classes:
            problems.append(
                f"outputs: {output.name!r}: got classes {list(output.classes)}, expected the model's, in its order:"
                f" {list(model.classes or ())}, fix: leave outputs out, or name the classes as model.classes_ has them"
            )
        elif output.length != model.length:
            problems.append(f"outputs: {output.name!r}: got length {output.length}, expected {model.length}")
    raise_if_any(problems)
    return tuple(wanted)


def values_of(output: ModelOutput, raw: object, place: str = "model") -> list[Value]:
    """Return one output's answers, a value for each row.

    Raises:
        PackagingError: A value is not of the output's kind, not one of its classes, or not finite.
    """
    try:
        array = np.asarray(raw, dtype=object if output.kind in ("label", "text") else np.float64)
    except (TypeError, ValueError) as error:
        raise PackagingError(
            f"{place}: output {output.name!r}: got {error}, expected {expected_value(output)} for each row, fix: say"
            " the kind of what the model gives"
        ) from error
    if output.kind in ("number", "label", "text"):
        array = array.reshape(len(array), -1)
        if array.shape[1] != 1:
            raise PackagingError(f"{place}: output {output.name!r}: got {array.shape[1]} values a row, expected one")
        array = array[:, 0]
    values: list[Value] = [class_of(value) for value in array] if output.kind == "label" else array.tolist()
    wrong = [row for row, value in enumerate(values) if not is_value(output, value)]
    if wrong:
        raise PackagingError(
            f"{place}: output {output.name!r}: got {str(values[wrong[0]])[:80]} for row {wrong[0]} of the examples"
            f" ({len(wrong)} of {len(values)} rows), expected {expected_value(output)}, fix: leave such rows out of"
            " the examples, or train a model that answers them"
        )
    return values
