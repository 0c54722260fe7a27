"""What a scalar of a stack file is to Pulumi, which reads YAML with gopkg.in/yaml.v3 and hands it on as JSON.

The rules are those of that library's `resolve.go`, which are neither YAML 1.1's nor 1.2's: `on`, `no` and 12:30 are
texts, 0123 is octal, a number that overflows is a text, and a date is a point in time.
"""

import math
import re
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

_NAMED: dict[str, bool | float | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
}
_BASES = {
    16: re.compile(r"[-+]?0[xX][0-9a-fA-F]+"),
    8: re.compile(r"[-+]?0[oO]?[0-7]+"),
    2: re.compile(r"[-+]?0[bB][01]+"),
    10: re.compile(r"[-+]?(0|[1-9][0-9]*)"),
}
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_MOMENT = re.compile(
    r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})"
    r"(?:[Tt ]([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(\.[0-9]+)?)?"
    r"(Z|[-+][0-9]{2}:[0-9]{2})?"
)
# How Go writes a point in time, and so what a program gets of a date without quotes.
_GO_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)? [-+][0-9]{4} [-+A-Z0-9]+")
_INT64 = 1 << 63
# Go's encoding/json writes smaller whole numbers without an exponent, so that they arrive as integers.
_FIRST_WITH_EXPONENT = 1e21


def resolved(text: str) -> str | int | float | bool | None:
    """Return the value of a scalar without quotes.

    Args:
        text: The scalar as it stands in the file.

    Returns:
        The value that a program gets: a whole number is an integer also where it has a decimal point, and a point in
        time is a text as Go writes it, which `is_moment` knows.
    """
    if text in _NAMED:
        return _NAMED[text]
    if text[0] not in "+-.0123456789":
        return text
    moment = _moment(text)
    if moment is not None:
        return moment
    plain = text.replace("_", "")
    integer = _integer(plain)
    if integer is not None:
        return integer
    if _FLOAT.fullmatch(plain) and math.isfinite(number := float(plain)):
        return _as_json(number)
    return text


def is_moment(value: object) -> bool:
    """Tell whether a value is a point in time as Go writes it."""
    return isinstance(value, str) and _GO_MOMENT.fullmatch(value) is not None


def key_text(value: str | float | None) -> str:
    """Return the text that Go makes of a key that is not one."""
    if value is None:
        return "<nil>"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _integer(plain: str) -> int | float | None:
    base = next((base for base, pattern in _BASES.items() if pattern.fullmatch(plain)), None)
    if base is None:
        return None
    # A leading zero alone makes a number octal.
    digits = re.sub(r"^([-+]?)0[xXoObB]?(?=.)", r"\1", plain) if base != 10 else plain
    value = int(digits, base)
    if -_INT64 <= value < _INT64:
        return value
    is_unsigned = plain[0] not in "+-" and value < 2 * _INT64
    return _as_json(float(value)) if is_unsigned else None


def _as_json(number: float) -> int | float:
    """Return a number as it comes out of Go's JSON."""
    if number.is_integer() and abs(number) < _FIRST_WITH_EXPONENT:
        return int(Decimal(repr(number)))
    return number


def _moment(text: str) -> str | None:
    match = _MOMENT.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    # A date alone and one with a blank have no zone; one with a T must have it.
    if (zone is not None) != ("t" in text.lower()):
        return None
    try:
        moment = datetime(
            int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), tzinfo=_zone(zone)
        )
    except ValueError:
        return None
    name = "UTC" if zone in (None, "Z") else moment.strftime("%z")
    return f"{moment:%Y-%m-%d %H:%M:%S}{(fraction or '').rstrip('0').rstrip('.')} {moment:%z} {name}"


def _zone(zone: str | None) -> timezone:
    if zone in (None, "Z"):
        return UTC
    sign = -1 if zone[0] == "-" else 1
    return timezone(sign * timedelta(hours=int(zone[1:3]), minutes=int(zone[4:6])))
