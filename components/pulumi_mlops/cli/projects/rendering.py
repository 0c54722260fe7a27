"""Renders the templates in this package with copier."""

from collections.abc import Mapping
from importlib.resources import as_file, files
from pathlib import Path

_TEMPLATES = files("pulumi_mlops") / "templates"


def render(template: str, answers: Mapping[str, str], destination: Path) -> None:
    """Render a template into a folder.

    Args:
        template: The template's name: `project` or `workload`.
        answers: A value for each question of the template.
        destination: The folder; it is made where it is not there.
    """
    import copier  # noqa: PLC0415 - start-up time

    with as_file(_TEMPLATES / template) as source:
        copier.run_copy(str(source), destination, data=dict(answers), defaults=True, quiet=True, unsafe=False)


def made_in(folder: Path) -> list[Path]:
    """Return the files below a folder, by their paths within it, sorted."""
    return sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
