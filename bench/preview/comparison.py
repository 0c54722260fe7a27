"""Two programs that declare the same, previewed turn and turn about."""

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from bench.errors import NotMeasurableError
from bench.figures import Figure, Goal
from bench.preview.project import Project

_RUNS = 7
_LARGEST_RATIO = 1.2
# What the engine shows in place of a value that a preview does not know.
_UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


def compare(ours: Project, plain: Project, about: str = "", note: str = "") -> Sequence[Figure]:
    """Previews both several times.

    Args:
        ours: The checkout's program.
        plain: The one without the components.
        about: What distinguishes these figures from others of the same section; stands behind their names.
        note: What else to tell of them.

    Raises:
        NotMeasurableError: The two do not declare the same objects with the same inputs.
    """
    declared = ours.declared()
    different = differences(declared, plain.declared())
    if different:
        raise NotMeasurableError(f"the plain program does not declare the same: {'; '.join(different)}")
    pairs = [(ours.preview_seconds(), plain.preview_seconds()) for _ in range(_RUNS)]
    first, second = (statistics.median(side) for side in zip(*pairs, strict=True))
    told = ", ".join(filter(None, [f"{len(declared)} objects, the provider among them", note, f"median of {_RUNS}"]))
    return [
        Figure(f"our program{about}", first, "s", note=told),
        Figure(f"plain program{about}", second, "s", note=told),
        Figure(f"ratio{about}", first / second, "×", Goal.AT_MOST, _LARGEST_RATIO),
    ]


def differences(ours: Mapping[str, Any], plain: Mapping[str, Any]) -> list[str]:
    """Tells what two programs declare differently: the inputs of resources, by their type and name.

    What a preview does not know of ours may be anything in the plain one, which need not wait for it.
    """
    only = [f"{name} is only in ours" for name in sorted(ours.keys() - plain.keys())]
    only += [f"{name} is only in the plain one" for name in sorted(plain.keys() - ours.keys())]
    return only + [
        f"{name} has another {key}"
        for name in sorted(ours.keys() & plain.keys())
        for key in sorted(ours[name].keys() | plain[name].keys())
        if not _is_same(ours[name].get(key), plain[name].get(key))
    ]


def _is_same(ours: Any, plain: Any) -> bool:
    if isinstance(ours, Mapping) and isinstance(plain, Mapping):
        return ours.keys() == plain.keys() and all(_is_same(ours[key], plain[key]) for key in ours)
    if isinstance(ours, list) and isinstance(plain, list):
        return len(ours) == len(plain) and all(map(_is_same, ours, plain))
    return bool(ours in (plain, _UNKNOWN))
