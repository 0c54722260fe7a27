"""MLflow's loader of a model whose own flavour would not answer with every output: the `loader_module` of its pyfunc.

It loads native formats, skops and safetensors only.
"""

import json
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from mlops_runtime.packaging.estimators import Answering, Booster, Estimator, TorchModule
from mlops_runtime.packaging.outputs import values_of
from mlops_runtime.serving.contract import ModelOutput, load_contract

FLAVOUR: Final = "mlops_runtime"
LOADER: Final = "mlops_runtime.packaging.loader"
TORCH_NOTE: Final = "module.json"
TORCH_WEIGHTS: Final = "weights.safetensors"


class PackagedModel:
    """A loaded model that answers with the contract's outputs."""

    def __init__(self, model: Answering, outputs: tuple[ModelOutput, ...], categories: Mapping[str, list[str]]) -> None:
        self._model = model
        self._outputs = outputs
        self._categories = categories

    def predict(self, table: pd.DataFrame, params: object = None) -> dict[str, np.ndarray]:  # noqa: ARG002 - MLflow's
        """Return each output's answers: one value or one list of numbers a row."""
        raw = self._model.answers(with_categories(table, self._categories), self._outputs)
        return {output.name: np.asarray(values_of(output, raw[output.name])) for output in self._outputs}


def with_categories(table: pd.DataFrame, categories: Mapping[str, list[str]]) -> pd.DataFrame:
    """Return a table whose columns of categories are pandas' own, as the model was fitted to them."""
    typed = {name: pd.Categorical(table[name], categories=known) for name, known in categories.items()}
    return table.assign(**typed) if typed else table


def _load_pyfunc(path: str) -> PackagedModel:
    """Load what MLflow names by one of its files or folders."""
    directory = next(each for each in (Path(path), *Path(path).parents) if (each / "MLmodel").is_file())
    from mlflow.models import Model  # noqa: PLC0415 - slow to import

    own = Model.load(str(directory)).flavors[FLAVOUR]
    contract = load_contract(directory)
    classes = next((output.classes for output in contract.outputs if output.classes), None)
    vocabularies = {feature.name: list(feature.vocabulary or ()) for feature in contract.features}
    categories = {name: vocabularies[name] for name in own["categorical"]}
    return PackagedModel(Estimator(_LOADERS[own["library"]](directory, classes)), contract.outputs, categories)


def _load_sklearn(directory: Path, _classes: object) -> Any:
    import mlflow.sklearn  # noqa: PLC0415 - only where the model is its own

    return mlflow.sklearn.load_model(str(directory))


def _load_xgboost(directory: Path, classes: Any) -> Any:
    import mlflow.xgboost  # noqa: PLC0415 - only where the model is its own

    model = mlflow.xgboost.load_model(str(directory))
    return model if hasattr(model, "get_booster") else Booster(model, classes)


def _load_lightgbm(directory: Path, classes: Any) -> Any:
    import mlflow.lightgbm  # noqa: PLC0415 - only where the model is its own

    return Booster(mlflow.lightgbm.load_model(str(directory)), classes)


def _load_pytorch(directory: Path, _classes: object) -> Any:
    from safetensors.torch import load_file  # noqa: PLC0415 - only where the model is its own

    (path,) = directory.rglob(TORCH_NOTE)
    note = json.loads(path.read_text(encoding="utf-8"))
    module = getattr(import_module(note["module"]), note["class"])(**note["arguments"])
    module.load_state_dict(load_file(str(path.with_name(TORCH_WEIGHTS))))
    return TorchModule(module)


_LOADERS: Mapping[str, Callable[[Path, Any], Any]] = {
    "sklearn": _load_sklearn,
    "xgboost": _load_xgboost,
    "lightgbm": _load_lightgbm,
    "pytorch": _load_pytorch,
}
