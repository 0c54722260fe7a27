"""Which tests run beside which where pytest-xdist has two processes: those that need a cluster beside all others.

Tests on a cluster mostly wait for pods. They share one cluster, so that one process runs them all, in their order.
"""

import pytest
from xdist.scheduler import LoadFileScheduling

END_TO_END = "tests/e2e/"
# Those that need an engine and no cluster.
WITHOUT_CLUSTER = tuple(
    f"{END_TO_END}test_{name}.py" for name in ("language_host", "sagemaker_stack", "role_policies", "wheel")
)


class ClusterTestsInOneProcess(LoadFileScheduling):  # type: ignore[misc]  # pytest-xdist ships no types
    """Gives one process all tests that need a cluster, and hands the other files to whichever process is free."""

    def _split_scope(self, nodeid: str) -> str:
        needs_cluster = nodeid.startswith(END_TO_END) and not nodeid.startswith(WITHOUT_CLUSTER)
        return END_TO_END if needs_cluster else super()._split_scope(nodeid)


def scheduler(config: pytest.Config, log: object) -> ClusterTestsInOneProcess:
    """Makes the scheduler, which starts the tests on a cluster first: they take longest."""
    config.option.loadscopereorder = False
    return ClusterTestsInOneProcess(config, log)
