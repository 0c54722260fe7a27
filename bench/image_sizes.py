"""Sizes of the images that this machine has built."""

from collections.abc import Sequence

from bench.errors import NotMeasurableError
from bench.figures import Figure, Goal
from sandbox import images

# What a change may not exceed unnoticed: a pod's node pulls all of it before the pod starts.
_MOST_MEGABYTES = {"pipeline": 750.0, "serving": 650.0, "registry": 500.0, "postgres": 170.0}
_MEGABYTE = 1e6


def measure() -> Sequence[Figure]:
    """Reads the sizes of the images as they were built.

    Raises:
        NotMeasurableError: One of them is not built from the checkout as it is.
    """
    built = images.built()
    if missing := [name for name in images.IMAGE_NAMES if name not in built]:
        raise NotMeasurableError(f"not built as the checkout is: {', '.join(missing)}; run `python -m sandbox images`")
    figures = []
    for name, build in built.items():
        unpacked = build.size_bytes / _MEGABYTE
        figures.append(Figure(f"{name}, unpacked", unpacked, "MB", Goal.AT_MOST, _MOST_MEGABYTES[name]))
        figures.append(Figure(f"{name}, compressed", build.archive_bytes / _MEGABYTE, "MB", note="what a node pulls"))
    return figures
