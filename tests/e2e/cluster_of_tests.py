"""The cluster that the tests stand on: one that runs, else one brought up for them and taken down again."""

from collections.abc import Iterator

from sandbox.cluster import lifecycle
from sandbox.cluster.layout import Layout
from sandbox.cluster.target import Cluster


def cluster_of_tests() -> Iterator[Cluster]:
    """Gives the sandbox's cluster; one that was there before, running or stopped, keeps its data."""
    if lifecycle.is_ready():
        yield lifecycle.of_sandbox()
        return
    existed = Layout.of_state_root().root.exists()
    try:
        yield lifecycle.up()
    finally:
        lifecycle.down(keep_data=existed)
