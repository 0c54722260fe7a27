import pytest

from pulumi_mlops._shared import cron


@pytest.mark.parametrize(
    "schedule",
    ["0 4 * * 1", "*/15 0-6,20-23 1,15 * mon-fri", "5/10 * ? JAN-mar SUN", "0 0 29 2 *", "0 0 31 2 1", "59 23 31 12 6"],
)
def test_takes_what_kubernetes_takes(schedule: str) -> None:
    assert cron.problem_of(schedule) is None


@pytest.mark.parametrize(
    ("schedule", "reason"),
    [
        ("", "0 fields"),
        ("0 4 * * 1 2026", "6 fields"),
        ("@daily", "1 fields"),
        ("TZ=UTC 0 4 * * 1", "6 fields"),
        ("60 * * * *", "minute '60'"),
        ("* 24 * * *", "hour '24'"),
        ("* * 0 * *", "day of month '0'"),
        ("* * * 13 *", "month '13'"),
        ("* * * * 7", "day of week '7'"),
        ("* * * * fry", "day of week 'fry'"),
        ("*/0 * * * *", "step '0'"),
        ("*/x * * * *", "step 'x'"),
        ("*/ * * * *", "step ''"),
        ("30-10 * * * *", "backwards"),
        ("1,,2 * * * *", "minute ''"),
        ("-1 * * * *", "minute ''"),
        ("0 0 L * *", "day of month 'L'"),
        ("0 0 30 2 *", "day 30"),
        ("0 0 31 4,6,9,11 *", "day 31"),
    ],
)
def test_refuses_what_kubernetes_refuses_or_never_runs(schedule: str, reason: str) -> None:
    assert reason in (cron.problem_of(schedule) or "")
