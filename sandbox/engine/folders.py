"""Folders in the cache that are either whole or not there."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

_PREFIX = ".making-"


@contextlib.contextmanager
def made_whole(folder: Path) -> Iterator[Path]:
    """Give an empty folder to fill, which becomes `folder` at the end of the block.

    To be used under a lock: what a killed process left half made is removed first.

    Args:
        folder: The final name. What stands there is replaced.

    Yields:
        The folder to fill. When the block fails, it is removed and `folder` is as it was.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    for left in folder.parent.glob(f"{_PREFIX}*"):
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=_PREFIX) as temporary:
        making = Path(temporary) / "made"
        making.mkdir()
        yield making
        if folder.exists():
            shutil.rmtree(folder)
        making.rename(folder)
