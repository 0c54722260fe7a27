"""SageMaker pipelines: the arguments of the resource, and how a job of theirs is tried again."""

from collections.abc import Mapping
from typing import TypedDict

import pulumi

from pulumi_mlops._shared.documents import Document

# AWS itself failed to start the job, or asked for patience.
STEP_FAULTS = ("Step.SERVICE_FAULT", "Step.THROTTLING")
# The job failed through no fault of its code.
JOB_FAULTS = ("SageMaker.CAPACITY_ERROR", "SageMaker.JOB_INTERNAL_ERROR", "SageMaker.RESOURCE_LIMIT")


class Pipeline(TypedDict):
    """What `sagemaker.Pipeline` takes: a key that is none of its own is an error where it is written."""

    pipeline_name: pulumi.Input[str]
    pipeline_display_name: pulumi.Input[str]
    pipeline_description: pulumi.Input[str]
    role_arn: pulumi.Input[str]
    pipeline_definition: pulumi.Input[str]
    tags: Mapping[str, pulumi.Input[str]]


def retries(attempts: int, *faults: tuple[str, ...]) -> list[Document] | None:
    """Return how a step is tried again: each kind of fault with growing pauses that suit it."""
    if attempts == 0:
        return None
    pauses = {STEP_FAULTS: 10, JOB_FAULTS: 60}
    return [
        {
            "ExceptionType": list(kind),
            "IntervalSeconds": pauses[kind],
            "BackoffRate": 2.0,
            "MaxAttempts": attempts,
        }
        for kind in faults
    ]
