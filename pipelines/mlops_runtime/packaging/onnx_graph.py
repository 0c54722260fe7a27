"""A fitted model as an ONNX graph whose inputs are a contract's features and whose outputs are its outputs."""

import copy
import io
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, Literal

from mlops_runtime.packaging.estimators import Booster, Estimator, Library, TorchModule
from mlops_runtime.serving.contract import NUMBER_TYPES, Feature, ModelOutput

if TYPE_CHECKING:
    import onnx

OPERATOR_SETS: Final = {"": 17, "ai.onnx.ml": 3}
MATRIX_NAME: Final = "features"
# One matrix of float32 is what a server fills fastest. Else each feature has an input: numbers as float32 first, which
# every converter takes, then as they are.
Layout = Literal["matrix", "float32 columns", "typed columns"]
LAYOUTS: Final[tuple[Layout, ...]] = ("matrix", "float32 columns", "typed columns")
# Needs a locale of the machine (en_US.UTF-8) that images do not have: a graph that loads here may not load there.
NOT_PORTABLE: Final = frozenset(("StringNormalizer",))


class NotConvertibleError(Exception):
    """There is no ONNX graph of this model in this layout; the message says why."""


def features_in(layout: Layout, features: Sequence[Feature]) -> tuple[Feature, ...]:
    """Return the features as a graph of this layout takes them.

    Raises:
        NotConvertibleError: One of them has no form in ONNX.
    """
    for feature in features:
        if feature.dtype in ("datetime", "vector"):
            raise NotConvertibleError(f"feature {feature.name!r} is a {feature.dtype}, which no graph here takes")
        if feature.nullable and feature.dtype not in NUMBER_TYPES:
            raise NotConvertibleError(f"feature {feature.name!r} may be null, and ONNX has no null but NaN")
        if layout == "matrix" and feature.dtype not in NUMBER_TYPES:
            raise NotConvertibleError(f"feature {feature.name!r} is no number, as a matrix has them")
    if layout == "typed columns":
        return tuple(features)
    return tuple(
        feature.model_copy(update={"dtype": "float32"}) if feature.dtype in NUMBER_TYPES else feature
        for feature in features
    )


def convert(
    library: Library, estimator: Estimator, layout: Layout, features: Sequence[Feature], outputs: Sequence[ModelOutput]
) -> bytes:
    """Return the graph.

    Raises:
        NotConvertibleError: The converter has none for this model, or one that not every machine loads.
    """
    if isinstance(estimator.model, Booster):
        raise NotConvertibleError("a booster by itself has no converter here, as its scikit-learn classes have")
    try:
        with warnings.catch_warnings():
            # skl2onnx hands booleans to ONNX where integers belong, which protobuf will refuse one day.
            warnings.simplefilter("ignore")
            if library == "pytorch":
                graph = _convert_torch(estimator.model, layout, features)
            else:
                graph = _convert_estimator(estimator.model, layout, features)
    except NotConvertibleError:
        raise
    except Exception as error:
        raise NotConvertibleError(f"{type(error).__name__}: {' '.join(str(error).split())[:300]}") from error
    _check(graph, layout, features)
    serialized: bytes = with_outputs(graph, outputs).SerializeToString()
    return serialized


def _convert_estimator(model: Any, layout: Layout, features: Sequence[Feature]) -> "onnx.ModelProto":
    from skl2onnx import convert_sklearn  # noqa: PLC0415 - slow to import
    from skl2onnx.common import data_types  # noqa: PLC0415

    _know_boosters()
    types = {
        "float32": data_types.FloatTensorType,
        "float64": data_types.DoubleTensorType,
        "int64": data_types.Int64TensorType,
        "bool": data_types.BooleanTensorType,
    }
    if layout == "matrix":
        inputs = [(MATRIX_NAME, data_types.FloatTensorType([None, len(features)]))]
    else:
        inputs = [(each.name, types.get(each.dtype, data_types.StringTensorType)([None, 1])) for each in features]
    model = _with_plain_names(model)
    if hasattr(model, "predict_proba"):
        options: dict[int, dict[str, bool]] | None = {id(model): {"zipmap": False}}
    else:
        # Without options of its own, the last step of a pipeline is given an option that some classifiers lack.
        options = {id(model.steps[-1][1]): {}} if getattr(model, "steps", None) else None
    graph: onnx.ModelProto = convert_sklearn(
        model, name="model", initial_types=inputs, target_opset=OPERATOR_SETS, options=options
    )
    return graph


def _know_boosters() -> None:
    """Make skl2onnx know the models of XGBoost and LightGBM, alone and in pipelines, where a library is there."""
    import sys  # noqa: PLC0415

    from skl2onnx import update_registered_converter  # noqa: PLC0415
    from skl2onnx.common import shape_calculator  # noqa: PLC0415

    classifier = shape_calculator.calculate_linear_classifier_output_shapes
    regressor = shape_calculator.calculate_linear_regressor_output_shapes
    choices = {"nocl": [True, False], "zipmap": [True, False, "columns"]}
    if "xgboost" in sys.modules:
        import xgboost  # noqa: PLC0415
        from onnxmltools.convert.xgboost.operator_converters.XGBoost import convert_xgboost  # noqa: PLC0415

        update_registered_converter(
            xgboost.XGBClassifier, "XGBoostXGBClassifier", classifier, convert_xgboost, options=choices
        )
        update_registered_converter(xgboost.XGBRegressor, "XGBoostXGBRegressor", regressor, convert_xgboost)
    if "lightgbm" in sys.modules:
        import lightgbm  # noqa: PLC0415
        from onnxmltools.convert.lightgbm.operator_converters.LightGbm import convert_lightgbm  # noqa: PLC0415

        update_registered_converter(
            lightgbm.LGBMClassifier, "LightGbmLGBMClassifier", classifier, convert_lightgbm, options=choices
        )
        update_registered_converter(
            lightgbm.LGBMRegressor, "LightGbmLGBMRegressor", regressor, convert_lightgbm, options={"split": None}
        )


def _with_plain_names(model: Any) -> Any:
    """Return an XGBoost model whose booster calls its columns f0, f1, …: its converter takes no other names."""
    if not hasattr(model, "get_booster"):
        return model
    plain = copy.deepcopy(model)
    plain.get_booster().feature_names = None
    return plain


def _convert_torch(model: TorchModule, layout: Layout, features: Sequence[Feature]) -> "onnx.ModelProto":
    import onnx  # noqa: PLC0415
    import torch  # noqa: PLC0415 - only where the model is its own

    if layout != "matrix":
        raise NotConvertibleError("a module takes one tensor")
    written = io.BytesIO()
    torch.onnx.export(
        model.module,
        (torch.zeros(2, len(features)),),
        written,
        input_names=[MATRIX_NAME],
        output_names=["answers"],
        dynamic_axes={MATRIX_NAME: {0: "rows"}, "answers": {0: "rows"}},
        opset_version=OPERATOR_SETS[""],
        dynamo=False,
    )
    return onnx.load_from_string(written.getvalue())


def _check(graph: "onnx.ModelProto", layout: Layout, features: Sequence[Feature]) -> None:
    for node in graph.graph.node:
        if node.op_type in NOT_PORTABLE:
            raise NotConvertibleError(f"the graph has a {node.op_type}, which needs a locale that images do not have")
    inputs = [each.name for each in graph.graph.input]
    expected = [MATRIX_NAME] if layout == "matrix" else [feature.name for feature in features]
    if sorted(inputs) != sorted(expected):
        raise NotConvertibleError(f"the graph takes {', '.join(inputs)}, not {', '.join(expected)}")


def with_outputs(graph: "onnx.ModelProto", outputs: Sequence[ModelOutput]) -> "onnx.ModelProto":
    """Give a graph the contract's outputs, by name and in order, and take the others away.

    Raises:
        NotConvertibleError: It has too few, or an output has a feature's name.
    """
    import onnx  # noqa: PLC0415

    present = list(graph.graph.output)
    places = {"probabilities": 1}
    floats, doubles = onnx.TensorProto.FLOAT, onnx.TensorProto.DOUBLE
    chosen = []
    for output in outputs:
        place = places.get(output.kind, 0)
        if place >= len(present):
            raise NotConvertibleError(f"the graph gives {len(present)} outputs, and none for {output.name!r}")
        chosen.append((present[place], output.name))
    has_doubles = any(each.type.tensor_type.elem_type == doubles for each in present)
    if [each.name for each in present] == [name for _, name in chosen] and not has_doubles:
        return graph
    for number, (old, _) in enumerate(chosen):
        # A name of its own first: the wanted one may stand for something else within the graph.
        _rename(graph, old.name, f"mlops_answer_{number}")
    del graph.graph.output[:]
    for number, (old, name) in enumerate(chosen):
        if any(each.name == name for each in graph.graph.input):
            raise NotConvertibleError(f"output {name!r} has the name of a feature")
        _rename(graph, name, f"mlops_inner_{number}")
        info = onnx.ValueInfoProto()
        info.CopyFrom(old)
        info.name = name
        if info.type.tensor_type.elem_type == doubles:
            # A server answers with float32.
            info.type.tensor_type.elem_type = floats
            node = onnx.helper.make_node("Cast", [f"mlops_answer_{number}"], [name], to=floats)
        else:
            node = onnx.helper.make_node("Identity", [f"mlops_answer_{number}"], [name])
        graph.graph.node.append(node)
        graph.graph.output.append(info)
    return graph


def _rename(graph: "onnx.ModelProto", old: str, new: str) -> None:
    for node in graph.graph.node:
        for names in (node.input, node.output):
            for place, name in enumerate(names):
                if name == old:
                    names[place] = new
    for initializer in graph.graph.initializer:
        if initializer.name == old:
            initializer.name = new
