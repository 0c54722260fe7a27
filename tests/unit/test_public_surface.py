import subprocess
import sys
from types import ModuleType

import pytest

import pulumi_mlops


def test_every_public_name_is_there() -> None:
    assert sorted(pulumi_mlops.__all__) == list(pulumi_mlops.__all__) == dir(pulumi_mlops)
    for name in pulumi_mlops.__all__:
        assert getattr(pulumi_mlops, name).__name__ == name


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
    libraries = {"pulumi_kubernetes", "pulumi_aws", "boto3"}
    program = f"import sys, pulumi_mlops.stack; sys.exit(bool({libraries} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
