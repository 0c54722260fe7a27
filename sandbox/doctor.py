"""What this machine has and lacks for the sandbox, found out without changing anything."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from enum import Enum
from functools import partial

from rich.table import Table
from rich.text import Text

from sandbox import checks, disk_check, image_checks
from sandbox.checks import Finding, State
from sandbox.cluster import users_context
from sandbox.errors import SandboxError


class Part(str, Enum):
    """A part of the sandbox that can be brought up by itself."""

    ENGINE = "engine"
    CLUSTER = "cluster"
    IMAGES = "images"
    PLUGINS = "plugins"


ALTERNATIVE = f"a cluster of your own serves as well: {users_context.VARIABLE}=<context> python -m sandbox up"

_MARKS = {State.FOUND: ("✓", "green"), State.NOTED: ("·", "yellow"), State.MISSING: ("✗", "red")}


@dataclass(frozen=True)
class Check:
    """One prerequisite and how to look for it.

    Attributes:
        look: Looks for it.
        parts: The parts of the sandbox that need it.
        own_node_only: Whether a cluster of the user's own makes it needless.
    """

    look: Callable[[], Finding]
    parts: tuple[Part, ...]
    own_node_only: bool = False


_EVERY = tuple(Part)
_ENGINE = (Part.ENGINE, Part.PLUGINS)
_NODE = (Part.CLUSTER,)


def checks_for(context: str | None, parts: tuple[Part, ...]) -> tuple[Check, ...]:
    """The prerequisites in the order of the table; some depend on what else is wanted.

    Args:
        context: The context of the user's own cluster; None for a node of the sandbox.
        parts: The parts that are wanted.
    """
    engine = bool(set(_ENGINE) & set(parts))
    node = context is None and Part.CLUSTER in parts
    with_images = Part.IMAGES in parts
    return (
        Check(checks.operating_system, _EVERY),
        Check(checks.python, _EVERY),
        Check(checks.pulumi, _ENGINE),
        Check(partial(checks.compiler, engine=engine, node=node), (*_ENGINE, Part.CLUSTER)),
        Check(checks.administrator, _NODE, own_node_only=True),
        Check(checks.base_programs, _NODE, own_node_only=True),
        Check(checks.overlay_mounts, _NODE, own_node_only=True),
        Check(checks.control_groups, _NODE, own_node_only=True),
        Check(checks.nftables, _NODE, own_node_only=True),
        Check(checks.node_programs, _NODE, own_node_only=True),
        Check(checks.addresses, _NODE, own_node_only=True),
        Check(checks.ports, _NODE, own_node_only=True),
        Check(checks.memory, _NODE, own_node_only=True),
        Check(partial(image_checks.image_builder, context), (Part.IMAGES,)),
        Check(partial(disk_check.disk, engine=engine, node=node, with_images=with_images), _EVERY),
    )


def examine(
    context: str | None, parts: tuple[Part, ...] = _EVERY, catalogue: tuple[Check, ...] | None = None
) -> list[Finding]:
    """Looks for everything that some parts of the sandbox need.

    Args:
        context: The context of the user's own cluster; None for a node of the sandbox.
        parts: The parts.
        catalogue: The prerequisites; all of them by default.

    Returns:
        One finding for each prerequisite, in the catalogue's order.
    """
    findings = [
        check.look()
        for check in (checks_for(context, parts) if catalogue is None else catalogue)
        if set(check.parts) & set(parts) and not (check.own_node_only and context is not None)
    ]
    if context is not None and Part.CLUSTER in parts:
        findings.append(checks.users_cluster(context))
    if context is not None and Part.IMAGES in parts:
        findings.append(image_checks.image_delivery(context))
    return findings


def require(context: str | None, parts: tuple[Part, ...], catalogue: tuple[Check, ...] | None = None) -> None:
    """Stops before anything is built when something is missing.

    Raises:
        SandboxError: It tells everything that is missing, and how to mend it.
    """
    absent = missing(examine(context, parts, catalogue))
    if not absent:
        return
    lines = [f"{finding.name}: {finding.found}\n    fix: {finding.fix}" for finding in absent]
    node = context is None and Part.CLUSTER in parts
    raise SandboxError(
        "this machine lacks what the sandbox needs\n  " + "\n  ".join(lines),
        f"see above; {ALTERNATIVE}" if node else "",
    )


def table(findings: list[Finding]) -> Table:
    """Lays findings out for a terminal."""
    drawn = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("", "needed", "found", "mend it with"):
        drawn.add_column(heading, overflow="fold")
    for finding in findings:
        drawn.add_row(Text(*_MARKS[finding.state]), Text(finding.name), Text(finding.found), Text(finding.fix))
    return drawn


def plain(findings: list[Finding]) -> str:
    """Lays findings out for a log: one line for each, wide as it may be."""
    width = max(len(finding.name) for finding in findings)
    lines = [
        f"{_MARKS[finding.state][0]} {finding.name:<{width}}  {finding.found}"
        + (f"  -> {finding.fix}" if finding.fix else "")
        for finding in findings
    ]
    return "\n".join(lines)


def document(findings: list[Finding]) -> list[dict[str, str]]:
    """Findings for programs: plain JSON values."""
    return [asdict(finding) for finding in findings]


def missing(findings: list[Finding]) -> list[Finding]:
    """The findings that stop the sandbox."""
    return [finding for finding in findings if finding.state is State.MISSING]
