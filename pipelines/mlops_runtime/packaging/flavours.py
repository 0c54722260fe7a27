"""A model as a folder of MLflow's, in a format that runs no code when it is loaded: one writer for each library."""

import logging
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from mlops_runtime.packaging.errors import PackagingError
from mlops_runtime.packaging.estimators import Library
from mlops_runtime.packaging.loader import FLAVOUR, LOADER
from mlops_runtime.packaging.torch_models import save_torch

if TYPE_CHECKING:
    from mlflow.models import ModelSignature

# Modules whose types may stand in a model without being named: the libraries that the image holds on purpose.
TRUSTED_PREFIXES = ("sklearn.", "numpy.", "scipy.")
REQUIREMENTS: Mapping[Library, tuple[str, ...]] = {
    "sklearn": ("scikit-learn", "numpy", "pandas", "skops"),
    "xgboost": ("xgboost", "xgboost-cpu", "scikit-learn", "numpy", "pandas"),
    "lightgbm": ("lightgbm", "scikit-learn", "numpy", "pandas"),
    "pytorch": ("torch", "safetensors", "numpy", "pandas"),
    "pyfunc": ("numpy", "pandas"),
}


@dataclass(frozen=True)
class Description:
    """What is said of a model beside its own files.

    Attributes:
        signature: What it takes and gives.
        example: A few rows.
        requirements: What loading it takes beside its library's, as pip has it.
        trusted_types: Types that skops may load beside those of `TRUSTED_PREFIXES`.
    """

    signature: "ModelSignature"
    example: pd.DataFrame
    requirements: Sequence[str] = ()
    trusted_types: Sequence[str] = ()


def save_flavour(library: Library, model: Any, directory: Path, description: Description) -> None:
    """Write a model as its library's flavour.

    Raises:
        PackagingError: It cannot be stored without code that runs when it is loaded.
    """
    with quiet_mlflow():
        _WRITERS[library](model, directory, description)


def set_loader(directory: Path, library: Library, *, categorical: Sequence[str]) -> None:
    """Have MLflow's pyfunc load the model by this package, which answers with every output of the contract."""
    with quiet_mlflow():
        from mlflow.models import Model  # noqa: PLC0415 - slow to import

        written = Model.load(str(directory))
        pyfunc = dict(written.flavors.get("python_function") or {})
        own = written.flavors.get(library) or {}
        # skops and native files are named by the library's flavour; the loader finds them by it.
        data = own.get("pickled_model") or own.get("data")
        pyfunc.update(loader_module=LOADER, python_version=pyfunc.get("python_version") or _python_version())
        if data:
            pyfunc["data"] = data
        pyfunc.setdefault("env", {"conda": "conda.yaml", "virtualenv": "python_env.yaml"})
        written.flavors["python_function"] = pyfunc
        written.add_flavor(FLAVOUR, library=library, categorical=list(categorical))
        written.save(str(directory / "MLmodel"))


@contextmanager
def quiet_mlflow() -> Iterator[None]:
    """Keep MLflow from warning of parts of its own that are not used, and of a pip that a locked image lacks."""
    for name in ("mlflow.utils.environment", "mlflow.sklearn"):
        logging.getLogger(name).setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def pinned_requirements(distributions: Sequence[str], more: Sequence[str] = ()) -> list[str]:
    """Return those of the distributions that are installed at their versions, as pip has them."""
    pinned = []
    for name in distributions:
        with suppress(PackageNotFoundError):
            pinned.append(f"{name}=={version(name)}")
    return [*pinned, *more]


def _arguments(library: Library, description: Description) -> dict[str, Any]:
    return {
        "signature": description.signature,
        "input_example": description.example,
        "pip_requirements": pinned_requirements(REQUIREMENTS[library], description.requirements),
    }


def _save_sklearn(model: Any, directory: Path, description: Description) -> None:
    import mlflow.sklearn  # noqa: PLC0415 - slow to import

    mlflow.sklearn.save_model(
        model,
        str(directory),
        serialization_format="skops",
        skops_trusted_types=trusted_types(model, description.trusted_types),
        **_arguments("sklearn", description),
    )


def trusted_types(model: object, named: Sequence[str]) -> list[str]:
    """Return the types beside skops' own that the model's file holds.

    Raises:
        PackagingError: One of them is neither of the libraries that an image has, nor named.
    """
    import skops.io  # noqa: PLC0415 - slow to import

    try:
        found = skops.io.get_untrusted_types(data=skops.io.dumps(model))
    except (TypeError, ValueError, AttributeError, RecursionError) as error:
        raise PackagingError(
            f"model: got {type(model).__name__}, which skops cannot store ({error}), expected parts that it can,"
            " fix: replace functions and lambdas by estimators of a module, or package the model as a pyfunc from code"
        ) from error
    unknown = [name for name in found if not name.startswith(TRUSTED_PREFIXES) and name not in named]
    if unknown:
        raise PackagingError(
            f"model: got types {', '.join(unknown)}, which loading it would run, expected scikit-learn's,"
            f" fix: if they are yours, name them: trusted_types={tuple(unknown)}"
        )
    return list(found)


def _save_xgboost(model: Any, directory: Path, description: Description) -> None:
    import mlflow.xgboost  # noqa: PLC0415 - slow to import

    mlflow.xgboost.save_model(model, str(directory), model_format="ubj", **_arguments("xgboost", description))


def _save_lightgbm(model: Any, directory: Path, description: Description) -> None:
    import mlflow.lightgbm  # noqa: PLC0415 - slow to import

    # MLflow stores LightGBM's scikit-learn models as pickles; their booster is text.
    booster = getattr(model, "booster_", model)
    mlflow.lightgbm.save_model(booster, str(directory), **_arguments("lightgbm", description))


def _save_pytorch(model: Any, directory: Path, description: Description) -> None:
    save_torch(model, directory, _arguments("pytorch", description))


def _python_version() -> str:
    import platform  # noqa: PLC0415

    return platform.python_version()


_WRITERS: Mapping[Library, Callable[[Any, Path, Description], None]] = {
    "sklearn": _save_sklearn,
    "xgboost": _save_xgboost,
    "lightgbm": _save_lightgbm,
    "pytorch": _save_pytorch,
}
