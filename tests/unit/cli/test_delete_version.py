"""`mlops delete-version`: what is in use stays."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pulumi_mlops.cli.sagemaker.operations import SageMakerOperations
from pulumi_mlops.cli.stacks import Place
from pulumi_mlops.stack.file import read_document
from pulumi_mlops.stack.validate import validate
from tests.fake_target import DELETED, DIGEST, THREE, Mlops

TWO = replace(THREE, version=2)
OWN_AWS = Path(__file__).parents[2] / "golden/pinned_aws/Pulumi.own-aws.yaml"


@pytest.fixture(autouse=True)
def deleted() -> list[int]:
    DELETED.clear()
    return DELETED


def test_a_version_that_nobody_uses_is_deleted(mlops: Mlops, deleted: list[int]) -> None:
    result = mlops("delete-version", "--version", "2", registered=[THREE, TWO])
    assert (result.exit_code, deleted) == (0, [2])
    assert result.stdout == f"version 2 of flight-delay is deleted: {DIGEST}; its files stay where they are\n"


@pytest.mark.parametrize(
    ("version", "told"),
    [("3", "version 3: it serves in stack dev-local"), ("7", "got version 7, expected a registered one (3, 2)")],
)
def test_what_serves_or_is_not_there_is_refused(mlops: Mlops, deleted: list[int], version: str, told: str) -> None:
    result = mlops("delete-version", "--version", version, registered=[THREE, TWO])
    assert (result.exit_code, deleted) == (1, [])
    assert told in result.stderr


@pytest.mark.parametrize(
    "pin",
    [
        "model: {version: 2, digest: anything}",
        "endpoint: {sagemaker: {shadow: {model: {version: 2, digest: anything}}}}",
    ],
)
def test_what_another_stack_pins_is_refused_even_where_that_stack_is_not_sound(
    mlops: Mlops, stack: Path, deleted: list[int], pin: str
) -> None:
    other = stack / "stacks" / "Pulumi.prod-local.yaml"
    text = (stack / "stacks" / "Pulumi.dev-local.yaml").read_text()
    other.write_text(text.replace("flight-delay: {}", f"flight-delay: {{{pin}}}"))
    result = mlops("delete-version", "--version", "2", registered=[THREE, TWO])
    assert (result.exit_code, deleted) == (1, [])
    assert f"it is pinned in {other}:" in result.stderr
    assert "fix: pin another one there first" in result.stderr


def test_only_mlflow_deletes_its_versions(stack: Path) -> None:
    from pulumi_mlops.cli.kubernetes.operations import KubernetesOperations  # noqa: PLC0415
    from pulumi_mlops.cli.registered_version import VersionRefusedError  # noqa: PLC0415

    place = Place("dev-local", "flight-delay", validate(read_document(stack / "stacks/Pulumi.dev-local.yaml", "mlops")))
    with pytest.raises(VersionRefusedError, match="got target kubernetes, whose registry is MLflow"):
        KubernetesOperations(place).delete_version(2)


@pytest.mark.parametrize(
    ("change", "shares"),
    [
        (("", ""), True),
        (("region: eu-west-1", "region: eu-west-2"), False),
        (("namespace: flights-own", "namespace: flights-other"), False),
        (
            ("registry: {producer_account_ids: ", "registry: {account_id: '444444444444', namespace: flights-own, x: "),
            True,
        ),
        (
            ("registry: {producer_account_ids: ", "registry: {account_id: '555555555555', namespace: flights-own, x: "),
            False,
        ),
        (("target: sagemaker", "target: kubernetes"), False),
    ],
)
def test_stacks_of_one_registry_are_known(tmp_path: Path, change: tuple[str, str], shares: bool) -> None:
    other = tmp_path / "Pulumi.other.yaml"
    other.write_text(OWN_AWS.read_text().replace(*change))
    operations: Any = SageMakerOperations(Place("own-aws", "flight-delay", validate(read_document(OWN_AWS, "mlops"))))
    assert operations.may_share_registry(read_document(other, "mlops")) is shares
