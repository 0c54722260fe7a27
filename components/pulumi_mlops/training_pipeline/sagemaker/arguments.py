"""The arguments of pulumi_aws' classes, for a checker: a key that is none of theirs is an error where it is written."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypedDict

import pulumi

if TYPE_CHECKING:
    from pulumi_aws import scheduler


class Pipeline(TypedDict):
    """What `sagemaker.Pipeline` takes."""

    pipeline_name: pulumi.Input[str]
    pipeline_display_name: pulumi.Input[str]
    pipeline_description: pulumi.Input[str]
    role_arn: pulumi.Input[str]
    pipeline_definition: pulumi.Input[str]
    tags: Mapping[str, pulumi.Input[str]]


class Schedule(TypedDict):
    """What `scheduler.Schedule` takes."""

    name: pulumi.Input[str]
    description: pulumi.Input[str]
    schedule_expression: pulumi.Input[str]
    schedule_expression_timezone: pulumi.Input[str]
    flexible_time_window: "scheduler.ScheduleFlexibleTimeWindowArgsDict"
    state: pulumi.Input[str]
    target: "scheduler.ScheduleTargetArgsDict"
