"""One call writes an artifact: a fitted model and examples in, a folder that can be registered and served out."""

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import ValidationError

from mlops_runtime.artifact import digest_directory
from mlops_runtime.monitoring.baseline import Baseline
from mlops_runtime.packaging.errors import PackagingError, raise_if_any
from mlops_runtime.packaging.estimators import Booster, Estimator, Library, TorchModule, library_of
from mlops_runtime.packaging.examples import COMPARED_ROWS, GOLDEN_ROWS, examples_table, json_rows, spread
from mlops_runtime.packaging.features import columns_problems, found_features
from mlops_runtime.packaging.flavours import Description, save_flavour, set_loader
from mlops_runtime.packaging.onnx_choice import OnnxChoice, choose_onnx, scale_of, tolerance_of
from mlops_runtime.packaging.outputs import Answers, named, values_of
from mlops_runtime.packaging.pyfunc_models import PyfuncModel, answers_by_name, found_outputs, is_pyfunc
from mlops_runtime.packaging.registration import refused_code
from mlops_runtime.packaging.saved_model import SavedModel
from mlops_runtime.packaging.signature import signature_of
from mlops_runtime.serving.contract import (
    CONTRACT_FILE_NAME,
    GOLDEN_FILE_NAME,
    ONNX_FILE_NAME,
    Feature,
    ModelOutput,
    RuntimeName,
    ServingContract,
)
from mlops_runtime.serving.served_model import UnservableModelError, load_served_model


def save_model(  # noqa: PLR0913 - each says one thing of the artifact, by name
    model: Any,
    examples: "pd.DataFrame | pd.Series[Any]",
    directory: Path,
    *,
    outputs: Sequence[ModelOutput] | None = None,
    unit: str = "",
    bounds: bool = False,
    categories: bool = True,
    runtime: RuntimeName | None = None,
    tolerance: float | None = None,
    features: Sequence[Feature] | None = None,
    onnx: bytes | None = None,
    trusted_types: Sequence[str] = (),
    allow_code: Sequence[str] = (),
    code_paths: Sequence[Path] = (),
    artifacts: Mapping[str, Path] | None = None,
    requirements: Sequence[str] = (),
) -> SavedModel:
    """Write a model as an artifact, and prove it: what is written answers the examples as the model does.

    Args:
        model: A fitted estimator or pipeline of scikit-learn, a model of XGBoost, LightGBM or PyTorch, or a pyfunc of
            MLflow's: the path of its Python file, a folder that MLflow saved, or a `PythonModel`.
        examples: At least 16 rows such as the model will be asked about, its columns as it takes them: the training
            table, best of all, as what is asked later is held against them (`baseline.json`). Some become the golden
            rows that every server must repeat, so they hold no secrets.
        directory: The folder to be made.
        outputs: What the model gives, to name it. Defaults to what is found.
        unit: The unit of its number, such as `minutes`.
        bounds: Whether numbers outside the examples' least and greatest are refused. Defaults to False.
        categories: Whether columns of few texts take these texts only. Defaults to True.
        runtime: `onnx` or `pyfunc`. Defaults to ONNX where the model converts and agrees, else pyfunc.
        tolerance: The absolute difference of numbers that counts as equal. Defaults to what is found.
        features: What a request holds. Defaults to what the examples show.
        onnx: A graph of one's own, with `features` as its contract. Defaults to a conversion.
        trusted_types: Types of one's own that skops may load, as `module.Class`.
        allow_code: Formats that may run code when they are loaded, such as `cloudpickle`; a stack allows them by
            `pipeline.allow_code_formats`. Defaults to none.
        code_paths: A pyfunc's modules that go into the artifact.
        artifacts: A pyfunc's files by name.
        requirements: What loading the model takes beside its library, as pip has it.

    Returns:
        What was written, with the reasons where there is no ONNX graph.

    Raises:
        PackagingError: With everything that keeps the model from being served as it is.
    """
    table = examples_table(examples)
    packaged = _packaged(model, PyfuncModel(model, code_paths, artifacts or {}), allow_code, outputs)
    raise_if_any(list(columns_problems(table, packaged.columns)) if packaged.columns else [])
    categories = categories and not packaged.takes_texts
    found = tuple(features) if features else found_features(table, bounds=bounds, categories=categories)
    if directory.exists():
        raise PackagingError(f"directory: got {directory}, which is there, expected a folder to be made")
    compared = pd.concat([spread(table, GOLDEN_ROWS), spread(table, COMPARED_ROWS)], ignore_index=True)
    given, answers = packaged.ask(compared, outputs, unit)
    choice = _choose(packaged, found, given, compared, answers, _Wish(runtime, tolerance, onnx))
    if runtime == "onnx" and choice.graph is None:
        raise PackagingError(
            f"runtime: got onnx, expected a model that converts and agrees: {'; '.join(choice.reasons)}"
        )
    partial = directory.with_name(f".{directory.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.parent.mkdir(parents=True, exist_ok=True)
    description = Description(signature_of(found, given), table.head(2), requirements, trusted_types)
    try:
        packaged.write(partial, description, given, table)
        _write_contract(partial, choice, spread(table, GOLDEN_ROWS), answers)
        _baseline(table, found, given, answers).write(partial)
        raise_if_any(refused_code(partial, allow_code))
        _prove(partial, allow_code)
        partial.rename(directory)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return SavedModel(
        directory,
        choice.contract.runtime,
        choice.contract,
        digest_directory(directory),
        choice.tolerance,
        choice.difference,
        choice.reasons,
    )


@dataclass(frozen=True)
class _Wish:
    runtime: RuntimeName | None
    tolerance: float | None
    onnx: bytes | None


@dataclass(frozen=True)
class _Packaged:
    """The model as it will be written, and as it is asked."""

    library: Library
    model: Any
    asked: Estimator | PyfuncModel

    @property
    def columns(self) -> list[str] | None:
        return self.asked.columns if isinstance(self.asked, Estimator) else None

    @property
    def takes_texts(self) -> bool:
        """Whether it takes one column of texts, which are no categories however few the examples are."""
        return isinstance(self.asked, Estimator) and self.asked.one_column

    def ask(
        self, table: pd.DataFrame, wanted: Sequence[ModelOutput] | None, unit: str
    ) -> tuple[tuple[ModelOutput, ...], Answers]:
        """Return the model's outputs and its answers."""
        if isinstance(self.asked, Estimator):
            outputs = named(self.asked.found_outputs(table), wanted, unit)
            raw = self.asked.answers(table, outputs)
        else:
            answer = self.asked.raw_answers(table)
            outputs = tuple(wanted) if wanted else named(found_outputs(answer), None, unit)
            raw = answers_by_name(answer, outputs)
        return outputs, {output.name: values_of(output, raw[output.name]) for output in outputs}

    def write(
        self, directory: Path, description: Description, outputs: Sequence[ModelOutput], table: pd.DataFrame
    ) -> None:
        """Write the model's own files."""
        if isinstance(self.asked, PyfuncModel):
            self.asked.write(directory, description)
            return
        save_flavour(self.library, self.model, directory, description)
        categorical = [str(name) for name in table.columns if isinstance(table[name].dtype, pd.CategoricalDtype)]
        if self.library != "sklearn" or not _plain(self.asked, outputs) or categorical:
            set_loader(directory, self.library, categorical=categorical)


def _plain(estimator: Estimator, outputs: Sequence[ModelOutput]) -> bool:
    """Whether scikit-learn's own flavour answers as the contract says: by `predict`, with the table as it is."""
    return (
        estimator.columns is not None
        and hasattr(estimator.model, "predict")
        and len(outputs) == 1
        and outputs[0].kind in ("number", "label")
    )


def _packaged(
    model: Any,
    pyfunc: PyfuncModel,
    allow_code: Sequence[str],
    outputs: Sequence[ModelOutput] | None,
) -> _Packaged:
    if is_pyfunc(model):
        if pyfunc.runs_code and "cloudpickle" not in allow_code:
            raise PackagingError(
                f"model: got a {type(model).__name__} object, which MLflow stores with cloudpickle and which runs code"
                " when it is loaded, expected a format that does not, fix: pass the path of the model's Python file,"
                " which ends with mlflow.models.set_model(…), and its weights as artifacts,"
                " or allow_code=('cloudpickle',)"
            )
        return _Packaged("pyfunc", model, pyfunc)
    library = library_of(model)
    if library is None:
        raise PackagingError(
            f"model: got {type(model).__module__}.{type(model).__qualname__}, expected an estimator of scikit-learn, a"
            " model of XGBoost, LightGBM or PyTorch, or an MLflow pyfunc, fix: write an mlflow.pyfunc.PythonModel"
            " around it, in a file of its own"
        )
    classes = next((output.classes for output in outputs or () if output.classes), None)
    if library == "pytorch":
        module = TorchModule(model)
        return _Packaged(library, module, Estimator(module))
    if type(model).__name__ == "Booster":
        return _Packaged(library, model, Estimator(Booster(model, classes)))
    return _Packaged(library, model, Estimator(model))


def _choose(
    packaged: _Packaged,
    features: tuple[Feature, ...],
    outputs: tuple[ModelOutput, ...],
    table: pd.DataFrame,
    answers: Answers,
    wish: _Wish,
) -> OnnxChoice:
    allowed = tolerance_of(answers, outputs) if wish.tolerance is None else wish.tolerance
    try:
        pyfunc = ServingContract(runtime="pyfunc", features=features, outputs=outputs)
    except ValidationError as error:
        told = [each["msg"].removeprefix("Value error, ") for each in error.errors()]
        raise PackagingError(f"{CONTRACT_FILE_NAME}: {'; '.join(told)}") from error
    if wish.runtime == "pyfunc":
        return OnnxChoice(pyfunc, None, None, allowed, ("pyfunc was asked for",))
    if not isinstance(packaged.asked, Estimator):
        return OnnxChoice(pyfunc, None, None, allowed, ("a pyfunc of one's own is Python, which ONNX is not",))
    choice = choose_onnx(packaged.library, packaged.asked, pyfunc, table, answers, allowed, wish.onnx)
    if wish.tolerance is None and choice.difference is not None:
        # Ten times what was seen, as other rows and machines differ; never less than float32 can tell apart.
        found = max(10 * choice.difference, 1e-6 * scale_of(answers, outputs))
        return OnnxChoice(choice.contract, choice.graph, choice.difference, min(found, allowed), choice.reasons)
    return choice


def _write_contract(directory: Path, choice: OnnxChoice, golden: pd.DataFrame, answers: Answers) -> None:
    if choice.graph is not None:
        (directory / ONNX_FILE_NAME).write_bytes(choice.graph)
    (directory / CONTRACT_FILE_NAME).write_text(choice.contract.to_json(), encoding="utf-8")
    document = {
        "rows": json_rows(golden, choice.contract.features),
        "outputs": {name: list(values[: len(golden)]) for name, values in answers.items()},
        "tolerance": choice.tolerance,
    }
    text = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    (directory / GOLDEN_FILE_NAME).write_text(text, encoding="utf-8")


def _baseline(
    table: pd.DataFrame, features: Sequence[Feature], outputs: Sequence[ModelOutput], answers: Answers
) -> Baseline:
    """Summarise the examples and the answers to those that were asked, the golden rows not twice."""
    golden = len(spread(table, GOLDEN_ROWS))
    compared = {name: list(values[golden:]) for name, values in answers.items()}
    return Baseline.of(table, compared, features=features, outputs=outputs)


def _prove(directory: Path, allow_code: Sequence[str]) -> None:
    """Load what was written as a server will, and have it repeat the golden rows."""
    try:
        load_served_model(directory, "model", "1", allow_code_formats=allow_code)
    except UnservableModelError as error:
        raise PackagingError(f"the artifact: got {error}, expected one that can be served") from error
