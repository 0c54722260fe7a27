"""`mlops train` on SageMaker."""

import time

import typer

from pulumi_mlops._shared.aws.client import AwsError
from pulumi_mlops._shared.aws.model_packages import ModelPackage
from pulumi_mlops._shared.names import DIGEST_TAG
from pulumi_mlops.cli.kubernetes.runs import EXIT_CODES, Run, Status
from pulumi_mlops.cli.output import print_json, say_error
from pulumi_mlops.cli.progress import RunView
from pulumi_mlops.cli.sagemaker import executions, packages
from pulumi_mlops.cli.sagemaker.names import Names, names_of
from pulumi_mlops.cli.sagemaker.run_documents import identity_of, registered_package, run_of
from pulumi_mlops.cli.stacks import Place

POLL_SECONDS = 2.0


class ExecutionRefusedError(RuntimeError):
    """An execution cannot be started, or followed, as things stand."""


def train(place: Place, *, follow: bool, attach: bool, as_json: bool) -> None:
    """Start an execution of a workload's pipeline, and follow it when asked. See `pulumi_mlops.cli.train.train`."""
    names = names_of(place)
    arn = _active(names, place) if attach else _start(names, place)
    if not (follow or attach):
        document = {"run": identity_of(arn), "stack": place.stack, "workload": place.workload}
        print_json(document) if as_json else typer.echo(f"run {identity_of(arn)} started; follow it with --attach")
        return
    with RunView(f"{place.workload} in {place.stack}", to_standard_error=as_json) as view:
        try:
            run = _followed(names, arn, view)
        except KeyboardInterrupt:
            say_error(f"no longer following; run {identity_of(arn)} goes on, and --attach shows it again")
            raise typer.Exit(130) from None
    if as_json:
        print_json({"stack": place.stack, "workload": place.workload} | run.to_document())
    raise typer.Exit(EXIT_CODES[run.status])


def _start(names: Names, place: Place) -> str:
    running = executions.active(names)
    if running:
        raise ExecutionRefusedError(
            f"{place.workload} in {place.stack}: got the active run {identity_of(running[0])}, expected none, "
            "fix: wait for its end, which --attach shows"
        )
    return executions.start(names)


def _active(names: Names, place: Place) -> str:
    running = executions.active(names)
    if not running:
        raise ExecutionRefusedError(
            f"{place.workload} in {place.stack}: got no active run, expected one to follow, "
            "fix: start one with --follow in place of --attach"
        )
    return running[0]


def _followed(names: Names, arn: str, view: RunView) -> Run:
    execution = executions.Execution(arn, names.region)
    while True:
        described, steps = execution.look()
        run = run_of(arn, described, steps)
        if run.status is Status.SUCCEEDED:
            package = registered_package(steps)
            run = _with_model(run, packages.described(names, package)) if package else run
        view.show(run)
        if run.status.is_final:
            return run
        time.sleep(POLL_SECONDS)


def _with_model(run: Run, package: ModelPackage) -> Run:
    told = f"{package.approval_status}" if package.approval_status else ""
    if not package.digest:
        raise AwsError(f"model package {package.arn}: got no digest among its metadata, expected {DIGEST_TAG}")
    return Run(run.name, run.status, told, run.steps, model_version=int(package.version), model_digest=package.digest)
