import pytest

from tests import side_by_side


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> side_by_side.WorkedExampleInOneProcess:
    """Runs the tests of the worked example on a cluster in one process."""
    return side_by_side.scheduler(config, log)


@pytest.fixture
def step_graph() -> dict[str, object]:
    """The document of a small step graph."""
    small = {"cpu": "1", "memory": "1Gi"}
    steps = [
        {"name": "ingest", "is_gate": False, "metrics": [], "resources": small},
        {"name": "train", "is_gate": False, "metrics": [], "resources": {"cpu": "2", "memory": "2Gi"}},
        {"name": "evaluate", "is_gate": True, "metrics": ["mae_minutes"], "resources": small},
    ]
    parameters = {
        "horizon_days": {"type": "integer", "default": 28},
        "rate": {"type": "number", "default": 0.1},
        "month": {"type": "string", "default": "march"},
    }
    return {"name": "example", "reference": "example.graph:GRAPH", "parameters": parameters, "steps": steps}
