from pathlib import Path

import pytest

from tests.unit.pipelines.sagemaker.containers import Execution, run_in_process
from tests.unit.pipelines.sagemaker.job_steps import GRAPH


@pytest.fixture
def execution(tmp_path: Path) -> Execution:
    """An execution of a small graph whose jobs run in this process."""
    return Execution(GRAPH, tmp_path, run=run_in_process)
