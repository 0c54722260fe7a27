"""A small model artifact of the kind that the pipelines register."""

import json
import warnings
from pathlib import Path

import numpy
import onnx

from mlops_runtime.serving.contract import Feature, ModelOutput, ServingContract

CARRIERS = ("AA", "B6", "UA")
CONTRACT = ServingContract(
    features=(
        Feature(name="departure_delay_minutes"),
        Feature(name="carrier", dtype="category", vocabulary=CARRIERS, nullable=True, unknown_category="missing"),
        Feature(name="origin", dtype="category", vocabulary=("EWR", "JFK")),
        Feature(name="wind_speed", nullable=True),
    ),
    outputs=(ModelOutput(name="arrival_delay_minutes", unit="minutes"),),
)
ROW = {"departure_delay_minutes": 12.5, "carrier": "B6", "origin": "JFK", "wind_speed": 8}


def write_artifact(directory: Path, *, tolerance: float = 1e-3) -> None:
    from skl2onnx import to_onnx  # noqa: PLC0415 - slow to import
    from sklearn.ensemble import HistGradientBoostingRegressor  # noqa: PLC0415

    random = numpy.random.default_rng(0)
    rows = 400
    table = numpy.column_stack(
        (
            random.normal(10, 30, rows),
            random.integers(0, 3, rows),
            random.integers(0, 2, rows),
            random.uniform(0, 40, rows),
        )
    ).astype(numpy.float32)
    table[::7, 3] = numpy.nan
    table[::11, 1] = numpy.nan
    target = table[:, 0] * 0.9 + numpy.nan_to_num(table[:, 3]) * 0.3 + table[:, 2] * 4
    model = HistGradientBoostingRegressor(max_iter=30, min_samples_leaf=5).fit(table, target)
    directory.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings(action="ignore"):
        graph = to_onnx(model, table[:1])
    (directory / "model.onnx").write_bytes(graph.SerializeToString())
    (directory / "serving.json").write_text(CONTRACT.to_json())
    chosen = table[:24].astype(float)
    golden = {
        "rows": [
            {
                "departure_delay_minutes": row[0],
                "carrier": None if numpy.isnan(row[1]) else CARRIERS[int(row[1])],
                "origin": ("EWR", "JFK")[int(row[2])],
                "wind_speed": None if numpy.isnan(row[3]) else row[3],
            }
            for row in chosen
        ],
        "outputs": {"arrival_delay_minutes": model.predict(chosen).tolist()},
        "tolerance": tolerance,
    }
    (directory / "golden.json").write_text(json.dumps(golden))


def write_linear_artifact(directory: Path, contract: ServingContract, *, missing_is: float = numpy.nan) -> None:
    """An artifact whose model adds its features up, and so has no number for a row with a missing one.

    Args:
        directory: Folder to be made.
        contract: What the artifact says that it takes.
        missing_is: The number that the model itself puts in the place of a missing one.
    """
    width = len(contract.features)
    graph = onnx.helper.make_graph(
        [
            onnx.helper.make_node("IsNaN", ["features"], ["missing"]),
            onnx.helper.make_node("Where", ["missing", "instead", "features"], ["whole"]),
            onnx.helper.make_node("ReduceSum", ["whole", "columns"], ["sum"], keepdims=1),
        ],
        "sum",
        [onnx.helper.make_tensor_value_info("features", onnx.TensorProto.FLOAT, [None, width])],
        [onnx.helper.make_tensor_value_info("sum", onnx.TensorProto.FLOAT, [None, 1])],
        [
            onnx.numpy_helper.from_array(numpy.full(1, missing_is, dtype=numpy.float32), "instead"),
            onnx.numpy_helper.from_array(numpy.array([1], dtype=numpy.int64), "columns"),
        ],
    )
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=9)
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "model.onnx").write_bytes(model.SerializeToString())
    (directory / "serving.json").write_text(contract.to_json(), encoding="utf-8")
    rows = [
        {feature.name: feature.vocabulary[0] if feature.vocabulary else 1.0 for feature in contract.features}
        for _ in range(16)
    ]
    predictions = [float(sum(feature.vocabulary is None for feature in contract.features))] * len(rows)
    golden = {"rows": rows, "outputs": {contract.outputs[0].name: predictions}, "tolerance": 1e-6}
    (directory / "golden.json").write_text(json.dumps(golden), encoding="utf-8")


def write_slow_artifact(directory: Path, rounds_per_row: int = 2000) -> None:
    """An artifact of one feature, whose model gives it back after so many turns of a loop for each row."""
    scalar: list[int] = []
    numbers = onnx.TensorProto.FLOAT
    whole, truth = onnx.TensorProto.INT64, onnx.TensorProto.BOOL
    body = onnx.helper.make_graph(
        [
            onnx.helper.make_node("Identity", ["go_on"], ["goes_on"]),
            onnx.helper.make_node("Mul", ["carried", "carried"], ["turned"]),
        ],
        "turn",
        [
            onnx.helper.make_tensor_value_info("number", whole, scalar),
            onnx.helper.make_tensor_value_info("go_on", truth, scalar),
            onnx.helper.make_tensor_value_info("carried", numbers, scalar),
        ],
        [
            onnx.helper.make_tensor_value_info("goes_on", truth, scalar),
            onnx.helper.make_tensor_value_info("turned", numbers, scalar),
        ],
    )
    graph = onnx.helper.make_graph(
        [
            onnx.helper.make_node("Size", ["features"], ["rows"]),
            onnx.helper.make_node("Mul", ["rows", "rounds_per_row"], ["rounds"]),
            onnx.helper.make_node("Loop", ["rounds", "always", "one"], ["still_one"], body=body),
            onnx.helper.make_node("Mul", ["features", "still_one"], ["same"]),
        ],
        "slow",
        [onnx.helper.make_tensor_value_info("features", numbers, [None, 1])],
        [onnx.helper.make_tensor_value_info("same", numbers, [None, 1])],
        [
            onnx.numpy_helper.from_array(numpy.array(rounds_per_row, dtype=numpy.int64), "rounds_per_row"),
            onnx.numpy_helper.from_array(numpy.array(True), "always"),
            onnx.numpy_helper.from_array(numpy.array(1, dtype=numpy.float32), "one"),
        ],
    )
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=9)
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "model.onnx").write_bytes(model.SerializeToString())
    contract = ServingContract(features=(Feature(name="x"),), outputs=(ModelOutput(name="y"),))
    (directory / "serving.json").write_text(contract.to_json(), encoding="utf-8")
    golden = {"rows": [{"x": 1.0}] * 16, "outputs": {"y": [1.0] * 16}, "tolerance": 1e-6}
    (directory / "golden.json").write_text(json.dumps(golden), encoding="utf-8")
