"""What the components call things is what those know who look for them without importing the components."""

import re
from pathlib import Path

import pytest

from mlops_runtime import tracking
from pulumi_mlops._shared import names
from pulumi_mlops._shared.aws.account import AwsAccount

ROOT = Path(__file__).resolve().parents[3]
EXAMPLE = "http://mlflow.flights-dev.svc:5000"
"""An address as texts for people show it."""
# What a module must not spell out again: the texts that `names` makes.
SPELT_OUT = re.compile(
    r'(^[A-Z_]+ = |, |return \()"mlflow"|\}\.svc\b|\.svc\.cluster\.local|\b5000\b|mlops\.digest'
    r"|MLOPS_MODEL_(NAME|VERSION|DIGEST)|MLOPS_REQUEST_TIMEOUT"
    r'|model-package-group/\{|-pipeline"|\}-truth|\}-database|"(async|runs|data-capture)/'
)


def spelt_out(folder: Path) -> list[str]:
    """Each line of a folder's modules, but for names.py, that spells a name out."""
    return [
        f"{path.relative_to(folder)}:{number}: {line.strip()}"
        for path in sorted(folder.rglob("*.py"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if SPELT_OUT.search(line.replace(EXAMPLE, "")) and path != folder / "_shared" / "names.py"
    ]


def test_the_steps_note_a_digest_where_the_components_look_for_it() -> None:
    assert tracking.DIGEST_TAG == names.DIGEST_TAG


@pytest.mark.parametrize("group", ["flights-dev-delay", "arn:aws:sagemaker:eu-west-1:1:model-package-group/others"])
def test_a_group_is_given_by_its_name_or_its_arn(group: str) -> None:
    arn = names.model_package_group_arn(AwsAccount("2", "eu-west-1"), group)
    assert arn == (group if group.startswith("arn:") else f"arn:aws:sagemaker:eu-west-1:2:model-package-group/{group}")


def test_no_component_or_command_spells_a_name_out_again() -> None:
    assert spelt_out(ROOT / "components" / "pulumi_mlops") == []


@pytest.mark.parametrize(
    "line",
    [
        'host = f"{name}.{namespace}.svc"',
        'host = f"{name}.{namespace}.svc.cluster.local"',
        'SERVICE = "mlflow"',
        "PORT = 5000",
        'name = f"{workload}-pipeline"',
        'key = "mlops.digest"',
        'arn = account.arn("sagemaker", f"model-package-group/{name}")',
        'prefix = "runs/"',
    ],
)
def test_a_name_that_is_spelt_out_again_is_found(line: str, tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text(f"{line}\n")
    assert spelt_out(tmp_path) == [f"module.py:1: {line}"]
