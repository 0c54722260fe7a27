"""Which files are a workload's own code: those that its graph needs and that the lock file does not install."""

from pathlib import Path

import pytest

from pulumi_mlops.image.errors import ImageError
from pulumi_mlops.image.workload_code import code_of, runtime_code, source_digest
from tests.image_project import write_project

GRAPH = "boat_prices.graph:GRAPH"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return write_project(tmp_path)


def test_it_is_the_package_and_what_that_imports_beside_it(project: Path) -> None:
    assert list(code_of(GRAPH, project)) == [
        "boat_prices/__init__.py",
        "boat_prices/graph.py",
        "boat_prices/steps.py",
        "boat_shared/__init__.py",
    ]


@pytest.mark.parametrize("line", ["import boat_unused.inner", "def later():\n    from boat_unused import inner"])
def test_what_is_imported_further_on_belongs_to_it_in_circles_as_well(line: str, project: Path) -> None:
    (project / "pipelines/boat_shared/__init__.py").write_text(f"{line}\n")
    (project / "pipelines/boat_unused/__init__.py").write_text("import boat_module\nimport boat_prices\nimport json\n")
    (project / "pipelines/boat_module.py").write_text("")
    found = code_of(GRAPH, project)
    assert {"boat_unused/__init__.py", "boat_module.py"} <= set(found)


def test_what_the_lock_file_installs_is_no_code_of_the_projects(project: Path) -> None:
    installed = project / ".venv/lib/python3.11/site-packages/boat_prices"
    installed.parent.mkdir(parents=True)
    (project / "pipelines/boat_prices").rename(installed)
    assert code_of(GRAPH, project) == {}
    assert code_of("json.graph:GRAPH", project) == {}
    assert code_of("nowhere.graph:GRAPH", project) == {}


def test_its_digest_is_of_names_and_content(project: Path) -> None:
    before = source_digest(code_of(GRAPH, project))
    file = project / "pipelines/boat_prices/steps.py"
    file.rename(file.with_name("step.py"))
    renamed = source_digest(code_of(GRAPH, project))
    file.with_name("step.py").write_text("")
    assert len({before, renamed, source_digest(code_of(GRAPH, project))}) == 3


def test_a_link_out_of_the_project_is_refused(project: Path) -> None:
    (project / "pipelines/boat_prices/data.csv").symlink_to("/etc/passwd")
    with pytest.raises(ImageError, match=r"data\.csv: got a symbolic link"):
        code_of(GRAPH, project)


def test_the_runtime_is_this_installations() -> None:
    assert {"mlops_runtime/__main__.py", "mlops_runtime/serving/server.py"} <= set(runtime_code())
