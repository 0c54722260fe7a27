"""Schedules of EventBridge Scheduler: when a pipeline is started, and five cron fields as it writes them.

Its expressions have six fields, the last being the year, and one of the two fields for days must be a question mark:
what cron means by two lists of days, the days in either, it cannot say.
"""

from collections.abc import Collection
from typing import TYPE_CHECKING, TypedDict

import pulumi

from pulumi_mlops._shared import cron
from pulumi_mlops._shared.problems import Requirement

if TYPE_CHECKING:
    from pulumi_aws import scheduler

_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
LONGEST_EXPRESSION = 256
START_AT_MOST_SECONDS_LATE = 3600


class Schedule(TypedDict):
    """What `scheduler.Schedule` takes."""

    name: pulumi.Input[str]
    description: pulumi.Input[str]
    schedule_expression: pulumi.Input[str]
    schedule_expression_timezone: pulumi.Input[str]
    flexible_time_window: "scheduler.ScheduleFlexibleTimeWindowArgsDict"
    state: pulumi.Input[str]
    target: "scheduler.ScheduleTargetArgsDict"


def schedule_of(name: str, cron_fields: str, *, pipeline_arn: str, role_arn: str) -> Schedule:
    """Return the schedule that starts a pipeline. A start that was missed is made up for within an hour, or not at all.

    Args:
        name: The name of both.
        cron_fields: Five cron fields with nothing wrong.
        pipeline_arn: The pipeline's ARN.
        role_arn: What EventBridge Scheduler starts it as.
    """
    return {
        "name": name,
        "description": f"Starts the pipeline {name}.",
        "schedule_expression": expression_of(cron_fields),
        "schedule_expression_timezone": "UTC",
        "flexible_time_window": {"mode": "OFF"},
        "state": "ENABLED",
        "target": {
            "arn": pipeline_arn,
            "role_arn": role_arn,
            "retry_policy": {
                "maximum_event_age_in_seconds": START_AT_MOST_SECONDS_LATE,
                "maximum_retry_attempts": 10,
            },
        },
    }


def has_expression(schedule: str) -> Requirement | None:
    """Accept a schedule that EventBridge Scheduler can express."""
    problem = problem_of(schedule)
    if problem is None:
        return None
    expected, fix = "a schedule that EventBridge Scheduler can express", "name days of one kind, or fewer times"
    return Requirement(expected, fix, f"{schedule!r}: {problem}")


def problem_of(schedule: str) -> str | None:
    """Say why EventBridge Scheduler cannot run a schedule, or None where it can.

    Args:
        schedule: Five cron fields with nothing wrong.
    """
    if _day_fields(schedule) is None:
        return "it names days of the month and days of the week, of which EventBridge Scheduler takes one"
    if len(expression_of(schedule)) > LONGEST_EXPRESSION:
        return f"EventBridge Scheduler would need more than {LONGEST_EXPRESSION} characters for it"
    return None


def expression_of(schedule: str) -> str:
    """Write a schedule as an expression of EventBridge Scheduler.

    Args:
        schedule: Five cron fields with nothing wrong, such as `0 4 * * 1`.

    Returns:
        The expression, such as `cron(0 4 ? * MON *)`.

    Raises:
        ValueError: EventBridge Scheduler cannot express it.
    """
    days = _day_fields(schedule)
    if days is None:
        raise ValueError(f"schedule {schedule!r}: {problem_of(schedule)}")
    minutes, hours, _, months, _ = cron.values_of(schedule)
    fields = [_numbers(minutes, 0, 59), _numbers(hours, 0, 23), days[0], _numbers(months, 1, 12), days[1]]
    return f"cron({' '.join(fields)} *)"


def _day_fields(schedule: str) -> tuple[str, str] | None:
    """Return the fields for days of the month and of the week; None where both name some.

    A star leaves the choice to the other field. Without one, a day counts that is in either.
    """
    _, _, days, _, weekdays = cron.values_of(schedule)
    any_day, any_weekday = (_has_star(schedule.split()[place]) for place in (2, 4))
    if any_day and not any_weekday:
        return "?", _weekdays(weekdays)
    if any_weekday and not any_day:
        return _numbers(days, 1, 31), "?"
    if any_day or len(days) == 31 or len(weekdays) == 7:
        return "*", "?"
    return None


def _has_star(text: str) -> bool:
    """Whether a field is open. A star in steps, as in `*/2`, names days like a list does."""
    spans = [part.partition("/") for part in text.split(",")]
    return any(span in ("*", "?") and step in ("", "1") for span, _, step in spans)


def _numbers(values: Collection[int], lowest: int, highest: int) -> str:
    """Write numbers as briefly as can be: all, a range, steps up to the end, or a list."""
    first, last, count = min(values), max(values), len(values)
    if count == highest - lowest + 1:
        return "*"
    if count > 2 and count == last - first + 1:
        return f"{first}-{last}"
    ordered = sorted(values)
    step = ordered[1] - first if count > 2 else 0
    if step and ordered == list(range(first, highest + 1, step)):
        return f"{first}/{step}"
    return ",".join(map(str, ordered))


def _weekdays(values: Collection[int]) -> str:
    first, last, count = min(values), max(values), len(values)
    if count == len(_DAYS):
        return "*"
    if count > 2 and count == last - first + 1:
        return f"{_DAYS[first]}-{_DAYS[last]}"
    return ",".join(_DAYS[value] for value in sorted(values))
