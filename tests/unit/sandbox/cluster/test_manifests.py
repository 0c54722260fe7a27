import io
import json
import tarfile
from pathlib import Path

import kubernetes_validate
import pytest

from sandbox.cluster import api, manifests, pause_image, settings
from sandbox.cluster.manifests import Manifest


@pytest.fixture(scope="module")
def objects(tmp_path_factory: pytest.TempPathFactory) -> list[Manifest]:
    folder = tmp_path_factory.mktemp("pki")
    (folder / "ca.crt").write_bytes(b"authority")
    return manifests.render(folder)


def test_every_object_is_a_valid_one(objects: list[Manifest]) -> None:
    for manifest in objects:
        kubernetes_validate.validate(manifest, kubernetes_validate.latest_version(), strict=True)


def test_every_object_has_an_address_of_its_own(objects: list[Manifest]) -> None:
    addresses = [api.path_of(manifest) for manifest in objects]
    assert len(set(addresses)) == len(addresses)
    assert f"/apis/storage.k8s.io/v1/storageclasses/{settings.STORAGE_CLASS}" in addresses
    assert "/api/v1/namespaces/kube-system/services/kube-dns" in addresses


def test_a_service_and_its_endpoint_agree_on_ports(objects: list[Manifest]) -> None:
    services = {entry["metadata"]["name"]: entry for entry in objects if entry["kind"] == "Service"}
    for entry in objects:
        if entry["kind"] == "EndpointSlice":
            service = services[entry["metadata"]["labels"]["kubernetes.io/service-name"]]
            asked = {(port["name"], port["targetPort"], port["protocol"]) for port in service["spec"]["ports"]}
            assert {(port["name"], port["port"], port["protocol"]) for port in entry["ports"]} == asked


def test_no_program_has_every_right(objects: list[Manifest]) -> None:
    for entry in objects:
        for rule in entry.get("rules", []):
            assert "*" not in rule["verbs"] + rule["resources"] + rule["apiGroups"]


@pytest.mark.parametrize(("status", "holds"), [("True", True), ("False", False), ("Unknown", False)])
def test_a_condition_holds_when_it_is_true(status: str, holds: bool) -> None:
    assert api.condition({"status": {"conditions": [{"type": "Ready", "status": status}]}}, "Ready") is holds
    assert not api.condition({"status": {}}, "Ready")


def test_the_pause_image_is_whole_and_the_same_each_time(tmp_path: Path) -> None:
    program = tmp_path / "pause"
    program.write_bytes(b"\x7fELF static")
    packed = pause_image.archive(program, "localhost/pause:1")
    assert packed == pause_image.archive(program, "localhost/pause:1")

    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        files = {name: archive.extractfile(name).read() for name in archive.getnames()}  # type: ignore[union-attr]
    (described,) = json.loads(files["index.json"])["manifests"]
    assert described["annotations"]["io.containerd.image.name"] == "localhost/pause:1"
    manifest = json.loads(blob(files, described["digest"]))
    with tarfile.open(fileobj=io.BytesIO(blob(files, manifest["layers"][0]["digest"]))) as layer:
        assert layer.getmember("pause").mode == 0o755


def blob(files: dict[str, bytes], digest: str) -> bytes:
    return files[f"blobs/{digest.replace(':', '/')}"]
