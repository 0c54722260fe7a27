"""Which tests run beside which where pytest-xdist has two processes: end-to-end tests beside those without a cluster.

End-to-end tests mostly wait for pods. They share one cluster, so that one process runs them all, in their order.
"""

import pytest
from xdist.scheduler import LoadFileScheduling

END_TO_END = "tests/e2e/"
# Those that need an engine and no cluster.
WITHOUT_CLUSTER = tuple(
    f"{END_TO_END}test_{name}.py" for name in ("language_host", "sagemaker_stack", "role_policies", "wheel")
)


class EndToEndInOneProcess(LoadFileScheduling):  # type: ignore[misc]  # pytest-xdist ships no types
    """Gives one process all end-to-end tests, and hands the files of the others to whichever process is free."""

    def _split_scope(self, nodeid: str) -> str:
        shares = nodeid.startswith(END_TO_END) and not nodeid.startswith(WITHOUT_CLUSTER)
        return END_TO_END if shares else super()._split_scope(nodeid)


def scheduler(config: pytest.Config, log: object) -> EndToEndInOneProcess:
    """Makes the scheduler, which starts the end-to-end tests first: they take longest."""
    config.option.loadscopereorder = False
    return EndToEndInOneProcess(config, log)
