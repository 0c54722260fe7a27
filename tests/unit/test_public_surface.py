import ast
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import pulumi_mlops


def seen_by_type_checkers(source: str) -> dict[str, tuple[str, ...]]:
    """The names of each module under `if TYPE_CHECKING`."""
    (block,) = [node for node in ast.parse(source).body if isinstance(node, ast.If)]
    imports = [node for node in block.body if isinstance(node, ast.ImportFrom) and node.module]
    assert len(imports) == len(block.body)
    return {
        str(node.module).removeprefix("pulumi_mlops."): tuple(alias.name for alias in node.names) for node in imports
    }


def test_every_public_name_is_there() -> None:
    assert sorted(pulumi_mlops.__all__) == list(pulumi_mlops.__all__) == dir(pulumi_mlops)
    assert set(pulumi_mlops.__all__) == {name for names in pulumi_mlops._MODULES.values() for name in names}
    for name in pulumi_mlops.__all__:
        assert getattr(pulumi_mlops, name).__name__ == name


def test_type_checkers_find_each_name_where_it_is_imported_from() -> None:
    assert seen_by_type_checkers(Path(pulumi_mlops.__file__).read_text(encoding="utf-8")) == pulumi_mlops._MODULES


def test_a_name_that_type_checkers_look_for_elsewhere_is_found() -> None:
    source = Path(pulumi_mlops.__file__).read_text(encoding="utf-8")
    planted = source.replace("import ArgumentsError", "import ArgumentError").replace(
        "_shared.model import", "m import"
    )
    assert seen_by_type_checkers(planted).keys() ^ pulumi_mlops._MODULES.keys() == {"_shared.model", "m"}
    assert seen_by_type_checkers(planted)["_shared.arguments"] != pulumi_mlops._MODULES["_shared.arguments"]


def test_fails_when_a_name_is_not_public() -> None:
    with pytest.raises(AttributeError, match="KubernetesEndpint"):
        _ = pulumi_mlops.KubernetesEndpint


@pytest.mark.parametrize(
    ("library", "extra"), [("pulumi_kubernetes", "kubernetes"), ("pulumi_aws", "sagemaker"), ("boto3", "sagemaker")]
)
def test_fails_helpfully_without_the_targets_library(library: str, extra: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: str) -> ModuleType:
        raise ModuleNotFoundError(f"No module named '{library}'", name=library)

    monkeypatch.setattr(pulumi_mlops, "import_module", refuse)
    with pytest.raises(ImportError, match=rf"needs the package {library}.*pip install 'pulumi-mlops\[{extra}\]'"):
        _ = pulumi_mlops.Workload


def test_says_nothing_of_an_extra_when_another_package_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: str) -> ModuleType:
        raise ModuleNotFoundError("No module named 'yaml'", name="yaml")

    monkeypatch.setattr(pulumi_mlops, "import_module", refuse)
    with pytest.raises(ModuleNotFoundError, match="yaml"):
        _ = pulumi_mlops.Workload


def test_the_configuration_imports_no_targets_library() -> None:
    libraries = {"pulumi_kubernetes", "pulumi_aws", "boto3", "dockerfile_parse", "typer"}
    program = f"import sys, pulumi_mlops.stack; sys.exit(bool({libraries} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
