"""Whether a model is served as ONNX: where it converts, and the graph answers the examples as the model does."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mlops_runtime.packaging.errors import PackagingError
from mlops_runtime.packaging.estimators import Estimator, Library
from mlops_runtime.packaging.onnx_answers import largest_difference, onnx_answers
from mlops_runtime.packaging.onnx_graph import LAYOUTS, NotConvertibleError, convert, features_in
from mlops_runtime.packaging.outputs import Answers
from mlops_runtime.serving.contract import ONNX_FILE_NAME, ModelOutput, ServingContract

# What float32 leaves of a sum of some hundred numbers, beside the largest of them.
RELATIVE_TOLERANCE = 1e-5


@dataclass(frozen=True)
class OnnxChoice:
    """What was chosen.

    Attributes:
        contract: What the model takes and gives by its runtime.
        graph: The ONNX graph; None where the model is served as a pyfunc.
        difference: The largest absolute difference between the graph's numbers and the model's.
        tolerance: The absolute difference that counts as equal.
        reasons: Why there is no graph, one for each way that was tried.
    """

    contract: ServingContract
    graph: bytes | None
    difference: float | None
    tolerance: float
    reasons: tuple[str, ...]


def choose_onnx(
    library: Library,
    estimator: Estimator,
    contract: ServingContract,
    table: pd.DataFrame,
    answers: Answers,
    tolerance: float,
    given: bytes | None,
) -> OnnxChoice:
    """Return the first graph that agrees with the model, or the reasons why none does.

    Args:
        library: The model's library.
        estimator: The model.
        contract: The contract by which it is served as a pyfunc.
        table: The rows to compare on.
        answers: The model's answers for them.
        tolerance: The absolute difference of numbers that counts as equal.
        given: A graph of the caller's own for this contract's features; none is converted then.

    Raises:
        PackagingError: The caller's own graph does not agree.
    """
    reasons: list[str] = []
    for name, graph, candidate in _candidates(library, estimator, contract, given, reasons):
        difference, reason = _compare(graph, candidate, table, answers, tolerance)
        if reason is None:
            return OnnxChoice(candidate, graph, difference, tolerance, ())
        if given is not None:
            raise PackagingError(f"{ONNX_FILE_NAME}: {reason}")
        reasons.append(f"{name}: {reason}")
    return OnnxChoice(contract, None, None, tolerance, tuple(reasons))


def _candidates(
    library: Library, estimator: Estimator, contract: ServingContract, given: bytes | None, reasons: list[str]
) -> Iterator[tuple[str, bytes, ServingContract]]:
    if given is not None:
        yield "given", given, contract.model_copy(update={"runtime": "onnx"})
        return
    for layout in LAYOUTS:
        try:
            features = features_in(layout, contract.features)
            graph = convert(library, estimator, layout, features, contract.outputs)
        except NotConvertibleError as error:
            reasons.append(f"{layout}: {error}")
            continue
        yield layout, graph, ServingContract(features=features, outputs=contract.outputs)


def _compare(
    graph: bytes, contract: ServingContract, table: pd.DataFrame, answers: Answers, tolerance: float
) -> tuple[float, str | None]:
    try:
        got = onnx_answers(graph, contract, table)
    except Exception as error:  # noqa: BLE001 - whatever a graph cannot do is a reason to serve the model itself
        return 0.0, f"got {type(error).__name__}: {' '.join(str(error).split())[:300]}"
    difference, other = largest_difference(got, answers, contract.outputs)
    if other is not None:
        return difference, f"got {other}, expected the model's"
    if not difference <= tolerance:
        return difference, (
            f"got answers that differ by {difference:.6g} in {len(table)} rows, expected the model's within"
            f" {tolerance:.6g}"
        )
    return difference, None


def tolerance_of(answers: Answers, outputs: Sequence[ModelOutput]) -> float:
    """Return the absolute difference that float32 explains beside the largest of the answers' numbers."""
    return RELATIVE_TOLERANCE * scale_of(answers, outputs)


def scale_of(answers: Answers, outputs: Sequence[ModelOutput]) -> float:
    """Return the largest absolute number of the answers; 1 where there is none."""
    numbers = [answers[output.name] for output in outputs if output.kind not in ("label", "text")]
    return max((float(np.abs(np.asarray(values, dtype=float)).max()) for values in numbers), default=1.0) or 1.0
