"""Which settings each target supports. What a target would not obey is refused when the stack is loaded."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pulumi_mlops.config.document import StackDocument
from pulumi_mlops.config.platform import Target
from pulumi_mlops.config.problems import Problem, shown


@dataclass(frozen=True)
class Refused:
    """A setting that a target does not support.

    Attributes:
        path: Where it stands; `*` is any name.
        supported: What the target supports in its place.
        fix: What to do about it.
        values: The values that are refused. Empty: any.
    """

    path: tuple[str, ...]
    supported: str
    fix: str
    values: tuple[object, ...] = ()


@dataclass(frozen=True)
class Support:
    """What one target can do.

    Attributes:
        available: Whether stacks for it can be loaded at all.
        refused: The settings that it does not support.
    """

    available: bool
    refused: tuple[Refused, ...]


SUPPORT: Mapping[Target, Support] = {
    Target.KUBERNETES: Support(
        available=True,
        refused=(
            Refused(
                ("platform", "sagemaker"), "the settings under platform.kubernetes", "remove it, or change the target"
            ),
        ),
    ),
    Target.SAGEMAKER: Support(
        available=False,
        refused=(
            Refused(
                ("platform", "kubernetes"), "the settings under platform.sagemaker", "remove it, or change the target"
            ),
        ),
    ),
}


def problems_of(document: StackDocument) -> Iterator[Problem]:
    """Yield a problem for each setting that the document's target does not support."""
    name = document.at("platform", "target")
    if name not in [target.value for target in Target]:
        return
    target = Target(name)
    support = SUPPORT[target]
    if not support.available:
        available = [candidate.value for candidate, other in SUPPORT.items() if other.available]
        yield document.problem(
            ("platform", "target"),
            got=shown(target.value),
            expected=f"a target that this version can run: {', '.join(available)}",
            fix=f"use {available[0]}",
        )
        return
    for rule in support.refused:
        for path in _matches(document.values, rule.path):
            value = document.at(*path)
            if rule.values and value not in rule.values:
                continue
            yield document.problem(
                path,
                got=f"{shown(value)}, which target {target.value} does not support",
                expected=rule.supported,
                fix=rule.fix,
            )


def _matches(value: object, pattern: tuple[str, ...], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    if not pattern:
        yield path
        return
    if not isinstance(value, Mapping):
        return
    for key in value if pattern[0] == "*" else [pattern[0]]:
        if key in value:
            yield from _matches(value[key], pattern[1:], (*path, key))
