"""How an image is made: the project's own Dockerfile, or the one that comes with this package."""

from collections.abc import Mapping
from pathlib import Path

from pulumi_mlops.image.content import Source

PIPELINE, SERVING = "pipeline", "serving"

_FOLDER = Path(__file__).parent
_COMMANDS = {PIPELINE: "train", SERVING: "serve"}


def dockerfile_of(image: str, root: Path) -> Path:
    """Return the Dockerfile of an image: `images/<image>/Dockerfile` of the project, else this package's.

    Args:
        image: `pipeline`, `serving`, or one that the project has a folder for.
        root: The project's folder.
    """
    own = root / "images" / image / "Dockerfile"
    ours = _FOLDER / image / "Dockerfile"
    return own if own.is_file() or not ours.is_file() else ours


def given(image: str, *, arguments: Mapping[str, str]) -> dict[str, Source]:
    """Return what a Dockerfile of any image may copy from `mlops/`, apart from code and requirements.

    Args:
        image: As for `dockerfile_of`.
        arguments: The build's arguments, which are content as well.
    """
    lines = "".join(f"{name}={value}\n" for name, value in sorted(arguments.items()))
    found: dict[str, Source] = {"mlops/install.sh": _FOLDER / "install.sh", "mlops/arguments": lines.encode()}
    if command := _COMMANDS.get(image):
        found[f"mlops/{command}"] = _FOLDER / image / command
    return found
