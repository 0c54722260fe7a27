import dataclasses
import json
import tomllib
from pathlib import Path

import pytest
import yaml

from sandbox.cluster import configuration, programs, settings
from sandbox.cluster.configuration import Machine
from sandbox.cluster.layout import Layout
from sandbox.cluster.programs import Program

LAYOUT = Layout(Path('/a "quoted" folder/cluster'))
MACHINE = Machine(
    runc=Path("/usr/sbin/runc"),
    cni_folder=Path("/usr/lib/cni"),
    may_raise_oom_score=True,
    mtu_bytes=1400,
    name_servers=True,
)
BINARIES = Path("/binaries")


def render(**changes: object) -> dict[str, str]:
    return configuration.render(LAYOUT, dataclasses.replace(MACHINE, **changes))  # type: ignore[arg-type]


def test_containerd_reads_back_what_was_meant() -> None:
    read = tomllib.loads(render()["containerd.toml"])
    interface = read["plugins"]["io.containerd.grpc.v1.cri"]
    assert read["root"] == str(LAYOUT.containerd / "root")
    assert interface["sandbox_image"] == settings.PAUSE_IMAGE
    assert interface["containerd"]["runtimes"]["runc"]["options"]["BinaryName"] == "/usr/sbin/runc"


@pytest.mark.parametrize("may", [True, False])
def test_protection_from_lack_of_memory_is_left_out_where_the_kernel_refuses_it(may: bool) -> None:
    read = tomllib.loads(render(may_raise_oom_score=may)["containerd.toml"])
    assert read["plugins"]["io.containerd.grpc.v1.cri"]["restrict_oom_score_adj"] is not may


def test_pods_send_no_larger_packets_than_the_machine() -> None:
    (plugin,) = json.loads(render(mtu_bytes=1234)["cni/10-mlops-sandbox.conflist"])["plugins"]
    assert plugin["mtu"] == 1234


def test_names_outside_are_asked_for_only_where_there_is_somebody_to_ask() -> None:
    assert "forward . /etc/resolv.conf" in render(name_servers=True)["Corefile"]
    assert "forward" not in render(name_servers=False)["Corefile"]


def test_kubelet_and_proxy_read_well_formed_files_of_their_kind() -> None:
    files = render()
    kubelet, proxy = yaml.safe_load(files["kubelet.yaml"]), yaml.safe_load(files["kube-proxy.yaml"])
    assert kubelet["kind"] == "KubeletConfiguration"
    assert kubelet["authentication"]["anonymous"] == {"enabled": False}
    assert kubelet["cgroupRoot"].startswith(f"/{settings.CGROUP}/")
    assert (proxy["kind"], proxy["mode"]) == ("KubeProxyConfiguration", "nftables")


def test_a_socket_path_stays_within_what_the_kernel_takes() -> None:
    deep = Layout(Path("/" + "x" * 200))
    assert len(f"{deep.containerd_socket}.ttrpc") < 104


def every_program() -> list[Program]:
    builders = (programs.store, programs.api_server, *programs.AFTER_API, *programs.AFTER_RIGHTS)
    return [build(LAYOUT, BINARIES) for build in builders] + [programs.containerd(LAYOUT, Path("/bin/containerd"))]


def test_every_program_that_is_started_is_stopped() -> None:
    assert sorted([program.name for program in every_program()] + ["places"]) == sorted(programs.STOP_ORDER)


def test_the_store_outlives_the_server_that_writes_to_it() -> None:
    assert programs.STOP_ORDER.index("kube-apiserver") < programs.STOP_ORDER.index("etcd")
    assert programs.STOP_ORDER.index("kubelet") == 0


def test_nothing_but_the_node_address_and_the_machine_itself_is_listened_on() -> None:
    for program in every_program():
        for argument in program.arguments:
            flag, _, value = argument.partition("=")
            if flag.endswith(("bind-address", "client-urls", "peer-urls")):
                assert any(address in value for address in ("127.0.0.1", settings.NODE_ADDRESS)), argument


def test_the_store_lets_only_the_holders_of_a_certificate_in() -> None:
    arguments = programs.store(LAYOUT, BINARIES).arguments
    assert {"--client-cert-auth", "--peer-client-cert-auth"} <= set(arguments)
    assert not any("http://" in argument for argument in arguments)
