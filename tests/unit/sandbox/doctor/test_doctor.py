import shutil
import socket
import struct
from pathlib import Path

import pytest

from pulumi_mlops.image import builder as choosing
from pulumi_mlops.image.builder import VARIABLE as BUILDER_VARIABLE
from sandbox import doctor, images
from sandbox.cluster import build, settings
from sandbox.doctor import Check, Finding, Part, State, compiling, contexts, disk, image_tools, machine, network
from sandbox.doctor.disk import Room
from sandbox.engine import Engine
from sandbox.engine import build as engine_build
from sandbox.errors import SandboxError
from sandbox.images import delivery
from sandbox.packages import apt, private

HEADER = "Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT\n"
EVERYWHERE = ("0.0.0.0", "0.0.0.0")  # noqa: S104 - a route, nothing is bound


def route(interface: str, network: str, mask: str) -> str:
    def encoded(address: str) -> str:
        return f"{struct.unpack('<I', socket.inet_aton(address))[0]:08X}"

    return f"{interface}\t{encoded(network)}\t00000000\t0001\t0\t0\t0\t{encoded(mask)}\t0\t0\t0\n"


@pytest.fixture
def nothing_built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "built", lambda: None)
    monkeypatch.setattr(compiling, "current_engine", lambda: None)
    monkeypatch.setattr(engine_build, "is_built", lambda: False)


@pytest.fixture
def no_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "_cluster_runs", lambda: False)


@pytest.mark.parametrize(("system", "processor"), [("Darwin", "arm64"), ("Linux", "riscv64")])
def test_another_system_is_told(system: str, processor: str) -> None:
    finding = machine.operating_system(system, processor)
    assert (finding.state, finding.found) == (State.MISSING, f"{system} {processor}")
    assert finding.fix


@pytest.mark.parametrize(
    ("version", "state"),
    [((3, 10), State.MISSING), ((3, 11), State.FOUND), ((3, 13), State.FOUND), ((3, 14), State.MISSING)],
)
def test_the_python_must_be_one_that_is_tested(version: tuple[int, int], state: State) -> None:
    assert machine.python(version).state is state


@pytest.mark.usefixtures("nothing_built")
@pytest.mark.parametrize(
    ("version", "state"),
    [
        ("go1.26.4", State.FOUND),
        ("go1.27", State.FOUND),
        ("go1.26.3", State.MISSING),
        ("go1.22", State.MISSING),
        ("devel", State.MISSING),
    ],
)
def test_an_old_compiler_is_told_before_anything_is_compiled(version: str, state: State) -> None:
    finding = compiling.compiler(version)
    assert (finding.state, finding.found) == (state, version)


@pytest.mark.usefixtures("nothing_built")
def test_no_compiler_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    finding = compiling.compiler()
    assert finding.state is State.MISSING
    assert "go.dev" in finding.fix


def test_without_root_there_is_a_command_that_mends_it() -> None:
    assert machine.administrator(1000) == Finding("root", State.MISSING, "no", 'sudo -E env "PATH=$PATH" make up')
    assert machine.administrator(0).state is State.FOUND


def test_a_folder_without_overlay_mounts_is_told_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "unshare").write_text("#!/bin/sh\necho 'mount: wrong fs type' >&2; exit 32\n")
    (tmp_path / "unshare").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    finding = machine.overlay_mounts(tmp_path)
    assert finding.state is State.MISSING
    assert "wrong fs type" in finding.found
    assert "MLOPS_SANDBOX_STATE" in finding.fix
    assert [path.name for path in tmp_path.iterdir()] == ["unshare"]


def test_a_missing_controller_is_named(tmp_path: Path) -> None:
    (tmp_path / "cgroup.controllers").write_text("cpu memory pids\n")
    finding = machine.control_groups(tmp_path)
    assert finding.state is State.MISSING
    assert "cpuset" in finding.found


class AnsweringSocket:
    """A kernel that answers every question with the same message."""

    def __init__(self, answer: bytes | OSError) -> None:
        self.answer = answer

    def __call__(self, *_: object) -> "AnsweringSocket":
        return self

    __enter__ = __call__

    def __exit__(self, *_: object) -> None: ...

    def settimeout(self, _: float) -> None: ...

    def bind(self, _: object) -> None: ...

    def send(self, _: bytes) -> None: ...

    def recv(self, _: int) -> bytes:
        if isinstance(self.answer, OSError):
            raise self.answer
        return self.answer


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (struct.pack("=IHHIIi", 36, 2, 0, 1, 0, -95), "Operation not supported"),
        (TimeoutError("timed out"), "Connection timed out"),
    ],
)
def test_a_kernel_without_nftables_is_told(
    monkeypatch: pytest.MonkeyPatch, answer: bytes | OSError, found: str
) -> None:
    monkeypatch.setattr(socket, "socket", AnsweringSocket(answer))
    finding = network.nftables()
    assert (finding.state, finding.found) == (State.MISSING, found)
    assert finding.fix == "modprobe nf_tables"


@pytest.mark.usefixtures("no_cluster")
@pytest.mark.parametrize("taken", [("10.0.0.0", "255.0.0.0"), ("10.244.7.0", "255.255.255.0")])
def test_a_network_of_the_machine_that_overlaps_is_named(taken: tuple[str, str]) -> None:
    way_out = route("eth0", *EVERYWHERE)
    finding = network.addresses(HEADER + way_out + route("tun0", *taken))
    assert finding.state is State.MISSING
    assert f"{taken[0]}/" in finding.found
    assert "tun0" in finding.found
    assert network.addresses(HEADER + way_out + route("eth1", "192.168.0.0", "255.255.0.0")).state is State.FOUND


@pytest.mark.usefixtures("no_cluster")
def test_a_port_in_use_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        monkeypatch.setattr(settings, "LOCAL_PORTS", (port,))
        finding = network.ports()
    assert finding.state is State.MISSING
    assert str(port) in finding.found
    assert str(port) in finding.fix


def test_little_memory_is_noted_and_does_not_stop() -> None:
    assert machine.memory("MemTotal: 8000000 kB\nMemAvailable:    2097152 kB\n").state is State.NOTED
    assert machine.memory("MemAvailable:    8388608 kB\n").state is State.FOUND


def test_too_little_disk_names_the_folder_and_both_figures() -> None:
    finding = disk.judge([Room(Path("/cache"), 8.0, 2.5, 1), Room(Path("/state"), 6.0, 100.0, 2)])
    assert (finding.state, finding.found) == (State.MISSING, "2.5 GiB free of 8 for /cache")


def test_what_two_folders_need_of_one_disk_adds_up() -> None:
    finding = disk.judge([Room(Path("/cache"), 8.0, 9.0, 1), Room(Path("/state"), 6.0, 9.0, 1)])
    assert (finding.state, finding.found) == (State.MISSING, "9.0 GiB free of 14 for /cache and /state")


@pytest.mark.usefixtures("nothing_built")
def test_room_is_asked_for_what_is_missing_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MLOPS_SANDBOX_CACHE", str(tmp_path))
    monkeypatch.setenv("MLOPS_SANDBOX_STATE", str(tmp_path))
    gib = 2**30
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(gib * 20, gib * 18, gib * 2))
    assert disk.disk().found.startswith("2.0 GiB free of 14 for")
    assert disk.disk(node=False, with_images=False).found.startswith("2.0 GiB free of 3 for")
    monkeypatch.setattr(engine_build, "is_built", lambda: True)
    assert disk.disk(node=False, with_images=False).state is State.FOUND


@pytest.mark.usefixtures("nothing_built")
def test_an_engine_and_a_cluster_of_ones_own_need_no_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        compiling, "current_engine", lambda: Engine(Path("/usr/bin/pulumi"), "v3.260.0", is_built=False)
    )
    assert compiling.compiler("no go", engine=True, node=False).state is State.FOUND
    assert compiling.compiler("no go", engine=True, node=True).state is State.MISSING


@pytest.mark.usefixtures("nothing_built")
def test_an_engine_in_the_cache_is_found_after_down(monkeypatch: pytest.MonkeyPatch) -> None:
    assert compiling.pulumi().state is State.NOTED
    monkeypatch.setattr(engine_build, "is_built", lambda: True)
    assert compiling.pulumi().state is State.FOUND
    assert compiling.compiler("no go", node=False).state is State.FOUND


@pytest.fixture
def no_images(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MLOPS_SANDBOX_CACHE", str(tmp_path))
    monkeypatch.delenv(BUILDER_VARIABLE, raising=False)
    monkeypatch.delenv(delivery.REGISTRY_VARIABLE, raising=False)
    monkeypatch.setattr(choosing, "docker_answers", lambda: False)


@pytest.mark.usefixtures("no_images")
def test_without_docker_and_root_nothing_builds_images(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    finding = image_tools.image_builder("kind-dev")
    assert finding.state is State.MISSING
    assert "Docker" in finding.fix
    monkeypatch.setattr(images, "built", lambda: dict.fromkeys(images.IMAGE_NAMES))
    assert image_tools.image_builder("kind-dev").state is State.FOUND
    monkeypatch.setenv(delivery.REGISTRY_VARIABLE, "registry.example.com/team")
    assert image_tools.image_builder("kind-dev").state is State.MISSING, "it is needed to push"


@pytest.mark.usefixtures("no_images")
def test_the_way_of_the_images_is_looked_for_beforehand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert "no kind on PATH" in image_tools.image_delivery("kind-dev").found
    finding = image_tools.image_delivery("production")
    assert finding.state is State.MISSING
    assert delivery.REGISTRY_VARIABLE in finding.fix
    monkeypatch.setenv(delivery.REGISTRY_VARIABLE, "registry.example.com/team")
    assert image_tools.image_delivery("production").found == "pushed to registry.example.com/team"


@pytest.mark.parametrize(("has_apt", "state"), [(True, State.NOTED), (False, State.MISSING)])
def test_programs_that_are_not_there_are_fetched_where_they_can_be(
    monkeypatch: pytest.MonkeyPatch, has_apt: bool, state: State
) -> None:
    monkeypatch.setattr(private, "missing", lambda _: ["runc", "nft"])
    monkeypatch.setattr(apt, "is_available", lambda: has_apt)
    finding = machine.node_programs()
    assert finding.state is state
    assert "runc, nft" in finding.found


def planted(name: str, state: State, *parts: Part, own_node_only: bool = False) -> Check:
    return Check(lambda: Finding(name, state, f"found {name}", f"mend {name}"), parts, own_node_only)


CATALOGUE = (
    planted("a", State.MISSING, Part.CLUSTER, own_node_only=True),
    planted("b", State.NOTED, Part.CLUSTER),
    planted("c", State.MISSING, Part.CLUSTER, Part.ENGINE),
    planted("d", State.MISSING, Part.IMAGES),
)


def test_everything_missing_is_told_at_once_with_what_mends_it() -> None:
    with pytest.raises(SandboxError) as caught:
        doctor.require(None, (Part.CLUSTER,), CATALOGUE)
    text = str(caught.value)
    assert all(f"found {name}\n    fix: mend {name}" in text for name in "ac")
    assert not any(f"found {name}" in text for name in "bd")
    assert "MLOPS_KUBE_CONTEXT" in text


def test_a_machine_that_has_everything_passes() -> None:
    doctor.require(None, (Part.CLUSTER,), CATALOGUE[1:2])


def test_a_cluster_of_ones_own_needs_no_node(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contexts, "users_cluster", lambda name: Finding(name, State.FOUND, "answers"))
    names = [finding.name for finding in doctor.examine("kind-dev", (Part.CLUSTER,), CATALOGUE)]
    assert names == ["b", "c", "kind-dev"]


def test_the_table_shows_each_finding_with_its_mark() -> None:
    findings = doctor.examine(None, tuple(Part), CATALOGUE)
    lines = doctor.plain(findings).splitlines()
    assert [line[:3] for line in lines] == ["✗ a", "· b", "✗ c", "✗ d"]
    assert lines[0].endswith("found a  -> mend a")
    assert doctor.table(findings).row_count == len(findings)
    assert doctor.document(findings)[1] == {"name": "b", "state": "noted", "found": "found b", "fix": "mend b"}


def test_an_unknown_context_is_a_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    finding = contexts.users_cluster("nowhere")
    assert finding.state is State.MISSING
    assert "'nowhere'" in finding.found
