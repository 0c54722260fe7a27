import pytest

from pulumi_mlops._shared.aws.schedules import LONGEST_EXPRESSION, expression_of, problem_of


@pytest.mark.parametrize(
    ("schedule", "expression"),
    [
        ("0 4 * * 1", "cron(0 4 ? * MON *)"),
        ("0 4 * * mon", "cron(0 4 ? * MON *)"),
        ("30 2 * * *", "cron(30 2 * * ? *)"),
        ("30 2 ? * *", "cron(30 2 * * ? *)"),
        ("*/15 * * * *", "cron(0/15 * * * ? *)"),
        ("5/20 9-17 * * *", "cron(5/20 9-17 * * ? *)"),
        ("0 0 1 * *", "cron(0 0 1 * ? *)"),
        ("0 0 1,15 jan,jul *", "cron(0 0 1,15 1,7 ? *)"),
        ("0 0 */2 * *", "cron(0 0 1/2 * ? *)"),
        ("0 0 * * 1-5", "cron(0 0 ? * MON-FRI *)"),
        ("0 0 * * sun,2", "cron(0 0 ? * SUN,TUE *)"),
        ("0 0 * * */2", "cron(0 0 ? * SUN,TUE,THU,SAT *)"),
        ("0-30/10 0 * * *", "cron(0,10,20,30 0 * * ? *)"),
        ("0 0 31 12 *", "cron(0 0 31 12 ? *)"),
        # Every day of the week, or every day of the month, is every day.
        ("0 0 1 * 0-6", "cron(0 0 * * ? *)"),
        ("0 0 1-31 * 1", "cron(0 0 * * ? *)"),
        ("0 0 * * 0-6", "cron(0 0 ? * * *)"),
    ],
)
def test_five_fields_become_an_expression(schedule: str, expression: str) -> None:
    assert problem_of(schedule) is None
    assert expression_of(schedule) == expression


@pytest.mark.parametrize("schedule", ["0 0 1 * 1", "0 0 */2 * 1", "0 0 1 * */2", "0 4 1-7 * mon"])
def test_fails_for_days_of_the_month_and_of_the_week(schedule: str) -> None:
    assert "EventBridge Scheduler takes one" in str(problem_of(schedule))
    with pytest.raises(ValueError, match="EventBridge Scheduler takes one"):
        expression_of(schedule)


def test_fails_for_what_is_too_long() -> None:
    minutes = ",".join(str(minute) for minute in range(60) if minute != 30)
    hours = ",".join(str(hour) for hour in range(24) if hour != 12)
    days = ",".join(str(day) for day in range(1, 32) if day != 15)
    assert f"more than {LONGEST_EXPRESSION} characters" in str(problem_of(f"{minutes} {hours} {days} * *"))
