"""What an ONNX graph answers for a table, and how far that is from the model's answers."""

from collections.abc import Mapping, Sequence

import numpy as np
import onnxruntime
import pandas as pd

from mlops_runtime.packaging.outputs import Answers, values_of
from mlops_runtime.serving.contract import Feature, ModelOutput, ServingContract, in_one_unicode_form

_NUMBERS = {"tensor(float)": np.float32, "tensor(double)": np.float64, "tensor(int64)": np.int64, "tensor(bool)": bool}


def onnx_answers(graph: bytes, contract: ServingContract, table: pd.DataFrame) -> Answers:
    """Run a graph on a table, as a server does.

    Raises:
        PackagingError: An answer is not of its output's kind.
        Exception: Whatever ONNX Runtime has against the graph or the table.
    """
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    names = [each.name for each in session.get_outputs()]
    wanted = names[:1] if len(contract.outputs) == 1 else list(contract.output_names)
    given = session.run(wanted, _inputs(session, contract, table))
    return {
        output.name: values_of(output, answer, "model.onnx")
        for output, answer in zip(contract.outputs, given, strict=True)
    }


def largest_difference(got: Answers, expected: Answers, outputs: Sequence[ModelOutput]) -> tuple[float, str | None]:
    """Compare two models' answers.

    Returns:
        The largest absolute difference of their numbers, and the first label or text that is another, in words.
    """
    difference, other = 0.0, None
    for output in outputs:
        pairs = zip(got[output.name], expected[output.name], strict=True)
        if output.kind in ("label", "text"):
            rows = [row for row, (one, two) in enumerate(pairs) if one != two]
            if rows and other is None:
                other = (
                    f"{output.name} {got[output.name][rows[0]]!r} where the model gives"
                    f" {expected[output.name][rows[0]]!r}, in {len(rows)} of {len(got[output.name])} rows"
                )
        else:
            apart = np.abs(np.asarray(got[output.name], float) - np.asarray(expected[output.name], float))
            difference = max(difference, float(apart.max()))
    return difference, other


def _inputs(
    session: onnxruntime.InferenceSession, contract: ServingContract, table: pd.DataFrame
) -> Mapping[str, np.ndarray]:
    inputs = session.get_inputs()
    if len(inputs) == 1 and inputs[0].type == "tensor(float)":
        return {inputs[0].name: np.column_stack([_as_number(table, feature) for feature in contract.features])}
    types = {each.name: each.type for each in inputs}
    return {feature.name: _column(table, feature, types[feature.name]) for feature in contract.features}


def _as_number(table: pd.DataFrame, feature: Feature) -> np.ndarray:
    column = table[feature.name]
    if feature.vocabulary is not None:
        codes = {category: float(code) for code, category in enumerate(feature.vocabulary)}
        column = column.astype(object).map(in_one_unicode_form, na_action="ignore").map(codes)
    return np.asarray(column.to_numpy(dtype=np.float32, na_value=np.nan))


def _column(table: pd.DataFrame, feature: Feature, kind: str) -> np.ndarray:
    column = table[feature.name]
    if kind == "tensor(string)":
        return column.astype(object).to_numpy().reshape(-1, 1)
    values = column.to_numpy(dtype=_NUMBERS[kind]) if kind != "tensor(float)" else _as_number(table, feature)
    return np.asarray(values).reshape(-1, 1)
