"""Pictures as inline SVG that stretch with the page. Their words are HTML beside them, so that these stay readable."""

from collections.abc import Sequence
from dataclasses import dataclass

from mlops_runtime.monitoring.report.page.text import escape, number

WIDTH, HEIGHT = 1000.0, 100.0
Values = Sequence[float | None]


@dataclass(frozen=True)
class Line:
    """A series over time, with gaps where a value is None."""

    values: Values
    style: str
    name: str


@dataclass(frozen=True)
class Level:
    """A horizontal line: a threshold, or the value at training."""

    value: float
    style: str
    name: str


@dataclass(frozen=True)
class Scale:
    """The values between a picture's lower and upper edge."""

    low: float
    high: float

    def y(self, value: float) -> float:
        """Return a value's height from above."""
        return HEIGHT - (value - self.low) / (self.high - self.low) * HEIGHT


def scale_of(values: Sequence[float], *, from_zero: bool = True) -> Scale:
    """Return a scale that has room for all values."""
    found = [*values, 0.0] if from_zero else list(values)
    low, high = min(found, default=0.0), max(found, default=1.0)
    room = (high - low) * 0.08 or abs(high) * 0.1 or 1.0
    return Scale(low if from_zero and low == 0 else low - room, high + room)


def svg(content: str, told: str, style: str = "") -> str:
    """Return a picture that fills its box; `told` says in words what it shows."""
    return (
        f'<svg class="plot {style}" viewBox="0 0 {WIDTH:g} {HEIGHT:g}" preserveAspectRatio="none" role="img"'
        f' aria-label="{escape(told)}">{content}</svg>'
    )


def path(line: Line, scale: Scale) -> str:
    """Return a series as strokes between neighbours, and a dot for each value."""
    steps = max(len(line.values) - 1, 1)
    points = [
        None if value is None else (round(place / steps * WIDTH, 1), round(scale.y(value), 2))
        for place, value in enumerate(line.values)
    ]
    strokes, dots, pen = [], [], "M"
    for point in points:
        if point is None:
            pen = "M"
            continue
        strokes.append(f"{pen}{point[0]:g} {point[1]:g}")
        dots.append(f"M{point[0]:g} {point[1]:g}h0")
        pen = "L"
    return (
        f'<path class="line {line.style}" d="{"".join(strokes)}"/><path class="dots {line.style}" d="{"".join(dots)}"/>'
    )


def level(line: Level, scale: Scale) -> str:
    """Return a horizontal line."""
    y = round(scale.y(line.value), 2)
    return f'<path class="level {line.style}" d="M0 {y:g}H{WIDTH:g}"><title>{escape(line.name)}</title></path>'


def bars(values: Sequence[float], scale: Scale, style: str, names: Sequence[str], *, inset: float = 0.15) -> str:
    """Return a bar for each value, with its name to be shown when it is pointed at."""
    step = WIDTH / max(len(values), 1)
    zero = scale.y(max(scale.low, 0.0))
    drawn = []
    for place, (value, name) in enumerate(zip(values, names, strict=True)):
        top = scale.y(value)
        drawn.append(
            f'<rect class="{style}" x="{place * step + inset * step:.1f}" width="{step * (1 - 2 * inset):.1f}"'
            f' y="{min(top, zero):.2f}" height="{abs(zero - top):.2f}"><title>{escape(name)}</title></rect>'
        )
    return "".join(drawn)


def chart(content: str, scale: Scale, told: str, across: Sequence[str], unit: str, ticks: Sequence[float] = ()) -> str:
    """Return a picture with its axes' words around it.

    Args:
        content: What is drawn.
        scale: Of the values upward.
        told: What the picture shows, in words.
        across: The words below it, from left to right.
        unit: Of the values upward.
        ticks: The values whose words stand at its side. Defaults to three round ones.
    """
    chosen = list(ticks) or round_ticks(scale)
    grid = "".join(f'<path class="grid" d="M0 {scale.y(tick):.2f}H{WIDTH:g}"/>' for tick in chosen)
    beside = "".join(f'<span style="top:{scale.y(tick):.1f}%">{escape(number(tick))}</span>' for tick in chosen)
    below = "".join(f"<span>{escape(word)}</span>" for word in across)
    return (
        f'<div class="chart"><div class="unit">{escape(unit)}</div><div class="beside">{beside}</div>'
        f"{svg(grid + content, told)}<div class='below'>{below}</div></div>"
    )


def round_ticks(scale: Scale, most: int = 4) -> list[float]:
    """Return a few round values within a scale."""
    span = scale.high - scale.low
    magnitude = 10.0 ** int(f"{span:e}".split("e")[1])
    for step in (0.1, 0.2, 0.25, 0.5, 1.0, 2.0, 2.5, 5.0):
        width = step * magnitude
        first = -(-scale.low // width)
        count = int(scale.high // width - first) + 1
        if count <= most:
            return [(first + place) * width for place in range(count)]
    return [scale.low, scale.high]
