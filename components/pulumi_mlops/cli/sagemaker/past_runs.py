"""The runs of a pipeline on SageMaker: its executions, and what each of their steps left."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from pulumi_mlops._shared.aws import client as aws
from pulumi_mlops._shared.aws import model_packages
from pulumi_mlops._shared.aws.client import MissingError
from pulumi_mlops.cli.past_run import PastRun
from pulumi_mlops.cli.sagemaker import executions
from pulumi_mlops.cli.sagemaker.names import Names
from pulumi_mlops.cli.sagemaker.results import measured
from pulumi_mlops.cli.sagemaker.run_documents import registered_package, run_of, written

Document = Mapping[str, Any]
# A client keeps ten connections.
_AT_ONCE = 8


def past_runs(names: Names, most: int) -> list[PastRun]:
    """Return the runs of a workload's pipeline, the newest first.

    Raises:
        AwsError: When AWS refuses, or there is no such pipeline.
    """
    service, s3 = aws.client("sagemaker", names.region), aws.client("s3", names.region)

    def one(summary: Document) -> PastRun:
        described, steps = executions.look(service, summary["PipelineExecutionArn"])
        return _past_run(names, service, s3, summary, described, steps)

    with ThreadPoolExecutor(max_workers=_AT_ONCE) as threads:
        return list(threads.map(one, executions.newest(names, most)))


def _past_run(
    names: Names, service: Any, s3: Any, summary: Document, described: Document, steps: Sequence[Document]
) -> PastRun:
    arn = str(summary["PipelineExecutionArn"])
    run = run_of(arn, described, steps)
    version, digest = _registered(service, registered_package(steps))
    ends = [str(step.finished_at) for step in run.steps if step.finished_at]
    changed = written(described.get("LastModifiedTime")) or max(ends, default="")
    return PastRun(
        run=run.name,
        status=run.status,
        started_at=written(summary.get("StartTime")) or "",
        finished_at=(max(ends, default=changed)) if run.status.is_final else "",
        message=run.message,
        metrics=measured(names, s3, arn, steps),
        version=version,
        digest=digest,
        started_by=((described.get("CreatedBy") or {}).get("IamIdentity") or {}).get("Arn", ""),
    )


def _registered(service: Any, arn: str | None) -> tuple[int | None, str]:
    """Return the number and digest of the version that a run registered. One that is deleted is still known."""
    if arn is None:
        return None, ""
    number = arn.rpartition("/")[2]
    try:
        digest = model_packages.describe(service, arn).digest
    except MissingError:
        digest = ""
    return (int(number) if number.isdecimal() else None), digest
