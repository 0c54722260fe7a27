"""One call writes an artifact that can be served: `save_model`."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlops_runtime.packaging.save import save_model
    from mlops_runtime.packaging.saved_model import SavedModel

__all__ = ["SavedModel", "save_model"]


def __getattr__(name: str) -> object:
    # Registration's checks are a part of every run, and pandas is not: what `save_model` needs is loaded by its user.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from mlops_runtime.packaging import save, saved_model  # noqa: PLC0415

    return {"save_model": save.save_model, "SavedModel": saved_model.SavedModel}[name]
