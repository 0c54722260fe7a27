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


def test_fails_helpfully_without_the_targets_library(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: str) -> ModuleType:
        raise ModuleNotFoundError("No module named 'pulumi_kubernetes'", name="pulumi_kubernetes")

    monkeypatch.setattr(pulumi_mlops, "import_module", refuse)
    with pytest.raises(ImportError, match=r"pip install 'pulumi-mlops\[kubernetes\]'"):
        _ = pulumi_mlops.Workload


def test_the_configuration_imports_no_targets_library() -> None:
    program = "import sys, pulumi_mlops.config; sys.exit('pulumi_kubernetes' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
