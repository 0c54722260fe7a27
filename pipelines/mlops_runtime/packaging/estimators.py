"""A fitted model of any library, asked in one way: scikit-learn's.

The same code asks the model when it is packaged and, where its library's own MLflow flavour would not do, when it is
served: then `mlops_runtime.packaging.loader` loads it.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol

import numpy as np
import pandas as pd

from mlops_runtime.packaging.errors import PackagingError
from mlops_runtime.packaging.outputs import DEFAULT_NAMES, class_of
from mlops_runtime.serving.contract import ModelOutput

Library = Literal["sklearn", "xgboost", "lightgbm", "pytorch", "pyfunc"]


class Answering(Protocol):
    """What gives the raw answers of a model."""

    def answers(self, table: pd.DataFrame, outputs: Sequence[ModelOutput]) -> Mapping[str, object]:
        """Return each output's answers for every row."""
        ...


def library_of(model: object) -> Library | None:
    """Return the library whose model this is, told by its classes' modules: no library is imported to find out."""
    modules = [kind.__module__.partition(".")[0] for kind in type(model).__mro__]
    for module, library in (("xgboost", "xgboost"), ("lightgbm", "lightgbm"), ("torch", "pytorch")):
        if module in modules:
            return library  # type: ignore[return-value]
    return "sklearn" if "sklearn" in modules else None


class Estimator:
    """A model with scikit-learn's methods, and how its input is made of a table.

    Attributes:
        model: The model.
        columns: The columns that it was fitted to, in their order; None where it was fitted to no named ones.
        one_column: Whether it takes a plain sequence of texts, as vectorizers do.
    """

    def __init__(self, model: Any) -> None:
        self.model = model
        names = getattr(model, "feature_names_in_", None)
        self.columns = None if names is None else [str(name) for name in names]
        self.one_column = _takes_one_column(model)

    def answers(self, table: pd.DataFrame, outputs: Sequence[ModelOutput]) -> Mapping[str, object]:
        """Return each output's answers for every row, by the method that gives its kind."""
        given = self._input(table)
        return {output.name: self._answer(output, given) for output in outputs}

    def found_outputs(self, table: pd.DataFrame) -> tuple[ModelOutput, ...]:
        """Return what the model gives: a classifier's label and probabilities, a number, or a vector.

        Raises:
            PackagingError: It gives nothing that a contract can say.
        """
        classes = self._classes(table)
        if classes is not None:
            label = ModelOutput(name=DEFAULT_NAMES["label"], kind="label", classes=classes)
            if not hasattr(self.model, "predict_proba"):
                return (label,)
            name = DEFAULT_NAMES["probabilities"]
            return (label, ModelOutput(name=name, kind="probabilities", classes=classes))
        if not (hasattr(self.model, "predict") or hasattr(self.model, "transform")):
            raise PackagingError(
                f"model: got {type(self.model).__name__}, which neither predicts nor transforms rows that it has not"
                " seen, expected a model that does"
            )
        answers = np.asarray(_dense(self._method()(self._input(table))))
        if answers.ndim == 1 or answers.shape[1:] == (1,):
            return (ModelOutput(name=DEFAULT_NAMES["number"]),)
        if answers.ndim == 2:
            return (ModelOutput(name=DEFAULT_NAMES["vector"], kind="vector", length=answers.shape[1]),)
        raise PackagingError(f"model: got answers of shape {answers.shape}, expected one number or one vector a row")

    def _classes(self, table: pd.DataFrame) -> tuple[Any, ...] | None:
        kind = getattr(self.model, "_estimator_type", None) or _sklearn_type(self.model)
        if kind == "outlier_detector":
            return (-1, 1)
        if kind == "clusterer" and hasattr(self.model, "predict"):
            final = self.model.steps[-1][1] if getattr(self.model, "steps", None) else self.model
            labels = getattr(final, "labels_", None)
            found = self.model.predict(self._input(table)) if labels is None else labels
            centers = getattr(final, "cluster_centers_", ())
            return tuple(sorted({*range(len(centers)), *map(int, found)}))
        classes = getattr(self.model, "classes_", None)
        if classes is None or (kind is not None and kind != "classifier"):
            return None
        if isinstance(classes, list):
            raise PackagingError(
                f"model: got {type(self.model).__name__} with several labels a row, expected one,"
                " fix: package it as an MLflow pyfunc that returns a column for each label"
            )
        return tuple(class_of(value) for value in classes)

    def _answer(self, output: ModelOutput, given: object) -> object:
        if output.kind == "probabilities":
            return self.model.predict_proba(given)
        return _dense(self._method()(given))

    def _method(self) -> Any:
        return self.model.predict if hasattr(self.model, "predict") else self.model.transform

    def _input(self, table: pd.DataFrame) -> object:
        if self.one_column:
            return table.iloc[:, 0]
        return table.to_numpy() if self.columns is None else table.loc[:, self.columns]


class Booster:
    """A LightGBM or XGBoost booster with scikit-learn's methods: its numbers are probabilities where classes are given.

    A booster knows no labels, so whoever packages it says them.
    """

    def __init__(self, booster: Any, classes: Sequence[str | int] | None = None) -> None:
        self._booster = booster
        names = booster.feature_name() if hasattr(booster, "feature_name") else booster.feature_names
        if names:
            self.feature_names_in_ = list(names)
        if classes is not None:
            self.classes_ = np.asarray(classes, dtype=object if isinstance(classes[0], str) else None)
            self.predict_proba = self._probabilities

    def predict(self, table: pd.DataFrame) -> np.ndarray:
        """Return the label of each row, or its number where the booster has no classes."""
        if not hasattr(self, "classes_"):
            return self._numbers(table)
        return np.asarray(self.classes_[np.argmax(self._probabilities(table), axis=1)])

    def _probabilities(self, table: pd.DataFrame) -> np.ndarray:
        numbers = self._numbers(table)
        return np.column_stack((1 - numbers, numbers)) if numbers.ndim == 1 else numbers

    def _numbers(self, table: pd.DataFrame) -> np.ndarray:
        if type(self._booster).__module__.partition(".")[0] == "lightgbm":
            return np.asarray(self._booster.predict(table))
        import xgboost  # noqa: PLC0415 - only where the model is its own

        return np.asarray(self._booster.predict(xgboost.DMatrix(table, enable_categorical=True)))


class TorchModule:
    """A PyTorch module with scikit-learn's `predict`: a table's numbers in, as one float32 tensor, and numbers out."""

    def __init__(self, module: Any) -> None:
        self.module = module.eval()

    def predict(self, table: np.ndarray) -> np.ndarray:
        """Return what the module gives for each row."""
        import torch  # noqa: PLC0415 - only where the model is its own

        with torch.no_grad():
            return np.asarray(self.module(torch.from_numpy(np.asarray(table, dtype=np.float32))).numpy())


def _takes_one_column(model: Any) -> bool:
    """Whether the first thing that a model does takes texts and no table, as scikit-learn's tags say."""
    first = model.steps[0][1] if getattr(model, "steps", None) else model
    if first is not model:
        return _takes_one_column(first)
    tags = _tags(first)
    return tags is not None and tags.input_tags.string and not tags.input_tags.two_d_array


def _sklearn_type(model: object) -> str | None:
    tags = _tags(model)
    return None if tags is None else tags.estimator_type


def _tags(model: object) -> Any:
    if not hasattr(model, "__sklearn_tags__"):
        return None
    from sklearn.utils import get_tags  # noqa: PLC0415 - slow to import

    return get_tags(model)


def _dense(answers: object) -> object:
    return answers.toarray() if hasattr(answers, "toarray") else answers
