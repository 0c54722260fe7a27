"""Which of the parts were the user's own and which are the sandbox's, in one line for each."""

from collections.abc import Sequence
from pathlib import Path

from sandbox import paths
from sandbox.engine import Engine
from sandbox.engine.plugins import InstalledPlugin


def engine_line(engine: Engine) -> str:
    """Says which Pulumi is used."""
    return f"Pulumi {engine.version}: " + ("built by the sandbox" if engine.is_built else f"yours, {engine.pulumi}")


def plugins_line(plugins: Sequence[InstalledPlugin]) -> str:
    """Says of each provider plugin whose it is."""
    told = [f"{each.name} {each.version} ({'official' if each.is_official else 'own'})" for each in plugins]
    return f"plugins: {', '.join(told)}"


def cluster_line(context: str | None, containerd: Path | None) -> str:
    """Says which cluster is used, and with a node of the sandbox's which containerd runs its pods."""
    if context is not None:
        return f"cluster: yours, context {context}"
    if containerd is None:
        return "cluster: the sandbox's node"
    own = containerd.is_relative_to(paths.cache_root())
    return f"cluster: the sandbox's node, with {'a private containerd' if own else f'your {containerd}'}"


def images_line(builder: str) -> str:
    """Says what builds the images."""
    return f"images: built with {builder}"
