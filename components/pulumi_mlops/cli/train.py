"""`mlops train`: a run of a workload's pipeline on its stack, now."""

import secrets
import time
from collections.abc import Callable, Iterator

import typer

from pulumi_mlops.cli.kubernetes.cluster import Cluster, ClusterError, UnreachableError, cluster_of
from pulumi_mlops.cli.kubernetes.runs import EXIT_CODES, Run, Status, is_active, job_of, run_of
from pulumi_mlops.cli.output import print_json, say_error, told_errors
from pulumi_mlops.cli.progress import RunView
from pulumi_mlops.cli.stacks import Place, place_of
from pulumi_mlops.stack import Target

POLL_SECONDS = 1.0
# Long enough for an image that only just was imported, or a quota that is being freed.
STUCK_SECONDS = 30.0
# How long to keep polling a cluster that does not answer.
UNREACHABLE_SECONDS = 120.0
LOG_LINES = 20
JOB_NAME = "batch.kubernetes.io/job-name"


class RunRefusedError(RuntimeError):
    """A run cannot be started as things stand."""


def train(workload: str, stack: str, *, follow: bool, attach: bool, as_json: bool) -> None:
    """Start a run, and follow it when asked.

    Args:
        workload: The workload.
        stack: Its stack.
        follow: Whether to wait for its end and show its steps.
        attach: Whether to follow the run that is active already instead of starting one.
        as_json: Whether to write the run as JSON on standard output; its progress then goes to standard error.

    Raises:
        typer.Exit: With code 0 when the run succeeded (or, not followed, was started), 3 when its gate rejected the
            model, 1 when it failed or could not be started.
    """
    with told_errors(ClusterError, RunRefusedError):
        place = place_of(workload, stack)
        if place.config.platform.target is Target.SAGEMAKER:
            _on_sagemaker(place, follow=follow, attach=attach, as_json=as_json)
            return
        cluster = cluster_of(place.config)
        name = _active_run(cluster, place) if attach else start(cluster, place)
        if not (follow or attach):
            document = {"run": name, "stack": stack, "workload": workload}
            print_json(document) if as_json else typer.echo(f"run {name} started; follow it with --attach")
            return
        run = _followed(cluster, place, name, as_json=as_json)
    if as_json:
        print_json({"stack": stack, "workload": workload} | run.to_document())
    if run.status is Status.FAILED:
        _say_log(cluster, place, run)
    raise typer.Exit(EXIT_CODES[run.status])


def _on_sagemaker(place: Place, *, follow: bool, attach: bool, as_json: bool) -> None:
    from pulumi_mlops._shared.aws.client import AwsError  # noqa: PLC0415 - start-up time
    from pulumi_mlops.cli.sagemaker.train import ExecutionRefusedError  # noqa: PLC0415
    from pulumi_mlops.cli.sagemaker.train import train as run  # noqa: PLC0415

    with told_errors(AwsError, ExecutionRefusedError):
        run(place, follow=follow, attach=attach, as_json=as_json)


def start(cluster: Cluster, place: Place) -> str:
    """Start a run of a workload's pipeline and return its name.

    Raises:
        RunRefusedError: When one is active; two would contend for the same model.
        ClusterError: When the pipeline is not there or the cluster refuses.
    """
    active = active_runs(cluster, place)
    if active:
        raise RunRefusedError(_refusal(place, active[0]))
    pipeline = cluster.cron_job(place.namespace, place.pipeline)
    job = job_of(pipeline, f"{place.pipeline}-{secrets.token_hex(4)}")
    name = str(cluster.create_job(place.namespace, job)["metadata"]["name"])
    # Whoever asked at the same moment sees both runs; all but the first by name give way.
    rivals = active_runs(cluster, place)
    if rivals and rivals[0] != name:
        cluster.delete_job(place.namespace, name)
        raise RunRefusedError(_refusal(place, rivals[0]))
    return name


def active_runs(cluster: Cluster, place: Place) -> list[str]:
    """Return the names of the runs that have not ended, the oldest first."""
    jobs = [job for job in cluster.jobs(place.namespace, place.pipeline_labels) if is_active(job)]
    jobs.sort(key=lambda job: (job["metadata"]["creationTimestamp"], job["metadata"]["name"]))
    return [str(job["metadata"]["name"]) for job in jobs]


def _refusal(place: Place, active: str) -> str:
    return (
        f"{place.workload} in {place.stack}: got the active run {active}, expected none, "
        "fix: wait for its end, which --attach shows"
    )


def _active_run(cluster: Cluster, place: Place) -> str:
    active = active_runs(cluster, place)
    if not active:
        raise RunRefusedError(
            f"{place.workload} in {place.stack}: got no active run, expected one to follow, "
            "fix: start one with --follow in place of --attach"
        )
    return active[0]


def _followed(cluster: Cluster, place: Place, name: str, *, as_json: bool) -> Run:
    with RunView(f"{place.workload} in {place.stack}", to_standard_error=as_json) as view:
        try:
            return follow_run(lambda: read_run(cluster, place, name), view.show)
        except KeyboardInterrupt:
            say_error(f"no longer following; run {name} goes on, and --attach shows it again")
            raise typer.Exit(130) from None


def read_run(cluster: Cluster, place: Place, name: str) -> Run:
    """Return how a run stands."""
    job = cluster.job(place.namespace, name)
    pods = cluster.pods(place.namespace, {JOB_NAME: name})
    return run_of(job, pods, () if pods else cluster.events_of(place.namespace, name))


def follow_run(
    read: Callable[[], Run],
    show: Callable[[Run], None],
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Run:
    """Look at a run until it ends.

    Args:
        read: Returns how the run stands.
        show: Is given each state.
        clock: Returns seconds.
        sleep: Waits for seconds.

    Returns:
        The run in its end.

    Raises:
        ClusterError: When it cannot go on by itself, or the cluster stays out of reach.
    """
    stuck_since: float | None = None
    for run in _states(read, clock, sleep):
        show(run)
        if run.status.is_final:
            return run
        stuck_since = None if run.stuck is None else (stuck_since if stuck_since is not None else clock())
        if stuck_since is not None and clock() - stuck_since >= STUCK_SECONDS:
            raise ClusterError(
                f"run {run.name}: got {run.stuck}, expected it to start within {STUCK_SECONDS:.0f} s, "
                f"fix: mend that, or delete the Job {run.name}"
            )
        sleep(POLL_SECONDS)
    raise AssertionError("states end only with the run")


def _states(read: Callable[[], Run], clock: Callable[[], float], sleep: Callable[[float], None]) -> Iterator[Run]:
    """Yield states for ever, and bear with a cluster that is out of reach for a while."""
    lost_since: float | None = None
    while True:
        try:
            state = read()
        except UnreachableError:
            lost_since = lost_since if lost_since is not None else clock()
            if clock() - lost_since >= UNREACHABLE_SECONDS:
                raise
            sleep(POLL_SECONDS)
            continue
        lost_since = None
        yield state


def _say_log(cluster: Cluster, place: Place, run: Run) -> None:
    broken = next((step for step in run.steps if step.status is Status.FAILED), None)
    if broken is None or run.pod is None:
        return
    log = cluster.log_tail(place.namespace, run.pod, broken.container, LOG_LINES)
    say_error(f"the last lines of step {broken.name}:\n{log}" if log else f"step {broken.name} left no log")
