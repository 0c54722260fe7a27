"""The commands by name. Each imports what it does only when it is called, so that `mlops --help` is quick."""

from pathlib import Path
from typing import Annotated

import typer

from pulumi_mlops.cli.projects.kinds import Kind

app = typer.Typer(
    name="mlops",
    help="Train, inspect and call the models of your Pulumi stacks.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
config = typer.Typer(help="Check stack files and print their schema.", no_args_is_help=True)
pipeline = typer.Typer(help="Run a training pipeline.", no_args_is_help=True)
batch = typer.Typer(help="Score a whole table.", no_args_is_help=True)
app.add_typer(batch, name="batch")
app.add_typer(config, name="config")
app.add_typer(pipeline, name="pipeline")
registry = typer.Typer(help="Back up and restore a stack's model registry.", no_args_is_help=True)
app.add_typer(registry, name="registry")
retraining = typer.Typer(help="Runs that alerts start.", no_args_is_help=True)
app.add_typer(retraining, name="retraining")

Json = Annotated[bool, typer.Option("--json", help="Write JSON for programs.")]
Workload = Annotated[str, typer.Argument(metavar="WORKLOAD", help="The workload, as in the stack file.")]
Stack = Annotated[str, typer.Option("--stack", "-s", metavar="STACK", help="The stack, as in Pulumi.STACK.yaml.")]


@app.command("init")
def init(  # noqa: PLR0913 - an option each
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The project's folder: a new or an empty one.")],
    *,
    name: Annotated[
        str | None, typer.Option("--name", help="The Pulumi project's name. Defaults to the folder's.")
    ] = None,
    target: Annotated[
        str, typer.Option("--target", help="Where its stacks run: kubernetes or sagemaker.")
    ] = "kubernetes",
    workload: Annotated[
        str | None,
        typer.Option("--workload", metavar="NAME", help="The first workload. Defaults to the project's name."),
    ] = None,
    kind: Annotated[Kind, typer.Option("--kind", help="The first workload's kind.")] = Kind.TABULAR_CLASSIFICATION,
    owner: Annotated[str, typer.Option("--owner", help="The team that owns the stacks.")] = "my-team",
    context: Annotated[
        str, typer.Option("--context", help="Context of the kubeconfig, for the target kubernetes.")
    ] = "my-cluster",
    account_id: Annotated[
        str, typer.Option("--account-id", help="AWS account, for the target sagemaker.")
    ] = "111111111111",
    region: Annotated[str, typer.Option("--region", help="AWS region, for the target sagemaker.")] = "eu-west-1",
    json: Json = False,
) -> None:
    """Make a project of your own: stacks for dev, staging and prod, a workload that trains, tests, images, CI.

    Exit code 1: it is refused, and nothing was made. Nothing is ever overwritten.
    """
    from pulumi_mlops.cli.projects.init import NewProject  # noqa: PLC0415
    from pulumi_mlops.cli.projects.init import init as run  # noqa: PLC0415

    project_name = name or folder.absolute().name
    project = NewProject(
        folder=folder,
        name=project_name,
        target=target,
        owner=owner,
        context=context,
        account_id=account_id,
        region=region,
        workload=workload or project_name,
        kind=kind,
    )
    run(project, as_json=json)


@app.command("new")
def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The new workload's name.")],
    *,
    kind: Annotated[Kind, typer.Option("--kind", help="What it is to be.")],
    json: Json = False,
) -> None:
    """Add a workload to the project: a package that trains and is served as it stands, its test, its settings.

    Exit code 1: it is refused, and nothing was changed. Nothing is ever overwritten.
    """
    from pulumi_mlops.cli.projects.new import new as run  # noqa: PLC0415

    run(name, kind, as_json=json)


@config.command("check")
def config_check(
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="FILE…", help="Stack files. All of the project when none is named.")
    ] = None,
    *,
    json: Json = False,
) -> None:
    """Validate stack files offline: every problem of every file at once. Exit code 1 when there is one."""
    from pulumi_mlops.cli.config_commands import check  # noqa: PLC0415

    check(files or [], as_json=json)


@config.command("schema")
def config_schema() -> None:
    """Print the JSON Schema of a stack file."""
    from pulumi_mlops.cli.config_commands import schema  # noqa: PLC0415

    schema()


@app.command("render")
def render(
    stack: Annotated[
        list[str] | None, typer.Option("--stack", "-s", metavar="STACK", help="A stack; may be repeated.")
    ] = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="Every stack of the project.")] = False,
    json: Json = False,
) -> None:
    """Print a stack's whole resource graph, offline: no credentials, passphrase, plugin, network or cluster."""
    from pulumi_mlops.cli.render.command import render as run  # noqa: PLC0415

    run(stack or [], every=every, as_json=json)


@pipeline.command("run")
def pipeline_run(
    workload: Workload,
    *,
    local: Annotated[bool, typer.Option("--local", help="Run the steps here, in this process.")] = False,
    stack: Annotated[
        str | None, typer.Option("--stack", "-s", metavar="STACK", help="Take graph, parameters and gate from a stack.")
    ] = None,
    graph: Annotated[
        str | None,
        typer.Option("--graph", metavar="MODULE:NAME", help="The step graph, where it is not the usual one."),
    ] = None,
    parameter: Annotated[
        list[str] | None,
        typer.Option("--parameter", "-p", metavar="NAME=VALUE", help="A parameter's value; may be repeated."),
    ] = None,
    workspace: Annotated[
        Path | None,
        typer.Option("--workspace", metavar="DIR", help="Where results go. Defaults to workspace/WORKLOAD."),
    ] = None,
    json: Json = False,
) -> None:
    """Run a workload's pipeline on this machine, without a cluster or a server.

    Exit code 0: its model is in the workspace. 3: its gate rejected the model. 1: it failed.
    """
    from pulumi_mlops.cli.pipeline_run import Request, run_pipeline  # noqa: PLC0415

    run_pipeline(Request(workload, stack, graph, tuple(parameter or ()), workspace), is_local=local, as_json=json)


@app.command("build")
def build(
    workload: Annotated[
        str | None, typer.Argument(metavar="[WORKLOAD]", help="The workload. All of the stack by default.")
    ] = None,
    *,
    stack: Stack,
    push: Annotated[
        bool | None,
        typer.Option("--push/--no-push", help="Whether to push. By default where the stack names images.repository."),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Build nothing; exit with 1 where an image is not of the project as it is.")
    ] = False,
    again: Annotated[bool, typer.Option("--again", help="Build and push what has not changed as well.")] = False,
    json: Json = False,
) -> None:
    """Build the images of a stack's workloads where they have changed, push them and pin them in the stack file.

    What an image installs is locked in uv.lock: the dependency group or extra `training` for the pipeline's, `serving`
    for the server's. A project's own images/pipeline/Dockerfile or images/serving/Dockerfile is used where it is there.
    """
    from pulumi_mlops.cli.build import Request  # noqa: PLC0415
    from pulumi_mlops.cli.build import build as run  # noqa: PLC0415

    run(Request(stack, workload, push, again), checks=check, as_json=json)


@app.command("train")
def train(
    workload: Workload,
    stack: Stack,
    *,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Show its steps until it ends.")] = False,
    attach: Annotated[bool, typer.Option("--attach", help="Follow the run that is active already.")] = False,
    json: Json = False,
) -> None:
    """Run a workload's pipeline on its stack now.

    Exit code 0: it registered a model (or, without --follow, it started). 3: its gate rejected the model. 1: it failed.
    Ctrl-C stops following, not the run.
    """
    from pulumi_mlops.cli.train import train as run  # noqa: PLC0415

    run(workload, stack, follow=follow, attach=attach, as_json=json)


@batch.command("run")
def batch_run(
    workload: Workload,
    stack: Stack,
    *,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Show how it stands until it ends.")] = False,
    input_location: Annotated[
        str | None,
        typer.Option("--input", metavar="LOCATION", help="Score this part of the stack file's batch.input alone."),
    ] = None,
    output_location: Annotated[
        str | None,
        typer.Option("--output", metavar="LOCATION", help="Write to this folder within the stack file's batch.output."),
    ] = None,
    json: Json = False,
) -> None:
    """Score a workload's table with its pinned version now.

    Exit code 0: every row was scored or set aside with its reason (or, without --follow, it started). 1: it failed; the
    message and report.json beside the output say of what. Started again, it goes on where it was.
    """
    from pulumi_mlops.cli.batch import batch_run as run  # noqa: PLC0415

    given = {"input": input_location, "output": output_location}
    overrides = {key: location for key, location in given.items() if location is not None}
    run(workload, stack, overrides, follow=follow, as_json=json)


@app.command("status")
def status(
    stack: Annotated[
        str | None, typer.Option("--stack", "-s", metavar="STACK", help="The stack. All of the project by default.")
    ] = None,
    *,
    json: Json = False,
) -> None:
    """Show each workload's pinned, registered and serving version, and whether it is healthy."""
    from pulumi_mlops.cli.status import status as run  # noqa: PLC0415

    run(stack, as_json=json)


@app.command("report")
def report(  # noqa: PLR0913 - an option each
    workload: Workload,
    stack: Stack,
    *,
    payloads: Annotated[
        str, typer.Option("--payloads", metavar="LOCATION", help="Its payloads: a folder, or s3://bucket/prefix.")
    ],
    model: Annotated[
        Path, typer.Option("--model", metavar="DIR", help="The pinned version's files, as the registry has them.")
    ],
    labels: Annotated[
        str | None, typer.Option("--labels", metavar="LOCATION", help="Its labels: a folder, or s3://bucket/prefix.")
    ] = None,
    output: Annotated[
        Path, typer.Option("--output", metavar="FILE", help="The page; the same name with .json goes beside it.")
    ] = Path("report.html"),
    window_hours: Annotated[
        float, typer.Option("--window-hours", min=1, help="How much of the newest is judged.")
    ] = 24,
    history_days: Annotated[float, typer.Option("--history-days", min=1, help="What the pictures show.")] = 28,
    until: Annotated[
        str | None, typer.Option("--until", metavar="TIME", help="The window's end in ISO 8601. Defaults to now.")
    ] = None,
    group: Annotated[
        list[str] | None, typer.Option("--group", metavar="FEATURE", help="Tell errors apart by it; may be repeated.")
    ] = None,
    thresholds: Annotated[
        Path | None, typer.Option("--thresholds", metavar="FILE", help="A JSON file of thresholds.")
    ] = None,
    json: Json = False,
) -> None:
    """Write one page on how a workload's predictions stand: what is breached, drift, quality, traffic.

    The payloads are read from here. Exit code 0: the page is written, whatever it says. 1: it is not.
    """
    from pulumi_mlops.cli.report import Request  # noqa: PLC0415
    from pulumi_mlops.cli.report import report as run  # noqa: PLC0415

    given = {
        "--window-hours": window_hours,
        "--history-days": history_days,
        "--until": until,
        "--thresholds": thresholds,
    }
    more = [word for name, value in given.items() if value is not None for word in (name, str(value))]
    more += [word for name in group or () for word in ("--group", name)]
    run(Request(workload, stack, payloads, labels, model, output, tuple(more)), as_json=json)


@app.command("predict")
def predict(
    workload: Workload,
    stack: Stack,
    rows: Annotated[
        str | None, typer.Option("--rows", metavar="FILE", help="JSON file with the rows; - for standard input.")
    ] = None,
    *,
    prompt: Annotated[
        str | None,
        typer.Option(
            "--prompt",
            metavar="TEXT",
            help="Ask a language model, whose answer is shown as it comes; - for standard input.",
        ),
    ] = None,
    chat: Annotated[bool, typer.Option("--chat", help="Let the prompt be what a chat's user says.")] = False,
    max_tokens: Annotated[
        int | None, typer.Option("--max-tokens", min=1, metavar="N", help="The most tokens of the prompt's answer.")
    ] = None,
    describe: Annotated[
        bool, typer.Option("--describe", help="Show its inputs and outputs instead, as without --rows.")
    ] = False,
    json: Json = False,
) -> None:
    """Send rows or a prompt to a workload's endpoint and print its answer, or show what it takes and gives.

    An endpoint that asks for a key is given the one in MLOPS_ENDPOINT_KEY, or in the file MLOPS_ENDPOINT_KEY_FILE.
    """
    from pulumi_mlops.cli import predict as command  # noqa: PLC0415
    from pulumi_mlops.cli.text_stream import Prompt  # noqa: PLC0415

    if prompt is not None and rows is not None:
        raise typer.BadParameter("got --rows and --prompt, expected one of them")
    if prompt is None and (chat or max_tokens is not None):
        raise typer.BadParameter("got --chat or --max-tokens without --prompt, which they are about")
    if prompt is not None and not describe:
        command.answer(workload, stack, Prompt(prompt, chat, max_tokens), as_json=json)
    elif describe or rows is None:
        command.describe(workload, stack, as_json=json)
    else:
        command.predict(workload, stack, rows, as_json=json)


Most = Annotated[int, typer.Option("--last", min=1, max=100, metavar="N", help="How many, from the newest on.")]


@app.command("runs")
def runs(workload: Workload, stack: Stack, *, last: Most = 10, json: Json = False) -> None:
    """Show the recent runs of a workload's pipeline: how each stands, what it measured and what it registered."""
    from pulumi_mlops.cli.run_list import runs as run  # noqa: PLC0415

    run(workload, stack, last, as_json=json)


@app.command("logs")
def logs(
    workload: Workload,
    stack: Stack,
    *,
    run: Annotated[
        str | None, typer.Option("--run", metavar="RUN", help="The run, as `mlops runs` names it. Else the newest.")
    ] = None,
    step: Annotated[str | None, typer.Option("--step", metavar="STEP", help="This step alone.")] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until the run ends.")] = False,
    json: Json = False,
) -> None:
    """Print what the steps of a run have written."""
    from pulumi_mlops.cli.logs import logs as show  # noqa: PLC0415

    show(workload, stack, run, step, follow=follow, as_json=json)


@app.command("versions")
def versions(workload: Workload, stack: Stack, *, last: Most = 10, json: Json = False) -> None:
    """Show a model's registered versions: when, by whom, from which data and code; which is pinned, which serves."""
    from pulumi_mlops.cli.versions import versions as run  # noqa: PLC0415

    run(workload, stack, last, as_json=json)


@app.command("pin")
def pin(
    workload: Workload,
    stack: Stack,
    version: Annotated[int | None, typer.Option("--version", min=1, help="The registered version.")] = None,
    origin: Annotated[
        str | None, typer.Option("--from", metavar="STACK", help="Pin what this other stack pins instead.")
    ] = None,
    *,
    json: Json = False,
) -> None:
    """Write which version serves into the stack file: its line alone, once the registry has that version.

    `pulumi up` then serves it. Nothing is written when the version is refused, or the file would be.
    """
    from pulumi_mlops.cli.pin import Request  # noqa: PLC0415
    from pulumi_mlops.cli.pin import pin as run  # noqa: PLC0415

    run(Request(workload, stack, version, origin), as_json=json)


@app.command("approve")
def approve(
    workload: Workload,
    stack: Stack,
    version: Annotated[int, typer.Option("--version", min=1, help="The registered version.")],
    *,
    reject: Annotated[bool, typer.Option("--reject", help="Reject it instead.")] = False,
    note: Annotated[
        str | None, typer.Option("--note", metavar="TEXT", help="Why; it is kept with the version.")
    ] = None,
    json: Json = False,
) -> None:
    """Approve a registered version on SageMaker: without that, no stack serves it."""
    from pulumi_mlops.cli.approve import approve as run  # noqa: PLC0415

    run(workload, stack, version, rejects=reject, note=note, as_json=json)


@app.command("delete-version")
def delete_version(
    workload: Workload,
    stack: Stack,
    version: Annotated[int, typer.Option("--version", min=1, help="The registered version.")],
    *,
    json: Json = False,
) -> None:
    """Delete a registered version on SageMaker, unless a stack of the project pins it, or it serves."""
    from pulumi_mlops.cli.delete_version import delete_version as run  # noqa: PLC0415

    run(workload, stack, version, as_json=json)


@registry.command("backup")
def registry_backup(
    stack: Stack,
    to: Annotated[Path, typer.Option("--to", metavar="FILE", help="The file to write.")],
    *,
    json: Json = False,
) -> None:
    """Write a registry on Kubernetes into one file: versions, runs, tags and the artifacts of its volume."""
    from pulumi_mlops.cli.kubernetes.registry_backup import backup as run  # noqa: PLC0415

    run(stack, to, as_json=json)


@registry.command("restore")
def registry_restore(
    stack: Stack,
    origin: Annotated[Path, typer.Option("--from", metavar="FILE", help="A file of `mlops registry backup`.")],
    *,
    json: Json = False,
) -> None:
    """Fill an empty registry on Kubernetes from a backup, also from SQLite into PostgreSQL."""
    from pulumi_mlops.cli.kubernetes.registry_backup import restore as run  # noqa: PLC0415

    run(stack, origin, as_json=json)


@retraining.command("status")
def retraining_status(workload: Workload, stack: Stack, *, json: Json = False) -> None:
    """Show the runs that alerts have started, the newest first."""
    from pulumi_mlops.cli.kubernetes.retraining import status as run  # noqa: PLC0415

    run(workload, stack, as_json=json)


@retraining.command("reset")
def retraining_reset(workload: Workload, stack: Stack, *, json: Json = False) -> None:
    """Forget the runs that alerts have started, so that the next alert may start one."""
    from pulumi_mlops.cli.kubernetes.retraining import reset as run  # noqa: PLC0415

    run(workload, stack, as_json=json)
