"""Which tests run beside which where pytest-xdist has two processes.

Tests on a cluster mostly wait for pods, so two of them take hardly longer than one. They share one cluster (see
`cluster_of_tests`), each in namespaces of its own. Those that serve the worked example stay in one process: two
trainings at a time are more than a node of two cores has room for.
"""

import pytest
from xdist.scheduler import LoadFileScheduling

END_TO_END = "tests/e2e/"
# They train and serve the worked example, or look at its images.
WORKED_EXAMPLE = tuple(
    f"{END_TO_END}test_{name}.py"
    for name in ("batch", "commands", "component_package", "images", "quickstart", "registry_on_postgresql", "workload")
)


class WorkedExampleInOneProcess(LoadFileScheduling):  # type: ignore[misc]  # pytest-xdist ships no types
    """Gives one process all tests of the worked example on a cluster, and hands out the other files one by one."""

    def _split_scope(self, nodeid: str) -> str:
        return END_TO_END if nodeid.startswith(WORKED_EXAMPLE) else super()._split_scope(nodeid)


def scheduler(config: pytest.Config, log: object) -> WorkedExampleInOneProcess:
    """Makes the scheduler. It starts in the order of collection: end-to-end tests, which take longest, come first."""
    config.option.loadscopereorder = False
    return WorkedExampleInOneProcess(config, log)
