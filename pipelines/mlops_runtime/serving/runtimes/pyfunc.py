"""MLflow's pyfunc: whatever has a flavour of MLflow's, given a pandas frame."""

import logging
import warnings
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

import numpy

from mlops_runtime.serving.answers import check_finite, output_values
from mlops_runtime.serving.columns import ColumnReader, Columns
from mlops_runtime.serving.contract import ContractError, Feature, ModelOutput, ServingContract
from mlops_runtime.serving.refused_code import refuse_code
from mlops_runtime.serving.scorer import Answers, ModelAnswerError

OWN_IMAGE = (
    "fix: give the workload a serving image that has it, `images: {serving: …}` in the stack file; training again"
    " changes nothing"
)


class PyfuncScorer:
    """Scores with an MLflow model folder.

    MLflow's own server calls a model from several threads at once, and so does this one.

    Attributes:
        platform: The runtime's name.
    """

    platform = "mlflow_pyfunc"

    def __init__(self, directory: Path, contract: ServingContract, allow_code_formats: Collection[str] = ()) -> None:
        """Load the model.

        Args:
            directory: The model folder.
            contract: What it should take and give.
            allow_code_formats: The formats that may run code when they are loaded, by name.

        Raises:
            ContractError: A file of it would run code and is of no allowed format, a library is missing, or the model
                cannot be loaded.
        """
        refuse_code(directory, allow_code_formats)
        self._contract = contract
        try:
            self._frame_of, self._model = _loaded(directory)
        except ModuleNotFoundError as error:
            raise ContractError(_missing(directory, error.name or str(error))) from error
        except Exception as error:
            raise ContractError(
                f"{directory}: got {type(error).__name__}: {error}, expected an MLflow model that loads"
            ) from error

    def reader(self, count_unknown: Callable[[str, int], None] | None = None) -> ColumnReader:
        """Return what reads requests for it."""
        return ColumnReader(self._contract, count_unknown)

    def score(self, columns: Columns) -> Answers:
        """Every output for each row.

        Raises:
            UnansweredRowsError: It has no finite number for some of them.
            ModelAnswerError: It failed, or its answers are not what the contract says.
        """
        frame = self._frame_of(
            {feature.name: frame_column(feature, columns.values[feature.name]) for feature in self._contract.features}
        )
        try:
            given = self._model.predict(frame)
        except ModuleNotFoundError as error:
            raise ModelAnswerError(_missing(Path("the model"), error.name or str(error))) from error
        except Exception as error:
            raise ModelAnswerError(
                f"got {type(error).__name__}: {error!s:.500} from the model, expected an answer"
            ) from error
        answers = named_outputs(self._contract.outputs, given, len(columns))
        check_finite(answers.values())
        return answers


def _loaded(directory: Path) -> tuple[Callable[[dict[str, Any]], Any], Any]:
    """Return what makes a frame, and the model."""
    with warnings.catch_warnings():
        # MLflow's own, of types of its agents.
        warnings.simplefilter("ignore")
        import pandas as pd  # noqa: PLC0415 - what an ONNX server does without
        from mlflow import pyfunc  # noqa: PLC0415

        # It compares the versions of every package with those of the training's: the image's digest is pinned.
        logging.getLogger("mlflow.pyfunc").setLevel(logging.ERROR)
        return pd.DataFrame, pyfunc.load_model(str(directory))


def frame_column(feature: Feature, values: list[Any]) -> Any:
    """Return a column as pandas has it from a file: NaN for what is missing in texts and numbers, NaT in times.

    A column of whole numbers or truths has no place for a missing one: it becomes one of floats or of objects, as it
    does where pandas reads it.
    """
    match feature.dtype:
        case "float32" | "float64":
            return numpy.array(values, dtype=feature.dtype)
        case "int64":
            return numpy.array(values, dtype=numpy.float64 if None in values else numpy.int64)
        case "bool":
            return _objects(values, None) if None in values else numpy.array(values, dtype=numpy.bool_)
        case "datetime":
            return numpy.array(values, dtype="datetime64[ns]")
        case "text" | "category":
            return _objects(values, numpy.nan)
        case "vector":
            return _objects(values, None)


def named_outputs(outputs: tuple[ModelOutput, ...], given: Any, rows: int) -> Answers:
    """Return a model's answer by the contract's outputs.

    It is a frame or a mapping with a column for each output; or, for one output, an array, a list, or a frame with
    its column or with one column for each class. Where the outputs are a label and its probabilities and the answer
    is the probabilities alone, as `predict_proba` gives them, the label is the most probable class.

    Raises:
        ModelAnswerError: It is none of these, or a value is not of its output's kind.
    """
    columns = _columns(given)
    if columns is not None and columns.keys() >= {output.name for output in outputs}:
        return {output.name: output_values(output, _plain(columns[output.name]), rows) for output in outputs}
    if len(outputs) == 1:
        return {outputs[0].name: output_values(outputs[0], _one_output(outputs[0], given, columns), rows)}
    if sorted(output.kind for output in outputs) == ["label", "probabilities"]:
        label, probabilities = sorted(outputs, key=lambda output: output.kind)
        if label.classes == probabilities.classes:
            numbers = output_values(probabilities, _one_output(probabilities, given, columns), rows)
            likeliest = [label.classes[place] for place in numbers.argmax(axis=1)] if label.classes else []
            return {label.name: output_values(label, likeliest, rows), probabilities.name: numbers}
    names = ", ".join(output.name for output in outputs)
    got = f"columns {', '.join(columns)}" if columns is not None else type(given).__name__
    raise ModelAnswerError(f"got {got:.300} from the model, expected a frame or a mapping with columns {names}")


def _one_output(output: ModelOutput, given: Any, columns: Mapping[str, Any] | None) -> Any:
    """Return the values of the only output: of a frame's columns, the classes' by name, else all in their order."""
    if columns is None:
        return _plain(given)
    if output.classes is not None and columns.keys() == set(output.class_names):
        return numpy.column_stack([_plain(columns[name]) for name in output.class_names])
    if len(columns) == 1:
        return _plain(next(iter(columns.values())))
    if output.columns == len(columns) and output.kind == "vector":
        return numpy.column_stack([_plain(column) for column in columns.values()])
    raise ModelAnswerError(
        f"output {output.name!r}: got columns {', '.join(columns):.300} from the model, expected {output.name!r}"
        + (f" or the classes: {', '.join(output.class_names[:24])}" if output.classes else "")
    )


def _columns(given: Any) -> dict[str, Any] | None:
    """Name to values of a frame or a mapping; None for anything else."""
    if isinstance(given, Mapping):
        return {str(name): column for name, column in given.items()}
    if hasattr(given, "columns") and hasattr(given, "iloc"):
        return {str(name): given.iloc[:, place] for place, name in enumerate(given.columns)}
    return None


def _plain(given: Any) -> Any:
    """Return an array or a list of a pandas series, a sparse matrix or a tensor."""
    for method in ("to_numpy", "toarray", "numpy"):
        if hasattr(given, method) and not isinstance(given, numpy.ndarray):
            return getattr(given, method)()
    return given


def _objects(values: list[Any], missing: Any) -> Any:
    column = numpy.empty(len(values), dtype=object)
    column[:] = [missing if value is None else value for value in values]
    return column


def _missing(place: Path, module: str) -> str:
    return f"{place}: got no package for the module {module!r} in this image, expected one for the model, {OWN_IMAGE}"
