"""`mlops train` on Kubernetes: a Job from the template of the pipeline's CronJob."""

import re
import secrets
import time
from collections.abc import Callable, Iterator

from pulumi_mlops.cli.kubernetes import jobs
from pulumi_mlops.cli.kubernetes.cluster import Cluster
from pulumi_mlops.cli.kubernetes.errors import ClusterError, UnreachableError
from pulumi_mlops.cli.kubernetes.runs import job_of, run_of
from pulumi_mlops.cli.person import person
from pulumi_mlops.cli.runs import Run, Status
from pulumi_mlops.cli.stacks import Place

POLL_SECONDS = 1.0
# Long enough for an image that only just was imported, or a quota that is being freed.
STUCK_SECONDS = 30.0
# How long to keep polling a cluster that does not answer.
UNREACHABLE_SECONDS = 120.0
LOG_LINES = 20
# What `runs` puts behind a step's own words, and what is too short to be found again in a log.
_EXIT_CODE = re.compile(r" \((?:\w+, )?exit code \d+\)$")
_SHORTEST_REASON = 4
JOB_NAME = "batch.kubernetes.io/job-name"


def start(cluster: Cluster, place: Place) -> str:
    """Start a run of a workload's pipeline and return its name.

    Raises:
        RunRefusedError: When somebody else started one at the same moment; two would contend for the same model.
        ClusterError: When the pipeline is not there or the cluster refuses.
    """
    pipeline = cluster.cron_job(place.namespace, place.pipeline)
    job = job_of(pipeline, f"{place.pipeline}-{secrets.token_hex(4)}", person())
    return jobs.start_alone(cluster, place, job, place.pipeline_labels)


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


def last_words(cluster: Cluster, place: Place, run: Run) -> str:
    """Return the end of the log of the step that failed, and of which step it is; empty where no step did."""
    broken = next((step for step in run.steps if step.status is Status.FAILED), None)
    if broken is None or run.pod is None:
        return ""
    log = cluster.log_tail(place.namespace, run.pod, broken.container, LOG_LINES)
    if not log:
        return f"step {broken.name} left no log"
    told = [line for line in _EXIT_CODE.sub("", broken.message).splitlines() if len(line) >= _SHORTEST_REASON]
    # Why it failed has just been told.
    lines = [line for line in log.splitlines() if not any(reason in line for reason in told)]
    return "\n".join([f"the last lines of step {broken.name}:", *lines]) if lines else ""
