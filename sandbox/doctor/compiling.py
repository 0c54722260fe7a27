"""Looking for Pulumi and Go: whether something must be compiled, and what with."""

import re

from sandbox import commands, paths, versions
from sandbox.cluster import build
from sandbox.doctor.finding import Finding, State
from sandbox.engine import build as engine_build
from sandbox.engine import current_engine


def pulumi() -> Finding:
    """Pulumi, which is built from its Go module where there is none."""
    engine = current_engine()
    if engine is not None and not engine.is_built:
        return Finding("Pulumi", State.FOUND, f"{engine.version} (yours: {engine.pulumi})")
    if engine_build.is_built():
        return Finding("Pulumi", State.FOUND, f"{versions.PULUMI} (compiled, in {paths.cache_root()})")
    return Finding("Pulumi", State.NOTED, f"not on PATH; {versions.PULUMI} is compiled, about three minutes, once")


def engine_is_lacking() -> bool:
    """Whether Pulumi must be compiled: there is none of the user's own, and none in the cache."""
    engine = current_engine()
    return (engine is None or engine.is_built) and not engine_build.is_built()


def node_is_lacking() -> bool:
    """Whether Kubernetes must be compiled."""
    return build.built() is None


def compiler(go_version: str | None = None, *, engine: bool = True, node: bool = True) -> Finding:
    """Go, while there is something left to compile.

    Args:
        go_version: What `go env GOVERSION` prints; asked for by default.
        engine: Whether the Pulumi engine is wanted.
        node: Whether a node of the sandbox is wanted.
    """
    name = f"Go {'.'.join(map(str, versions.GO_MINIMUM))}"
    if not (engine and engine_is_lacking()) and not (node and node_is_lacking()):
        return Finding(name, State.FOUND, "not needed: there is nothing to compile")
    fix = "install it from https://go.dev/dl/ and put it on PATH"
    if go_version is None:
        try:
            go_version = commands.run(["go", "env", "GOVERSION"], folder=paths.sources(), timeout_seconds=60)
        except commands.CommandError:
            return Finding(name, State.MISSING, "no go on PATH", fix)
    match = re.match(r"go(\d+)\.(\d+)(?:\.(\d+))?", go_version.strip())
    fits = match is not None and tuple(int(part or 0) for part in match.groups()) >= versions.GO_MINIMUM
    return Finding(name, State.FOUND if fits else State.MISSING, go_version.strip(), "" if fits else fix)
