"""Values as a reader takes them: short numbers with units, times in UTC, everything escaped."""

from datetime import datetime
from html import escape as _escape

DASH = "–"


def escape(text: object) -> str:
    """Return a text that is nothing but text in HTML."""
    return _escape(str(text), quote=True)


def number(value: float | None, digits: int = 3) -> str:
    """Return a number with three digits that count, and commas between thousands."""
    if value is None:
        return DASH
    if value == 0:
        return "0"
    if abs(value) >= 10 ** (digits - 1):
        return f"{value:,.0f}"
    text = f"{value:.{digits}g}"
    return f"{float(text):,.{digits + 2}f}".rstrip("0").rstrip(".") if "e" in text and abs(value) > 1e-6 else text


def measured(value: float | None, unit: str) -> str:
    """Return a number with its unit."""
    return f"{number(value)} {unit}".strip() if value is not None else DASH


def percent(ratio: float | None) -> str:
    """Return a share as percent."""
    if ratio is None:
        return DASH
    if 0 < ratio < 0.0005:
        return "<0.1 %"
    return f"{100 * ratio:.1f} %" if ratio < 0.1 else f"{100 * ratio:.0f} %"


def day(moment: datetime) -> str:
    """Return a day, such as `4 Mar`."""
    return f"{moment.day} {moment:%b}"


def minute(moment: datetime) -> str:
    """Return a time to the minute, in UTC."""
    return f"{moment.day} {moment:%b %Y, %H:%M}"


def span(hours: float) -> str:
    """Return a length of time: hours up to two days, else days."""
    if hours <= 48:
        return f"{hours:g} hour{'' if hours == 1 else 's'}"
    return f"{hours / 24:.3g} days"


def words(name: str) -> str:
    """Return a name in which a line may break after each underscore and point."""
    return escape(name).replace("_", "_<wbr>").replace(".", ".<wbr>")
