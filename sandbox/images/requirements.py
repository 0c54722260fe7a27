"""What the Python images install: the lock file's versions and hashes, without what their programs never import."""

from pathlib import Path

from pulumi_mlops.image import requirements
from pulumi_mlops.image.errors import ImageError
from pulumi_mlops.image.requirements import INFRASTRUCTURE, Selection
from sandbox import paths
from sandbox.errors import SandboxError
from sandbox.files import write_atomically

REQUIREMENT_SETS = {
    # The example's own, which brings what any training step needs.
    "pipeline": Selection("group", "flight-delay-training"),
    "serving": Selection("extra", "serving", (*INFRASTRUCTURE, "pillow")),
    "registry": Selection(
        "extra",
        "registry",
        (
            *INFRASTRUCTURE,
            *("docker", "gunicorn", "matplotlib", "pyarrow", "scikit-learn", "scipy", "skops", "waitress"),
        ),
    ),
    "feature_store": Selection("group", "feature-store", ()),
}
"""By image name. What is left out of MLflow belongs to its model flavours; its server starts without."""
OWN_LOCKS = frozenset({"feature_store"})
"""Images with a lock file of their own, beside their Dockerfile: what they need holds back what others have newer."""


def requirements_file(name: str, checkout: Path) -> Path:
    """Return the committed requirements of an image."""
    return checkout / "images" / name / "requirements.txt"


def export(name: str, checkout: Path | None = None) -> str:
    """Read an image's requirements out of uv.lock.

    Args:
        name: Image name, a key of `REQUIREMENT_SETS`.
        checkout: Root of the checkout; the one of this package by default.

    Returns:
        The text of its requirements.txt, every package with its hashes.

    Raises:
        SandboxError: When uv is missing or its lock file does not fit pyproject.toml.
    """
    wanted = REQUIREMENT_SETS[name]
    try:
        listed = requirements.export(lock_folder(name, checkout or paths.checkout()), wanted)
    except ImageError as error:
        raise SandboxError(f"images/{name}/requirements.txt: {error.problem}", error.fix) from error
    return f"# Written by `python -m sandbox requirements` from uv.lock, {wanted}.\n{listed}"


def lock_folder(name: str, checkout: Path) -> Path:
    """Return the folder of the lock file that an image's packages are in."""
    return checkout / "images" / name if name in OWN_LOCKS else checkout


def stale(checkout: Path | None = None) -> dict[str, str]:
    """Images whose committed requirements differ from the lock file.

    Args:
        checkout: Root of the checkout; the one of this package by default.

    Returns:
        The text that each of them should have, by image name; empty when all fit.
    """
    root = checkout or paths.checkout()
    exported = {name: export(name, root) for name in REQUIREMENT_SETS}
    return {name: text for name, text in exported.items() if _committed(name, root) != text}


def write(checkout: Path | None = None) -> list[Path]:
    """Brings the requirements of all images up to date with the lock file.

    Args:
        checkout: Root of the checkout; the one of this package by default.

    Returns:
        The files that changed.
    """
    root = checkout or paths.checkout()
    changed = []
    for name, text in stale(root).items():
        file = requirements_file(name, root)
        write_atomically(file, text)
        changed.append(file)
    return changed


def _committed(name: str, checkout: Path) -> str | None:
    file = requirements_file(name, checkout)
    return file.read_text(encoding="utf-8") if file.exists() else None
