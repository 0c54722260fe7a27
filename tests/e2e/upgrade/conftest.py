import os

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--record-states", action="store_true", help="record the states of this release anew")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--record-states", default=False):
        os.environ["RECORD_STATES"] = "1"


@pytest.fixture(scope="session")
def record_states() -> bool:
    return bool(os.environ.get("RECORD_STATES"))
