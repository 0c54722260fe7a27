"""From what a model gives to the outputs of its contract, and from those to the values of an answer."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy
import numpy.typing

from .contract import ModelOutput
from .golden import expected_value
from .scorer import Answers, ModelAnswerError, UnansweredRowsError

Values = numpy.typing.NDArray[Any]

TEXT_DTYPE = numpy.dtype(object)


def output_values(output: ModelOutput, given: object, rows: int) -> Values:
    """One output's values as `Answers` has them.

    Args:
        output: What the contract says of it.
        given: What the model gave for it: an array, or something that becomes one.
        rows: How many rows it was given.

    Raises:
        ModelAnswerError: It is of another form, of another type, or has a label that is no class of the contract.
    """
    match output.kind:
        case "number" | "probabilities" | "vector":
            return _numbers(output, given, rows)
        case "label":
            return _labels(output, given, rows)
        case "text":
            return _texts(output, given, rows)


def check_finite(answers: Iterable[Values]) -> None:
    """Hold every number of an answer.

    Raises:
        UnansweredRowsError: One is not finite.
    """
    unanswered: set[int] = set()
    for values in answers:
        if values.dtype.kind == "f" and not numpy.isfinite(values).all():
            finite = numpy.isfinite(values)
            unanswered.update(numpy.flatnonzero(~finite if values.ndim == 1 else ~finite.all(axis=1)).tolist())
    if unanswered:
        raise UnansweredRowsError(sorted(unanswered))


def listed_values(answers: Answers) -> dict[str, list[Any]]:
    """Return the answers as Python's own values, one for each row: what golden rows are compared with."""
    return {name: values.tolist() for name, values in answers.items()}


def predictions(outputs: Sequence[ModelOutput], answers: Answers) -> object:
    """Return the predictions of the v1 protocol: a row's one output as it is, several as an object.

    Probabilities are objects, so that nobody has to know the order of the classes. Numbers stay NumPy's: they are
    written with as many digits as a float32 has.
    """
    if len(outputs) == 1:
        return _row_values(outputs[0], answers[outputs[0].name])
    names = [output.name for output in outputs]
    columns = (_row_values(output, answers[output.name]) for output in outputs)
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def predicted_values(outputs: Sequence[ModelOutput], predictions: object) -> dict[str, list[Any]]:
    """Return what `predictions` made, as `listed_values` has it, from a parsed answer.

    Raises:
        LookupError: A row lacks an output or a class.
        TypeError: They are not a list, or a row is no object where it should be.
    """
    if not isinstance(predictions, list):
        raise TypeError(f"got {predictions!r:.80}, expected a list of predictions")
    if len(outputs) == 1:
        return {outputs[0].name: _listed_rows(outputs[0], predictions)}
    return {output.name: _listed_rows(output, [row[output.name] for row in predictions]) for output in outputs}


def _row_values(output: ModelOutput, values: Values) -> Any:
    if output.kind == "probabilities":
        return [dict(zip(output.class_names, row, strict=True)) for row in values]
    return values.tolist() if values.dtype.kind in "Oi" else values


def _listed_rows(output: ModelOutput, rows: list[Any]) -> list[Any]:
    if output.kind != "probabilities":
        return rows
    return [[row[name] for name in output.class_names] for row in rows]


def _numbers(output: ModelOutput, given: object, rows: int) -> Values:
    columns = output.columns
    if columns is not None and isinstance(given, Sequence) and not isinstance(given, str):
        given = _matrix_of(output, given)
    array = _array(output, given)
    if array.dtype == TEXT_DTYPE:
        array = _unboxed(output, array)
    if array.dtype.kind not in "fiub":
        raise _wrong(output, given)
    expected = (rows,) if columns is None else (rows, columns)
    if array.shape != expected:
        if array.size != rows * (columns or 1) or array.shape[:1] != (rows,):
            raise _wrong(output, given, f"of shape {list(expected)}")
        array = array.reshape(expected)
    with numpy.errstate(over="ignore"):
        return numpy.ascontiguousarray(array, dtype=numpy.float32)


def _matrix_of(output: ModelOutput, given: Sequence[object]) -> object:
    """ZipMap's list of objects, class to probability, in the order of the contract's classes."""
    if not given or not all(isinstance(row, Mapping) for row in given):
        return given
    classes = output.classes or ()
    try:
        return [[row[each] for each in classes] for row in given]  # type: ignore[index]
    except KeyError as error:
        raise ModelAnswerError(
            f"output {output.name!r}: got no probability of class {error}, expected one of each"
        ) from error


def _unboxed(output: ModelOutput, array: Values) -> Values:
    """Return the numbers of an array of objects, such as a column of lists."""
    try:
        return numpy.array(array.tolist(), dtype=numpy.float64)
    except (TypeError, ValueError) as error:
        raise _wrong(output, array) from error


def _array(output: ModelOutput, given: object) -> Values:
    try:
        return numpy.asarray(given)
    except ValueError as error:  # lists of several lengths
        raise _wrong(output, given) from error


def _labels(output: ModelOutput, given: object, rows: int) -> Values:
    classes = output.classes or ()
    is_text = isinstance(classes[0], str)
    array = _array(output, given)
    if array.dtype.kind == "U":
        array = array.astype(TEXT_DTYPE)
    if array.size != rows or array.shape[:1] != (rows,):
        raise _wrong(output, given, f"of shape [{rows}]")
    values = array.reshape(-1).tolist()
    if not set(map(type, values)) <= {str if is_text else int} or not set(values) <= set(classes):
        wrong = next(value for value in values if type(value) is not type(classes[0]) or value not in classes)
        raise ModelAnswerError(
            f"output {output.name!r}: got {wrong!r:.80} from the model, expected {expected_value(output)}"
        )
    return _text_array(values) if is_text else numpy.array(values, dtype=numpy.int64)


def _texts(output: ModelOutput, given: object, rows: int) -> Values:
    array = _array(output, given)
    values = array.reshape(-1).tolist()
    if len(values) != rows or not set(map(type, values)) <= {str}:
        raise _wrong(output, given)
    return _text_array(values)


def _text_array(values: list[str]) -> Values:
    array = numpy.empty(len(values), dtype=TEXT_DTYPE)
    array[:] = values
    return array


def _wrong(output: ModelOutput, given: object, more: str = "") -> ModelAnswerError:
    shape = f"{getattr(given, 'dtype', type(given).__name__)} {list(getattr(given, 'shape', ()))}"
    expected = f"{expected_value(output)} for each row{f', {more}' if more else ''}"
    return ModelAnswerError(
        f"output {output.name!r}: got {shape} {str(given)[:80]!r} from the model, expected {expected}"
    )
