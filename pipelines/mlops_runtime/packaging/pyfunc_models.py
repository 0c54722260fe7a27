"""A model of the user's own: any MLflow pyfunc, from its code, from a saved folder, or as an object."""

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mlops_runtime.packaging.errors import PackagingError
from mlops_runtime.packaging.flavours import Description, pinned_requirements, quiet_mlflow
from mlops_runtime.packaging.outputs import DEFAULT_NAMES
from mlops_runtime.serving.contract import ModelOutput


@dataclass(frozen=True)
class PyfuncModel:
    """A pyfunc to be packaged.

    Attributes:
        model: The Python file that makes it (MLflow's models from code), a folder that MLflow saved, or a
            `mlflow.pyfunc.PythonModel`.
        code_paths: Files and folders of code that go into the artifact and can be imported there.
        artifacts: Name to path of files that the model reads, as MLflow's context gives them to it.
    """

    model: Any
    code_paths: Sequence[Path] = ()
    artifacts: Mapping[str, Path] = field(default_factory=dict)

    @property
    def runs_code(self) -> bool:
        """Whether MLflow would store it with cloudpickle."""
        return not isinstance(self.model, Path)

    def write(self, directory: Path, description: Description | None = None) -> None:
        """Write it as a folder of MLflow's.

        Args:
            directory: Folder to be made.
            description: What is said beside; nothing where it is written only to be asked.

        Raises:
            PackagingError: There is no such file or folder.
        """
        with quiet_mlflow():
            if isinstance(self.model, Path) and self.model.is_dir():
                self._copy(directory, description)
                return
            if isinstance(self.model, Path) and not self.model.is_file():
                raise PackagingError(f"model: got {self.model}, expected a Python file or a folder that MLflow saved")
            import mlflow.pyfunc  # noqa: PLC0415 - slow to import

            mlflow.pyfunc.save_model(
                str(directory),
                python_model=str(self.model) if isinstance(self.model, Path) else self.model,
                code_paths=[str(path) for path in self.code_paths] or None,
                artifacts={name: str(path) for name, path in self.artifacts.items()} or None,
                signature=description.signature if description else None,
                input_example=description.example if description else None,
                pip_requirements=pinned_requirements(
                    ("numpy", "pandas"), description.requirements if description else ()
                ),
            )

    def answers(self, table: pd.DataFrame, outputs: Sequence[ModelOutput]) -> Mapping[str, object]:
        """Return each output's answers for every row."""
        return answers_by_name(self.raw_answers(table), outputs)

    def raw_answers(self, table: pd.DataFrame) -> object:
        """Write it for a moment, load it, and ask it, as a server does.

        Raises:
            PackagingError: It fails where it is loaded or asked.
        """
        with tempfile.TemporaryDirectory(prefix="pyfunc-") as temporary, quiet_mlflow():
            directory = Path(temporary) / "model"
            self.write(directory)
            import mlflow.pyfunc  # noqa: PLC0415 - slow to import

            try:
                return mlflow.pyfunc.load_model(str(directory)).predict(table)
            except Exception as error:
                raise PackagingError(
                    f"model: got {type(error).__name__}: {error} when it was loaded and asked for the examples,"
                    " expected an answer for every row, fix: try mlflow.pyfunc.load_model(…).predict(examples)"
                ) from error

    def _copy(self, directory: Path, description: Description | None) -> None:
        if not (self.model / "MLmodel").is_file():
            raise PackagingError(
                f"model: got folder {self.model} without MLmodel, expected one that MLflow saved,"
                " fix: give the folder that mlflow.<flavour>.save_model wrote"
            )
        shutil.copytree(self.model, directory)
        if description is None:
            return
        from mlflow.models import Model  # noqa: PLC0415 - slow to import

        written = Model.load(str(directory))
        written.signature = description.signature
        written.save(str(directory / "MLmodel"))


def is_pyfunc(model: object) -> bool:
    """Whether this is a file, a folder or an object that MLflow loads as a pyfunc."""
    return isinstance(model, Path) or any(
        kind.__name__ == "PythonModel" and kind.__module__.startswith("mlflow.") for kind in type(model).__mro__
    )


def answers_by_name(raw: object, outputs: Sequence[ModelOutput]) -> Mapping[str, object]:
    """Return a pyfunc's answer by output: a column or key of its name, or the whole where there is one output.

    Raises:
        PackagingError: An output is not there.
    """
    columns = _columns(raw)
    if columns is None:
        if len(outputs) == 1:
            return {outputs[0].name: raw}
        raise PackagingError(
            f"model: got {type(raw).__name__} as its answer, expected a column or key for each of"
            f" {', '.join(output.name for output in outputs)}, fix: return a DataFrame"
        )
    if len(outputs) == 1 and len(columns) == 1:
        return {outputs[0].name: next(iter(columns.values()))}
    missing = [output.name for output in outputs if output.name not in columns]
    if missing:
        raise PackagingError(
            f"model: got answers {', '.join(columns)}, expected {', '.join(missing)} too, as the outputs say"
        )
    return {output.name: columns[output.name] for output in outputs}


def found_outputs(raw: object) -> tuple[ModelOutput, ...]:
    """Return the outputs that a pyfunc's answer shows: texts, numbers and vectors.

    Raises:
        PackagingError: It is nothing that a contract can say.
    """
    columns = _columns(raw)
    if columns is None:
        return (_output(None, raw),)
    return tuple(_output(name, values) for name, values in columns.items())


def _columns(raw: object) -> dict[str, object] | None:
    if isinstance(raw, pd.DataFrame):
        return {str(name): raw[name].tolist() for name in raw.columns}
    return {str(name): values for name, values in raw.items()} if isinstance(raw, Mapping) else None


def _output(name: str | None, values: object) -> ModelOutput:
    rows = list(values) if isinstance(values, np.ndarray | pd.Series | list | tuple) else []
    if rows and all(isinstance(value, str) for value in rows):
        return ModelOutput(name=name or DEFAULT_NAMES["text"], kind="text")
    array = np.asarray(rows)
    if rows and array.dtype.kind in "biuf" and array.ndim == 1:
        return ModelOutput(name=name or DEFAULT_NAMES["number"])
    if rows and array.dtype.kind in "biuf" and array.ndim == 2:
        return ModelOutput(name=name or DEFAULT_NAMES["vector"], kind="vector", length=array.shape[1])
    raise PackagingError(
        f"model: got {type(values).__name__} {str(values)[:80]!r} as {name or 'its answer'}, expected a number, a text"
        " or a list of numbers of one length for each row, fix: return a DataFrame with a column for each output"
    )
