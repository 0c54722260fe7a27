"""`mlops train` on SageMaker: an execution of the pipeline."""

import time
from collections.abc import Callable
from dataclasses import replace

from pulumi_mlops._shared.aws import client as aws
from pulumi_mlops._shared.aws.client import AwsError
from pulumi_mlops._shared.aws.model_packages import ModelPackage
from pulumi_mlops._shared.names import DIGEST_TAG
from pulumi_mlops.cli.runs import Run, Status
from pulumi_mlops.cli.sagemaker import executions, packages
from pulumi_mlops.cli.sagemaker.names import Names
from pulumi_mlops.cli.sagemaker.results import measured
from pulumi_mlops.cli.sagemaker.run_documents import registered_package, run_of

POLL_SECONDS = 2.0


def follow_run(names: Names, arn: str, show: Callable[[Run], None]) -> Run:
    """Look at an execution until it ends.

    Args:
        names: The workload's.
        arn: The execution's ARN.
        show: Is given each state.

    Returns:
        The run in its end, with the version that it registered.

    Raises:
        AwsError: When AWS refuses or does not answer.
    """
    service = aws.client("sagemaker", names.region)
    while True:
        described, steps = executions.look(service, arn)
        run = run_of(arn, described, steps)
        if run.status is Status.SUCCEEDED:
            package = registered_package(steps)
            run = _with_model(run, packages.described(names, package)) if package else run
        if run.status.is_final:
            run = replace(run, metrics=measured(names, aws.client("s3", names.region), arn, steps))
        show(run)
        if run.status.is_final:
            return run
        time.sleep(POLL_SECONDS)


def _with_model(run: Run, package: ModelPackage) -> Run:
    told = f"{package.approval_status}" if package.approval_status else ""
    if not package.digest:
        raise AwsError(
            f"model package {package.arn}: got no digest among its metadata, expected {DIGEST_TAG}, "
            "fix: run the pipeline again"
        )
    return replace(run, message=told, model_version=int(package.version), model_digest=package.digest)
