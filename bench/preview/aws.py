"""A preview of dev-aws against that of a plain program with the same AWS resources."""

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bench.errors import NotMeasurableError
from bench.figures import Figure
from bench.preview.comparison import compare
from bench.preview.offline_aws import offline_aws
from bench.preview.plain_aws import PlainAws
from bench.preview.plain_program import plain_program
from bench.preview.project import our_project, plain_project
from bench.stack_file import pin_models
from sandbox.aws.lifecycle import OfflineAws
from sandbox.engine import current_engine
from sandbox.engine.plugins import AWS
from sandbox.environment import aws_variables

_ACCOUNT_ID, _REGION = "111111111111", "eu-west-1"
_CHECKS = "three checks of the endpoint in both"


def measure() -> Sequence[Figure]:
    """Previews dev-aws's stack, as it is and with a pinned model, on an offline AWS of the benchmark's own.

    Nothing is created before. With a pinned model the endpoint has three checks, which are resources of Pulumi's but
    none of AWS's. Both programs have them: each would be faster without.

    Raises:
        NotMeasurableError: The sandbox was never up, or the two programs do not declare the same.
    """
    engine = current_engine()
    if engine is None or not engine.is_built or not AWS.executable.is_file():
        raise NotMeasurableError("Pulumi's engine or its plugin for AWS is not there: run `make up` first")
    with offline_aws(_ACCOUNT_ID) as running:
        return [
            *_compared(running, lambda _: None, ", no model pinned", ""),
            *_compared(running, pin_models, ", a model pinned", _CHECKS),
        ]


def _compared(running: OfflineAws, edit: Callable[[dict[str, Any]], None], about: str, note: str) -> Sequence[Figure]:
    variables = aws_variables(running)
    with tempfile.TemporaryDirectory(prefix="mlops-bench-") as folder:
        ours = our_project(Path(folder) / "ours", "dev-aws", edit, variables)
        program = plain_program(ours.rendered(), PlainAws(running.url, _ACCOUNT_ID, _REGION))
        return compare(ours, plain_project(Path(folder) / "plain", program, variables), about, note)
