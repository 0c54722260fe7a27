"""The image pins in the committed stack files: brought up to date, everything else left as it was written."""

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import YAMLError

from sandbox import paths
from sandbox.errors import SandboxError
from sandbox.files import write_atomically
from sandbox.images.catalog import KNOWN_IMAGE_NAMES, repository
from sandbox.images.content import tagged_name

_PLATFORM = "mlops:platform"


@dataclass(frozen=True)
class Pin:
    """An image pin that does not say what the checkout holds.

    Attributes:
        file: The stack file.
        image: Image name.
        found: The reference in the file.
        wanted: The reference of the image as the checkout has it.
    """

    file: Path
    image: str
    found: str
    wanted: str


def stack_files(checkout: Path | None = None) -> list[Path]:
    """Return the stack files that pin images of this project by content: those named for a local cluster."""
    return sorted(((checkout or paths.checkout()) / "stacks").glob("Pulumi.*-local.yaml"))


def stale(checkout: Path | None = None) -> list[Pin]:
    """Pins that differ from the checkout's content tags.

    Args:
        checkout: Root of the checkout; the one of this package by default.

    Returns:
        In the order of files and of lines. Pins of images from elsewhere are not this command's and not among them.

    Raises:
        SandboxError: When a stack file cannot be read.
    """
    wanted = {name: tagged_name(name, checkout) for name in KNOWN_IMAGE_NAMES}
    return [pin for file in stack_files(checkout) for pin in _stale_in(file, _load(file), wanted)]


def update(checkout: Path | None = None) -> list[Pin]:
    """Brings the pins up to date; a file whose pins are right is not written.

    Args:
        checkout: Root of the checkout; the one of this package by default.

    Returns:
        The pins that were changed.

    Raises:
        SandboxError: When a stack file cannot be read; then none is written.
    """
    wanted = {name: tagged_name(name, checkout) for name in KNOWN_IMAGE_NAMES}
    documents = {file: _load(file) for file in stack_files(checkout)}
    changed = []
    for file, document in documents.items():
        pins = _stale_in(file, document, wanted)
        if not pins:
            continue
        text = file.read_text(encoding="utf-8")
        for pin in pins:
            text = _replaced(text, pin)
        write_atomically(file, text)
        changed += pins
    return changed


def _stale_in(file: Path, document: CommentedMap, wanted: dict[str, str]) -> list[Pin]:
    images = _images(document)
    return [
        Pin(file, name, str(images[name]), wanted[name])
        for name in images
        if name in wanted and str(images[name]).startswith(f"{repository(name)}:") and images[name] != wanted[name]
    ]


def _replaced(text: str, pin: Pin) -> str:
    """Return the text with one reference exchanged: a dump of the document would change the layout of other lines."""
    replaced = text.replace(pin.found, pin.wanted)
    if _images(_parse(replaced, pin.file)).get(pin.image) != pin.wanted:
        raise SandboxError(
            f"{pin.file}: {_PLATFORM}.images.{pin.image}: {pin.found} cannot be exchanged where it stands",
            "write it in one line, without quotes",
        )
    return replaced


def _images(document: CommentedMap) -> Any:
    found: Any = document
    for key in ("config", _PLATFORM, "images"):
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def _load(file: Path) -> CommentedMap:
    try:
        return _parse(file.read_text(encoding="utf-8"), file)
    except OSError as error:
        raise SandboxError(f"{file}: cannot be read: {error}") from error


def _parse(text: str, file: Path) -> CommentedMap:
    try:
        document = YAML(typ="rt").load(io.StringIO(text))
    except YAMLError as error:
        raise SandboxError(f"{file}: {error}", "correct the file: `mlops config check` says more") from error
    return document if isinstance(document, CommentedMap) else CommentedMap()
