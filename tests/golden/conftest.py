import os

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write the golden files anew")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--update-golden", default=False):
        os.environ["UPDATE_GOLDEN"] = "1"


@pytest.fixture
def update_golden() -> bool:
    return bool(os.environ.get("UPDATE_GOLDEN"))
