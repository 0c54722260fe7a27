"""What this machine has and lacks for the sandbox, found out without changing anything."""

from sandbox.cluster import users_context
from sandbox.doctor import contexts, image_tools
from sandbox.doctor.catalogue import Check, Part, checks_for
from sandbox.doctor.finding import Finding, State
from sandbox.errors import SandboxError

ALTERNATIVE = f"a cluster of your own serves as well: {users_context.VARIABLE}=<context> python -m sandbox up"


def examine(
    context: str | None, parts: tuple[Part, ...] = tuple(Part), catalogue: tuple[Check, ...] | None = None
) -> list[Finding]:
    """Look for everything that some parts of the sandbox need.

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
        findings.append(contexts.users_cluster(context))
    if context is not None and Part.IMAGES in parts:
        findings.append(image_tools.image_delivery(context))
    return findings


def require(context: str | None, parts: tuple[Part, ...], catalogue: tuple[Check, ...] | None = None) -> None:
    """Stop before anything is built when something is missing.

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


def missing(findings: list[Finding]) -> list[Finding]:
    """Return the findings that stop the sandbox."""
    return [finding for finding in findings if finding.state is State.MISSING]
