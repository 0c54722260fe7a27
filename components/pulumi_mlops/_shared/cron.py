"""The cron syntax that Kubernetes' CronJob accepts: five fields, names of months and days, no time zone."""

import re
from dataclasses import dataclass

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_DAYS_IN_MONTH = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


@dataclass(frozen=True)
class _Field:
    name: str
    lowest: int
    highest: int
    names: tuple[str, ...] = ()

    def number(self, text: str) -> int:
        """Read one number or name of this field, or raise ValueError."""
        if text.lower() in self.names:
            return self.names.index(text.lower()) + self.lowest
        if not re.fullmatch(r"[0-9]{1,2}", text) or not self.lowest <= int(text) <= self.highest:
            raise ValueError(f"{self.name} {text!r} is not between {self.lowest} and {self.highest}")
        return int(text)

    def values(self, text: str) -> set[int]:
        """Every value that this field's text stands for, or ValueError."""
        found: set[int] = set()
        for part in text.split(","):
            span, slash, step_text = part.partition("/")
            first_text, hyphen, last_text = span.partition("-")
            if span in {"*", "?"}:
                first, last = self.lowest, self.highest
            else:
                first = self.number(first_text)
                last = self.number(last_text) if hyphen else (self.highest if slash else first)
            if slash and (not step_text.isascii() or not step_text.isdigit() or int(step_text) == 0):
                raise ValueError(f"{self.name} has the step {step_text!r}, which is not a positive number")
            if first > last:
                raise ValueError(f"{self.name} {span!r} runs backwards")
            found.update(range(first, last + 1, int(step_text) if slash else 1))
        return found


_FIELDS = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of month", 1, 31),
    _Field("month", 1, 12, _MONTHS),
    _Field("day of week", 0, 6, _DAYS),
)


def problem_of(schedule: str) -> str | None:
    """Say what is wrong with a schedule, or None where nothing is.

    Args:
        schedule: Five fields separated by blanks, as in `0 4 * * 1`.
    """
    texts = schedule.split()
    if len(texts) != len(_FIELDS):
        return f"it has {len(texts)} fields"
    try:
        _, _, days, months, _ = (field.values(text) for field, text in zip(_FIELDS, texts, strict=True))
    except ValueError as problem:
        return str(problem)
    any_weekday = texts[4].startswith(("*", "?"))
    if any_weekday and all(min(days) > _DAYS_IN_MONTH[month - 1] for month in months):
        return f"no month of it has a day {min(days)}"
    return None


def values_of(schedule: str) -> tuple[frozenset[int], ...]:
    """Return every value that each of the five fields stands for.

    Args:
        schedule: A schedule with nothing wrong.
    """
    return tuple(frozenset(field.values(text)) for field, text in zip(_FIELDS, schedule.split(), strict=True))
