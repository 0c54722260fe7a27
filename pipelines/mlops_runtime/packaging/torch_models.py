"""A PyTorch module as a folder of MLflow's: its weights as safetensors, and its class by name."""

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mlops_runtime.packaging.errors import PackagingError
from mlops_runtime.packaging.estimators import TorchModule
from mlops_runtime.packaging.loader import LOADER, TORCH_NOTE, TORCH_WEIGHTS


def save_torch(model: TorchModule, directory: Path, arguments: Mapping[str, Any]) -> None:
    """Write a module so that `loader` makes it again: the class is imported, the weights are data.

    Args:
        model: The module.
        directory: Folder to be made.
        arguments: What MLflow's pyfunc is told beside: signature, example, requirements.

    Raises:
        PackagingError: The class cannot be imported by its name where the model is served.
    """
    import mlflow.pyfunc  # noqa: PLC0415 - slow to import
    from safetensors.torch import save_file  # noqa: PLC0415 - only where the model is its own

    kind = type(model.module)
    if "<locals>" in kind.__qualname__ or kind.__module__ == "__main__":
        raise PackagingError(
            f"model: got class {kind.__module__}.{kind.__qualname__}, expected one that can be imported,"
            " fix: define it in a module of the workload's package"
        )
    note = {"module": kind.__module__, "class": kind.__qualname__, "arguments": _arguments(model.module)}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "torch"
        folder.mkdir()
        save_file(
            {name: value.contiguous() for name, value in model.module.state_dict().items()}, folder / TORCH_WEIGHTS
        )
        (folder / TORCH_NOTE).write_text(json.dumps(note, indent=1) + "\n", encoding="utf-8")
        mlflow.pyfunc.save_model(str(directory), loader_module=LOADER, data_path=str(folder), **arguments)


def _arguments(module: Any) -> dict[str, Any]:
    """Return what the module's class is called with to make it again: its attribute `arguments`; none by default."""
    arguments = dict(getattr(module, "arguments", {}))
    try:
        again = type(module)(**arguments)
        same = {name: tuple(value.shape) for name, value in again.state_dict().items()} == {
            name: tuple(value.shape) for name, value in module.state_dict().items()
        }
        json.dumps(arguments)
    except TypeError as error:
        raise PackagingError(
            f"model: got a {type(module).__name__} that {type(module).__name__}(**{arguments}) does not make ({error}),"
            " expected the arguments that make it, as JSON has them, fix: keep them in the module: self.arguments = {…}"
        ) from error
    if not same:
        raise PackagingError(
            f"model: {type(module).__name__}(**{arguments}) makes weights of other shapes, expected this model's,"
            " fix: keep the arguments that made it in the module: self.arguments = {…}"
        )
    return arguments
