"""A fence in front of files that run code when they are loaded: only the formats that the stack names pass.

What a model's files hold is scanned in depth before it is registered. This is for a version that came another way, and
reads what a loader would go by: a file's first bytes, and its name where they say nothing.
"""

import zipfile
from collections.abc import Collection
from pathlib import Path
from typing import Final

from mlops_runtime.serving.contract import ContractError

PICKLES: Final = ("pickle", "cloudpickle", "joblib")
TORCH: Final = ("torch.save",)
CODE_FORMATS: Final = (*PICKLES, *TORCH)
PICKLE_SUFFIXES: Final = frozenset((".pkl", ".pickle", ".cloudpickle", ".joblib", ".dill"))
TORCH_SUFFIXES: Final = frozenset((".pt", ".pth"))
PICKLE_PROTOCOLS: Final = range(2, 6)


def check_code_formats(directory: Path, allowed: Collection[str]) -> None:
    """Look at every file of a model.

    Args:
        directory: The model folder.
        allowed: The names of the formats that may run code.

    Raises:
        ContractError: A file would run code, and no format that it may be of is allowed; every such file is named. Or
            a name is no format.
    """
    unknown = [name for name in allowed if name not in CODE_FORMATS]
    if unknown:
        raise ContractError(
            f"allowed code formats: got {', '.join(unknown)}, expected some of {', '.join(CODE_FORMATS)}"
        )
    refused = []
    for path in sorted(each for each in directory.rglob("*") if each.is_file()):
        formats = code_formats(path)
        if formats and not set(formats) & set(allowed):
            refused.append(f"{path.relative_to(directory)} ({' or '.join(formats)})")
    if refused:
        more = f" and {len(refused) - 8} more" if len(refused) > 8 else ""
        raise ContractError(
            f"got files that run code when they are loaded: {', '.join(refused[:8])}{more}, expected none or an allowed"
            " format, fix: save the model as ONNX, skops, safetensors or in its library's own format, or name the"
            " format in the stack file: `endpoint: {allow_code_formats: […]}`"
        )


def code_formats(path: Path) -> tuple[str, ...]:
    """Return the formats that a file may be of that run code when it is loaded; none for one that runs none."""
    with path.open("rb") as file:
        head = file.read(2)
    if len(head) == 2 and head[0] == 0x80 and head[1] in PICKLE_PROTOCOLS:
        return PICKLES
    if head == b"PK" and _holds_pickle(path):
        return TORCH
    suffix = path.suffix.lower()
    # Protocols 0 and 1 begin like any text, and joblib compresses: there the name tells.
    return PICKLES if suffix in PICKLE_SUFFIXES else TORCH if suffix in TORCH_SUFFIXES else ()


def _holds_pickle(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return any(Path(name).suffix.lower() in PICKLE_SUFFIXES for name in archive.namelist())
    except (OSError, zipfile.BadZipFile):
        return False
