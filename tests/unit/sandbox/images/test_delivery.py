from collections.abc import Sequence
from pathlib import Path

import pytest

from sandbox.cluster.target import Cluster
from sandbox.errors import SandboxError
from sandbox.images import delivery
from sandbox.images.building import archive_of
from sandbox.images.catalog import ImageBuild
from tests.unit.sandbox.images.test_building import RecordingBuilder

TAG = "0123456789abcdef"
BUILD = ImageBuild(
    name="pipeline",
    tag=f"localhost/pulumi-mlops/pipeline:{TAG}",
    reference_by_digest="localhost/pulumi-mlops/pipeline@sha256:" + "a" * 64,
    size_bytes=2,
    archive_bytes=1,
)
BUILDS = {"pipeline": BUILD}


class Containerd:
    """The images of a node, as `ctr` would list and change them."""

    def __init__(self) -> None:
        self.images: set[str] = set()
        self.imports = 0

    def ctr(self, socket: Path, *arguments: str | Path) -> str:
        verb = arguments[1]
        if verb == "list":
            return "\n".join(self.images)
        if verb == "import":
            assert arguments[-1] == archive_of("pipeline", TAG)
            self.imports += 1
            self.images.add(BUILD.tag)
        if verb == "tag":
            assert arguments[-2] in self.images
            self.images.add(str(arguments[-1]))
        return ""


@pytest.fixture
def socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MLOPS_SANDBOX_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("MLOPS_SANDBOX_STATE", str(tmp_path / "state"))
    monkeypatch.delenv(delivery.REGISTRY_VARIABLE, raising=False)
    path = tmp_path / "containerd.sock"
    path.touch()
    return path


def _own(socket: Path) -> Cluster:
    return Cluster("mlops-sandbox", Path("kubeconfig"), socket)


def _users(context: str) -> Cluster:
    return Cluster(context, Path("kubeconfig"))


def test_the_sandboxs_node_knows_an_image_by_tag_and_digest(socket: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    node = Containerd()
    monkeypatch.setattr(delivery, "_ctr", node.ctr)
    assert delivery.deliver(BUILDS, _own(socket)) == {"pipeline": BUILD.reference_by_digest}
    assert node.images == {BUILD.tag, BUILD.reference_by_digest}


def test_what_the_node_has_is_not_imported_again(socket: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    node = Containerd()
    monkeypatch.setattr(delivery, "_ctr", node.ctr)
    delivery.deliver(BUILDS, _own(socket))
    delivery.deliver(BUILDS, _own(socket))
    assert node.imports == 1


def test_an_import_that_was_cut_off_is_done_again(socket: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    node = Containerd()
    node.images.add(BUILD.tag)
    monkeypatch.setattr(delivery, "_ctr", node.ctr)
    delivery.deliver(BUILDS, _own(socket))
    assert node.imports == 1
    assert BUILD.reference_by_digest in node.images


def test_a_cluster_that_is_down_is_said_to_be(socket: Path) -> None:
    socket.unlink()
    with pytest.raises(SandboxError, match="the cluster is down"):
        delivery.deliver(BUILDS, _own(socket))


def test_kind_knows_images_by_tag_alone(socket: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[list[str]] = []

    def run(arguments: Sequence[str | Path], **_: object) -> str:
        ran.append([str(argument) for argument in arguments])
        return ""

    monkeypatch.setattr("sandbox.commands.run", run)
    assert delivery.deliver(BUILDS, _users("kind-team")) == {"pipeline": BUILD.tag}
    assert ran == [["kind", "load", "image-archive", "--name", "team", str(archive_of("pipeline", TAG))]]


@pytest.mark.parametrize("context", ["kind-team", "production"])
def test_a_named_registry_gets_a_push_and_gives_the_digest(
    socket: Path, monkeypatch: pytest.MonkeyPatch, context: str
) -> None:
    monkeypatch.setenv(delivery.REGISTRY_VARIABLE, "registry.example.com/team/")
    monkeypatch.setattr(delivery, "choose", RecordingBuilder)
    references = delivery.deliver(BUILDS, _users(context))
    assert references == {"pipeline": "registry.example.com/team/pipeline@sha256:" + "f" * 64}


def test_a_cluster_without_a_way_for_images_is_refused(socket: Path) -> None:
    with pytest.raises(SandboxError, match=r"production: .*a registry alone(?s:.*)MLOPS_IMAGE_REGISTRY"):
        delivery.deliver(BUILDS, _users("production"))


OWN = "localhost/mlops/boat-prices-pipeline:0123456789abcdef"


def test_an_image_that_mlops_build_made_is_loaded_under_the_name_that_a_stack_pins(
    socket: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    images: list[str] = []

    def ctr(_: Path, *arguments: str | Path) -> str:
        if arguments[1] == "import":
            assert Path(arguments[-1]).is_file()
            images.append(f"{arguments[-2]}:{OWN.rpartition(':')[2]}")
        return "\n".join(images)

    monkeypatch.setattr(delivery, "_ctr", ctr)
    monkeypatch.setattr(delivery, "choose", RecordingBuilder)
    delivery.load(OWN, _own(socket))
    delivery.load(OWN, _own(socket))
    assert images == [OWN]


def test_a_cluster_that_takes_images_from_a_registry_is_loaded_with_none(socket: Path) -> None:
    with pytest.raises(SandboxError, match=r"of a-cluster take images from a registry alone[\s\S]*images\.repository"):
        delivery.load(OWN, _users("a-cluster"))
