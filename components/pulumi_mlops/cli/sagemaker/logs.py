"""`mlops logs` on SageMaker: what the jobs of an execution have written to CloudWatch Logs.

Each job has a stream of its own, `<job>/<host>-<moment>`, in the group of its kind.
https://docs.aws.amazon.com/sagemaker/latest/dg/logging-cloudwatch.html
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from pulumi_mlops._shared.aws import client as aws
from pulumi_mlops._shared.aws.client import MissingError
from pulumi_mlops.cli.past_run import LogPiece, no_run, no_step
from pulumi_mlops.cli.sagemaker import executions
from pulumi_mlops.cli.sagemaker.names import Names
from pulumi_mlops.cli.sagemaker.run_documents import identity_of, run_of
from pulumi_mlops.cli.sagemaker.train import POLL_SECONDS

Document = Mapping[str, Any]
_MOST_LOOKED_AT = 100
# The group of each kind of job, by what a step's metadata calls it.
_GROUPS = {"ProcessingJob": "/aws/sagemaker/ProcessingJobs", "TrainingJob": "/aws/sagemaker/TrainingJobs"}


def log(
    names: Names,
    name: str | None,
    step: str | None,
    *,
    follow: bool,
    sleep: Callable[[float], None] = time.sleep,
) -> tuple[str, Iterator[LogPiece]]:
    """Return the name of a run, and what its steps have written.

    Args:
        names: The workload's.
        name: The run's. Defaults to the newest run.
        step: The only step that is wanted. Defaults to all.
        follow: Whether to go on until the run ends.
        sleep: Waits for seconds.

    Raises:
        NoLogError: When there is no such run, or it has no such step.
        AwsError: When AWS refuses.
    """
    arns = [str(each["PipelineExecutionArn"]) for each in executions.newest(names, _MOST_LOOKED_AT)]
    found = next((arn for arn in arns if name in (None, identity_of(arn))), None)
    if found is None:
        raise no_run(names.pipeline, name, [identity_of(arn) for arn in arns])
    service = aws.client("sagemaker", names.region)
    described, steps = executions.look(service, found)
    known = [str(each["StepName"]) for each in _in_order(steps)]
    may_come = follow and not run_of(found, described, steps).status.is_final
    if step is not None and step not in known and not may_come:
        raise no_step(identity_of(found), step, known)
    return identity_of(found), _Reader(names, service, found, step, sleep).pieces(follow=follow)


def _in_order(steps: Sequence[Document]) -> list[Document]:
    jobs = [step for step in steps if _job(step) is not None]
    return sorted(jobs, key=lambda step: str(step.get("StartTime") or "9"))


def _job(step: Document) -> tuple[str, str] | None:
    """Return the log group and the name of a step's job; None where it has none."""
    metadata = step.get("Metadata") or {}
    for kind, group in _GROUPS.items():
        if arn := (metadata.get(kind) or {}).get("Arn"):
            return group, str(arn).rpartition("/")[2]
    return None


class _Reader:
    """Reads the logs of one execution, and remembers how far it has come."""

    def __init__(self, names: Names, service: Any, arn: str, step: str | None, sleep: Callable[[float], None]) -> None:
        self._service, self._arn, self._step, self._sleep = service, arn, step, sleep
        self._logs = aws.client("logs", names.region)
        self._tokens: dict[str, str] = {}

    def pieces(self, *, follow: bool) -> Iterator[LogPiece]:
        while True:
            # Asked before the logs: what is written until then is read for certain.
            described, steps = executions.look(self._service, self._arn)
            for step in _in_order(steps):
                if self._step in (None, step["StepName"]):
                    yield from self._new(step)
            if not follow or run_of(self._arn, described, steps).status.is_final:
                return
            self._sleep(POLL_SECONDS)

    def _new(self, step: Document) -> Iterator[LogPiece]:
        """Yield what a step has written since it was last asked."""
        job = _job(step)
        if job is None:
            return
        group, name = job
        for stream in self._streams(group, f"{name}/"):
            while True:
                token = self._tokens.get(stream)
                more = {"nextToken": token} if token else {}
                answer = aws.ask(
                    self._logs,
                    "get_log_events",
                    logGroupName=group,
                    logStreamName=stream,
                    startFromHead=True,
                    **more,
                )
                for event in answer["events"]:
                    yield LogPiece(str(step["StepName"]), f"{event['message'].rstrip()}\n")
                self._tokens[stream] = answer["nextForwardToken"]
                # The same token again means that there is no more.
                if answer["nextForwardToken"] == token:
                    break

    def _streams(self, group: str, prefix: str) -> list[str]:
        try:
            answer = aws.ask(self._logs, "describe_log_streams", logGroupName=group, logStreamNamePrefix=prefix)
        except MissingError:
            return []
        return [str(stream["logStreamName"]) for stream in answer["logStreams"]]
