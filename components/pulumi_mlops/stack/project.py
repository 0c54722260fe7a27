from dataclasses import dataclass
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from pulumi_mlops.stack.encoded_text import EncodingError, decoded


class ProjectError(LookupError):
    """There is no Pulumi project here, or it has no such stack."""


@dataclass(frozen=True)
class Project:
    """A Pulumi project on disk.

    Attributes:
        name: Its name, which stands before each key of a stack file.
        root: The folder of Pulumi.yaml.
        program: The folder of the program.
        stacks: The folder of the stack files.
    """

    name: str
    root: Path
    program: Path
    stacks: Path

    @property
    def pipelines(self) -> Path:
        """The folder of the workloads' packages: what a pod has on its PYTHONPATH."""
        return self.root / "pipelines"

    def stack_names(self) -> list[str]:
        """Return the names of the stacks that have a file, sorted."""
        return sorted(path.name.removeprefix("Pulumi.").removesuffix(".yaml") for path in self.stack_files())

    def stack_files(self) -> list[Path]:
        """Return the stack files, sorted."""
        return sorted(self.stacks.glob("Pulumi.?*.yaml"))

    def shown(self, path: Path) -> str:
        """Write a path for people: from the working directory where that leads there, else in full."""
        return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)

    def stack_file(self, stack: str) -> Path:
        """Return the file of a stack.

        Raises:
            ProjectError: When there is none; it names those that there are.
        """
        path = self.stacks / f"Pulumi.{stack}.yaml"
        if not path.is_file():
            raise ProjectError(
                f"stack {stack}: got no file {path}, expected one of {', '.join(self.stack_names()) or 'none'}, "
                "fix: name one of these, or write the file"
            )
        return path


def find_project(start: Path | None = None) -> Project:
    """Find the Pulumi project that a folder belongs to.

    Args:
        start: Where to look first; its parents follow. Defaults to the working directory.

    Raises:
        ProjectError: When no folder up to the root holds a readable Pulumi.yaml.
    """
    folder = (start or Path.cwd()).resolve()
    for candidate in (folder, *folder.parents):
        manifest = candidate / "Pulumi.yaml"
        if manifest.is_file():
            return _read(manifest)
    raise ProjectError(f"got no Pulumi.yaml in {folder} or above it, expected a project, fix: change into its folder")


def _read(manifest: Path) -> Project:
    try:
        document = YAML(typ="safe", pure=True).load(decoded(manifest.read_bytes()))
    except (EncodingError, YAMLError) as error:
        raise ProjectError(f"{manifest}: got no YAML ({error}), expected a Pulumi project, fix: correct it") from error
    if not isinstance(document, dict) or not isinstance(document.get("name"), str):
        raise ProjectError(f"{manifest}: name: got nothing, expected the project's name, fix: add name: …")
    root = manifest.parent
    program = root / str(document.get("main", "."))
    return Project(
        name=document["name"],
        root=root,
        program=program if program.is_dir() else program.parent,
        stacks=root / str(document.get("stackConfigDir", ".")),
    )
