"""Paths of properties as Pulumi writes them."""

import re

_STEP = re.compile(r"""\.?(?P<name>[^.\["]+)|\[(?P<index>\d+)\]|\["(?P<quoted>(?:[^"\\]|\\.)*)"\]""")


def parse(text: str) -> tuple[str | int, ...]:
    """Read a path such as `spec.containers[0].image` or `metadata.annotations["a.b/c"]`.

    Raises:
        ValueError: The path is not understood.
    """
    steps: list[str | int] = []
    position = 0
    while position < len(text):
        match = _STEP.match(text, position)
        if match is None:
            raise ValueError(
                f"{text}: not understood from {text[position:]!r} on; expected a path such as spec.replicas"
            )
        if match["index"] is not None:
            steps.append(int(match["index"]))
        else:
            steps.append(match["name"] if match["name"] is not None else re.sub(r"\\(.)", r"\1", match["quoted"]))
        position = match.end()
    return tuple(steps)
