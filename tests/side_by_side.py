"""Which tests run beside which where pytest-xdist has two processes: end-to-end tests beside those without a cluster.

End-to-end tests mostly wait for pods. They share one cluster, so that one process runs them all, in their order.
"""

import pytest
from xdist.scheduler import LoadFileScheduling

END_TO_END = "tests/e2e/"


class EndToEndInOneProcess(LoadFileScheduling):  # type: ignore[misc]  # pytest-xdist ships no types
    """Gives one process all end-to-end tests, and hands the files of the others to whichever process is free."""

    def _split_scope(self, nodeid: str) -> str:
        return END_TO_END if nodeid.startswith(END_TO_END) else super()._split_scope(nodeid)


def scheduler(config: pytest.Config, log: object) -> EndToEndInOneProcess:
    """Makes the scheduler, which starts the end-to-end tests first: they take longest."""
    config.option.loadscopereorder = False
    return EndToEndInOneProcess(config, log)
