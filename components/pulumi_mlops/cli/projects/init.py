"""`mlops init`: a project of one's own, with its first workload."""

import json
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, distribution
from pathlib import Path
from urllib.parse import unquote, urlsplit

import typer

from pulumi_mlops._shared.aws.values import account_id as account_rule
from pulumi_mlops._shared.aws.values import region as region_rule
from pulumi_mlops._shared.problems import told
from pulumi_mlops._shared.rules import Rule
from pulumi_mlops._shared.values import context_name, owner
from pulumi_mlops.cli.output import print_json, told_errors
from pulumi_mlops.cli.projects.kinds import Kind
from pulumi_mlops.cli.projects.names import problems_of_project
from pulumi_mlops.cli.projects.new import NewWorkload, add
from pulumi_mlops.cli.projects.refused import RefusedError
from pulumi_mlops.cli.projects.rendering import made_in, render
from pulumi_mlops.stack.platform.config import Target
from pulumi_mlops.stack.project import find_project
from pulumi_mlops.stack.schema import stack_file_schema

_PACKAGE = "pulumi-mlops"


@dataclass(frozen=True)
class NewProject:
    """A project that is to be made.

    Attributes:
        folder: Where; nothing may be there.
        name: The Pulumi project's name, which stands before each key of its stack files.
        target: Where its stacks run.
        owner: The team that owns them.
        context: The context of the kubeconfig, on Kubernetes.
        account_id: The account, on SageMaker.
        region: The region, on SageMaker.
        workload: The first workload.
        kind: Its kind.
    """

    folder: Path
    name: str
    target: str
    owner: str
    context: str
    account_id: str
    region: str
    workload: str
    kind: Kind


def init(project: NewProject, *, as_json: bool) -> None:
    """Make a project and say what was made.

    Args:
        project: The project.
        as_json: Whether to write `{"project", "folder", "made"}` for programs.

    Raises:
        typer.Exit: With code 1 when it is refused; nothing was made then.
    """
    with told_errors(RefusedError):
        made = make(project)
    if as_json:
        folder = str(project.folder)
        print_json({"project": project.name, "folder": folder, "made": [path.as_posix() for path in made]})
        return
    for path in made:
        typer.echo(f"made {project.folder / path}")
    if not any(path.suffix == ".whl" for path in made):
        typer.echo(f"put the wheel of {_PACKAGE} into {project.folder / 'wheels'}, which uv installs it from")
    typer.echo(f"go on with {project.folder / 'README.md'}")


def make(project: NewProject) -> list[Path]:
    """Make a project with its first workload: all of it or, where anything is wrong, nothing.

    Args:
        project: The project.

    Returns:
        Its files, by their paths within its folder.

    Raises:
        RefusedError: When it cannot be made; it holds every problem.
    """
    problems = list(_problems(project))
    if problems:
        raise RefusedError(problems)
    target = project.folder.absolute()
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}-") as temporary:
        # Resolved, as whoever finds the project from within it has it.
        aside = (Path(temporary) / "project").resolve()
        answers = {
            "project": project.name,
            "target": project.target,
            "owner": project.owner,
            "context": project.context,
            "account_id": project.account_id,
            "region": project.region,
            "workload": project.workload,
            "version": distribution(_PACKAGE).version,
        }
        render("project", answers, aside)
        schema = json.dumps(stack_file_schema(project.name), indent=2, sort_keys=True)
        (aside / "stacks" / "schema.json").write_text(schema + "\n", encoding="utf-8")
        if (wheel := own_wheel(distribution(_PACKAGE))) is not None:
            shutil.copyfile(wheel, aside / "wheels" / wheel.name)
        add(find_project(aside), NewWorkload(project.workload, project.kind))
        aside.replace(target)
    return made_in(target)


def own_wheel(installed: Distribution) -> Path | None:
    """Return the wheel on this machine that a package was installed from, or None: it came from elsewhere.

    Args:
        installed: The package. What it was installed from stands in its direct_url.json (PEP 610).
    """
    origin = installed.read_text("direct_url.json")
    address = urlsplit(json.loads(origin)["url"]) if origin else urlsplit("")
    path = Path(unquote(address.path))
    return path if address.scheme == "file" and path.suffix == ".whl" and path.is_file() else None


def _problems(project: NewProject) -> Iterator[str]:
    yield from problems_of_project(project.name)
    values: list[tuple[str, Rule, str]] = [("owner", owner, project.owner)]
    if project.target not in {target.value for target in Target}:
        known = " or ".join(target.value for target in Target)
        yield told("--target", repr(project.target), known, "choose one of them")
    elif project.target == Target.KUBERNETES.value:
        values.append(("context", context_name, project.context))
    else:
        values += [("account-id", account_rule, project.account_id), ("region", region_rule, project.region)]
    for name, rule, value in values:
        requirement = rule(value)
        if requirement is not None:
            yield told(f"--{name}", requirement.got or repr(value), requirement.expected, requirement.fix)
    folder = project.folder
    if folder.is_dir() and not any(folder.iterdir()):
        return
    if folder.exists() or folder.is_symlink():
        yield told(str(folder), "something there already", "a new or an empty folder", "name another, or move it away")
