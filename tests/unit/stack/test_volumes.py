"""Another size of a volume that stays: refused in the preview where Kubernetes would refuse it in the update."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pulumi
import pytest

from pulumi_mlops._shared.kubernetes import library
from pulumi_mlops.model_registry.kubernetes import database, render
from pulumi_mlops.model_registry.kubernetes.settings import resolve
from pulumi_mlops.stack import arguments, volume_class, volumes
from pulumi_mlops.stack.losses import data_places
from pulumi_mlops.stack.model import StackConfig
from pulumi_mlops.stack.preview_warnings import RefusedVolumeError, _tell
from tests.unit.sandbox.plugins.kubernetes.fake_api import Api, serve

Read = Callable[[str], StackConfig]
CLAIM = "GET /api/v1/namespaces/flights-dev/persistentvolumeclaims/mlflow-artifacts"
CLASS = "GET /apis/storage.k8s.io/v1/storageclasses/fast"
FIVE, NINE = "artifacts_volume_gib: 5", "artifacts_volume_gib: 9"
PATH = "mlops:platform.registry.artifacts_volume_gib"
POSTGRESQL = "      postgres: localhost/pulumi-mlops/postgres:0123456789abcdef\n"


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """An API server with a bound claim; what it answers may be changed."""
    serving = serve()
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(next(serving).replace("name: c, context:", "name: mlops-sandbox, context:"))
    monkeypatch.setattr(library.kube_config, "KUBE_CONFIG_DEFAULT_LOCATION", str(kubeconfig))
    Api.answers = {
        CLAIM: [(200, {"metadata": {"name": "mlflow-artifacts"}, "spec": {"storageClassName": "fast"}}, {})],
        CLASS: [(200, {"provisioner": "example.com/disks"}, {})],
    }
    yield Api.answers
    next(serving, None)


@pytest.fixture
def warned(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    told: list[str] = []
    monkeypatch.setattr(pulumi, "warn", told.append)
    return told


@pytest.fixture
def edited(good: str, read: Read) -> Callable[[str, str], None]:
    def preview(before: str, after: str) -> None:
        _tell(data_places(read(before)), data_places(read(after)), "mlops-sandbox")

    return preview


def test_a_class_that_lets_no_volume_grow_is_told_before(
    good: str, edited: Callable[[str, str], None], cluster: dict[str, Any]
) -> None:
    with pytest.raises(RefusedVolumeError) as caught:
        edited(good, good.replace(FIVE, NINE))
    assert str(caught.value) == (
        f"{PATH}: got 9, expected at most 5, the GiB of the PersistentVolumeClaim flights-dev/mlflow-artifacts: its "
        "StorageClass fast does not say allowVolumeExpansion: true, so the API server refuses it, fix: put 5 back, "
        "or move the registry to another volume: mlops registry backup and restore"
    )


@pytest.mark.parametrize(
    "answers",
    [
        {CLASS: [(200, {"allowVolumeExpansion": True}, {})]},
        # Not there yet: it is made as large as it is asked for.
        {CLAIM: [(404, {"reason": "NotFound"}, {})]},
    ],
)
def test_a_volume_that_may_grow_is_not_spoken_of(
    good: str,
    edited: Callable[[str, str], None],
    cluster: dict[str, Any],
    warned: list[str],
    answers: dict[str, Any],
) -> None:
    cluster |= answers
    edited(good, good.replace(FIVE, NINE))
    assert warned == []


def test_a_volume_without_a_class_does_not_grow(
    good: str, edited: Callable[[str, str], None], cluster: dict[str, Any]
) -> None:
    cluster[CLAIM] = [(200, {"metadata": {}, "spec": {"storageClassName": ""}}, {})]
    with pytest.raises(RefusedVolumeError, match="its StorageClass of no name does not say"):
        edited(good, good.replace(FIVE, NINE))


def test_who_may_not_read_classes_is_warned(
    good: str, edited: Callable[[str, str], None], cluster: dict[str, Any], warned: list[str]
) -> None:
    cluster[CLASS] = [(403, {"reason": "Forbidden"}, {})]
    edited(good, good.replace(FIVE, NINE))
    (told,) = warned
    assert told.startswith(f"{PATH}: grows from 5 to 9 GiB, and whether its StorageClass lets a volume grow")
    assert "/storageclasses/fast: got 403" in told


def test_a_cluster_that_is_not_known_leaves_a_warning(
    good: str, edited: Callable[[str, str], None], warned: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(library.kube_config, "KUBE_CONFIG_DEFAULT_LOCATION", str(tmp_path / "none"))
    edited(good, good.replace(FIVE, NINE))
    assert "could not be read" in warned[0]


def test_no_volume_shrinks_and_no_cluster_is_asked(good: str, edited: Callable[[str, str], None]) -> None:
    with pytest.raises(RefusedVolumeError, match=r"got 5, expected at least 9.*: Kubernetes does not shrink a volume"):
        edited(good.replace(FIVE, NINE), good)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("namespace: flights-dev", "namespace: flights-new"),
        lambda text: text.replace("context: mlops-sandbox", "context: mlops-sandbox, storage_class_name: fast"),
    ],
)
def test_another_volume_may_have_any_size(
    good: str, edited: Callable[[str, str], None], warned: list[str], change: Callable[[str], str]
) -> None:
    edited(good.replace(FIVE, NINE), change(good))
    assert len(warned) == 1, "what is lost, and nothing of the size"


def test_a_stack_of_an_earlier_package_has_noted_no_sizes(good: str, read: Read, warned: list[str]) -> None:
    before = {key: value for key, value in data_places(read(good)).items() if key != "volumes"}
    _tell(before, data_places(read(good.replace(FIVE, NINE))), "mlops-sandbox")
    assert warned == []


@pytest.mark.parametrize("is_postgresql", [False, True])
def test_the_claims_are_those_that_are_declared(good: str, read: Read, is_postgresql: bool) -> None:
    text = good
    if is_postgresql:
        text = text.replace("database: sqlite", "database: postgresql").replace(
            "    images:\n", f"    images:\n{POSTGRESQL}"
        )
        text += "  mlops:registry_database_password: {secure: abc}\n"
    platform = read(text).platform
    known: Any = arguments.registry_args(platform, platform.registry, platform.namespace)  # type: ignore[arg-type]
    if is_postgresql:
        known["database_password"] = "a secret"
    settings = resolve("mlflow", {"kubernetes": known})
    declared = [*render.volume_claims(settings).values(), *([database.volume_claim(settings)] if is_postgresql else [])]
    sizes = {each["metadata"]["name"]: each["spec"]["resources"]["requests"]["storage"] for each in declared}
    assert {each["claim"]: f"{each['gib']}Gi" for each in volumes.sizes(platform).values()} == sizes


def test_the_variable_goes_before_the_stacks_context(cluster: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(volume_class.CONTEXT_VARIABLE, "mlops-sandbox")
    assert volume_class.forbids_growth("another", "flights-dev", "mlflow-artifacts") == "fast"
    monkeypatch.setenv(volume_class.CONTEXT_VARIABLE, "another")
    with pytest.raises(volume_class.UnknownClassError, match="another"):
        volume_class.forbids_growth("mlops-sandbox", "flights-dev", "mlflow-artifacts")
