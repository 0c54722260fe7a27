"""The key that a command calls an endpoint with: from the environment or a file, and never from the command line.

Whoever lists a machine's processes sees their arguments, and a shell keeps them.
"""

import os
from collections.abc import Mapping
from pathlib import Path

KEY_VARIABLE = "MLOPS_ENDPOINT_KEY"
FILE_VARIABLE = "MLOPS_ENDPOINT_KEY_FILE"
FIX = f"set {KEY_VARIABLE} to an API key or a token of this endpoint, or {FILE_VARIABLE} to a file that holds it"


def key_headers(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the header that bears the key; none where there is no key.

    Raises:
        ValueError: The key cannot be read, or is none.
    """
    key, file = environment.get(KEY_VARIABLE), environment.get(FILE_VARIABLE)
    if key is None and file is None:
        return {}
    if key is not None and file is not None:
        raise ValueError(f"{KEY_VARIABLE}: got it and {FILE_VARIABLE}, expected one of them, fix: unset one")
    if file is not None:
        try:
            key = Path(file).read_bytes().decode("utf-8-sig", errors="replace")
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise ValueError(
                f"{FILE_VARIABLE}: got {file!r} ({reason}), expected a file with the key, fix: correct its path"
            ) from error
    key = (key or "").strip()
    # Whatever it is instead is not shown: it may be half of a key.
    if not key or not key.isascii() or not key.isprintable() or " " in key:
        name = KEY_VARIABLE if file is None else FILE_VARIABLE
        expected = "a key of printable characters without spaces"
        raise ValueError(f"{name}: got something else (not shown), expected {expected}, fix: {FIX}")
    return {"Authorization": f"Bearer {key}"}
