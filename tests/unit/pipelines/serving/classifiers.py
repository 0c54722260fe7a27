"""Artifacts of models that give more than a number, as packaging writes them."""

import json
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType, Int64TensorType, StringTensorType
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from mlops_runtime.serving.contract import Feature, ModelOutput, ServingContract

CLASSES = ("early", "late", "on time")
LABEL = ModelOutput(name="label", kind="label", classes=CLASSES)
PROBABILITIES = ModelOutput(name="probabilities", kind="probabilities", classes=CLASSES)
MATRIX_CONTRACT = ServingContract(
    features=(Feature(name="delay", minimum=-100, maximum=1000), Feature(name="wind")), outputs=(LABEL, PROBABILITIES)
)
COLUMNS_CONTRACT = ServingContract(
    features=(
        Feature(name="delay", dtype="float64"),
        Feature(name="stops", dtype="int64", minimum=0),
        Feature(name="carrier", dtype="category", vocabulary=("AA", "B6"), nullable=True, unknown_category="missing"),
    ),
    outputs=(LABEL, PROBABILITIES),
)


def write_documents(
    directory: Path, contract: ServingContract, rows: Sequence[Mapping[str, Any]], outputs: Mapping[str, list[Any]]
) -> None:
    """Writes the contract and the golden rows beside a model."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "serving.json").write_text(contract.to_json(), encoding="utf-8")
    golden = {"rows": rows, "outputs": outputs, "tolerance": 1e-4}
    (directory / "golden.json").write_text(json.dumps(golden), encoding="utf-8")


def write_matrix_classifier(directory: Path, *, zip_map: bool = False, whole: bool = False) -> ServingContract:
    """A classifier of skl2onnx's: one matrix in, a label and probabilities out.

    Args:
        directory: Folder to be made.
        zip_map: Whether the probabilities are objects, class to probability, as skl2onnx has it by default.
        whole: Whether the classes are whole numbers.
    """
    random = numpy.random.default_rng(0)
    table = numpy.column_stack((random.normal(0, 30, 300), random.uniform(0, 40, 300))).astype(numpy.float32)
    names: tuple[Any, ...] = (3, 5, 8) if whole else CLASSES
    target = numpy.array(names)[numpy.digitize(table[:, 0], (-10, 15)) % 3]
    model = LogisticRegression().fit(table, target)
    with warnings.catch_warnings(action="ignore"):
        graph = to_onnx(model, table[:1], options={"zipmap": zip_map})
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "model.onnx").write_bytes(_renamed(graph))
    classes = tuple(model.classes_.tolist())
    contract = MATRIX_CONTRACT.model_copy(
        update={"outputs": tuple(each.model_copy(update={"classes": classes}) for each in MATRIX_CONTRACT.outputs)}
    )
    rows = [{"delay": float(delay), "wind": float(wind)} for delay, wind in table[:24]]
    outputs = {"label": model.predict(table[:24]).tolist(), "probabilities": model.predict_proba(table[:24]).tolist()}
    write_documents(directory, contract, rows, outputs)
    return contract


def write_columns_classifier(directory: Path) -> None:
    """A pipeline of skl2onnx's that takes one input for each column of a frame."""
    import pandas as pd  # noqa: PLC0415 - slow to import

    random = numpy.random.default_rng(1)
    frame = pd.DataFrame(
        {
            "delay": random.normal(0, 30, 300),
            "stops": random.integers(0, 4, 300),
            "carrier": random.choice(["AA", "B6"], 300),
        }
    )
    score = frame["delay"] + 10 * frame["stops"] - 20 * (frame["carrier"] == "AA")
    target = numpy.array(CLASSES)[numpy.digitize(score, (-10, 15))]
    encode = ColumnTransformer(
        [
            ("numbers", StandardScaler(), ["delay", "stops"]),
            ("texts", OneHotEncoder(handle_unknown="ignore"), ["carrier"]),
        ]
    )
    pipeline = Pipeline([("encode", encode), ("classify", LogisticRegression(max_iter=500))]).fit(frame, target)
    types = [
        ("delay", FloatTensorType([None, 1])),
        ("stops", Int64TensorType([None, 1])),
        ("carrier", StringTensorType([None, 1])),
    ]
    with warnings.catch_warnings(action="ignore"):
        graph = to_onnx(pipeline, initial_types=types, options={"zipmap": False})
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "model.onnx").write_bytes(_renamed(graph))
    rows = json.loads(frame.head(24).to_json(orient="records", double_precision=15))
    first = pd.DataFrame(rows)
    outputs = {"label": pipeline.predict(first).tolist(), "probabilities": pipeline.predict_proba(first).tolist()}
    write_documents(directory, COLUMNS_CONTRACT, rows, outputs)


def _renamed(graph: Any) -> bytes:
    """The graph with `label` and `probabilities` for the names of its outputs."""
    given = [output.name for output in graph.graph.output]
    names = {"label": "inner_label", "probabilities": "inner_probabilities"}
    names |= dict(zip(given, ("label", "probabilities"), strict=True))
    for node in graph.graph.node:
        for side in (node.input, node.output):
            side[:] = [names.get(each, each) for each in side]
    for output in graph.graph.output:
        output.name = names[output.name]
    serialized: bytes = graph.SerializeToString()
    return serialized
