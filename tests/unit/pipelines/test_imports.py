import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {"mlflow", "numpy", "onnxruntime", "pandas", "sklearn"}
# KServe is not there for every Python, and these come with it.
WITH_KSERVE = ["kserve", "orjson", "uvloop"]

# Imports every module of the packages it is given, and says each attempt to import Pulumi, also one that is forgiven.
IMPORT_ALL = """
import importlib, importlib.abc, json, pkgutil, sys

refused = []

class Refusal(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.startswith("pulumi"):
            refused.append(f"{module} imports {name}")
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Refusal())
missing = json.loads(sys.argv[1])
imported = []
for package in sys.argv[2:]:
    module = package
    root = importlib.import_module(package)
    for found in pkgutil.walk_packages(root.__path__, package + "."):
        module = found.name
        try:
            importlib.import_module(module)
        except ModuleNotFoundError as error:
            if not error.name.startswith("pulumi") and error.name not in missing:
                raise
        imported.append(module)
print(json.dumps([imported, refused]))
"""


def import_all(*packages: str, folder: Path | None = None) -> tuple[list[str], list[str]]:
    """The modules of the packages, and who of them imports Pulumi."""
    missing = [] if importlib.util.find_spec("kserve") else WITH_KSERVE
    result = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL, json.dumps(missing), *packages],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **({"PYTHONPATH": str(folder)} if folder else {})},
    )
    assert result.returncode == 0, result.stderr
    modules, refused = json.loads(result.stdout.splitlines()[-1])
    return modules, refused


def loaded_by(module: str) -> set[str]:
    """The top-level modules that are loaded once a module is imported."""
    program = f"import sys, {module}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(result.stdout.split())


def test_what_runs_in_a_pod_imports_no_pulumi() -> None:
    modules, refused = import_all("mlops_runtime", "flight_delay")
    assert {"mlops_runtime.runner", "mlops_runtime.serving.server", "flight_delay.train"} <= set(modules)
    assert refused == []


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("import pulumi", "pulumi"),
        ("from pulumi_kubernetes.core.v1 import Pod", "pulumi_kubernetes"),
        ("try:\n    import pulumi_mlops.stack\nexcept ImportError:\n    pass", "pulumi_mlops"),
    ],
)
def test_an_import_of_pulumi_anywhere_is_found(statement: str, name: str, tmp_path: Path) -> None:
    inner = tmp_path / "planted" / "inner"
    inner.mkdir(parents=True)
    (tmp_path / "planted" / "__init__.py").touch()
    (inner / "__init__.py").touch()
    (inner / "innocent.py").touch()
    (inner / "leaning.py").write_text(f"{statement}\n")
    modules, refused = import_all("planted", folder=tmp_path)
    assert modules == ["planted.inner", "planted.inner.innocent", "planted.inner.leaning"]
    assert refused == [f"planted.inner.leaning imports {name}"]


def test_reading_a_graph_loads_none_of_what_its_steps_need() -> None:
    assert loaded_by("flight_delay.graph") & HEAVY == set()


def test_what_a_step_loads_is_noticed() -> None:
    assert {"numpy", "pandas", "sklearn"} <= loaded_by("flight_delay.train")
