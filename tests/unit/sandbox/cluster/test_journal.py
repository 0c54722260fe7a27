from pathlib import Path

import pytest

from sandbox.cluster import journal, machine
from sandbox.cluster.journal import Journal


def written(copy: Path, owner: Path) -> Journal:
    entry = Journal(
        cluster=str(copy.parent),
        boot="first",
        sysctls={"kernel/panic": "1"},
        address_added=True,
        tables=["ip kube-proxy"],
        folders=["/var/lib/kubelet"],
    )
    entry.write(copy, owner)
    return entry


def test_a_journal_is_read_as_it_was_written(tmp_path: Path) -> None:
    copy, owner = tmp_path / "state" / "machine.json", tmp_path / "owner.json"
    entry = written(copy, owner)
    assert journal.load(copy, "first", owner) == entry


@pytest.mark.parametrize("text", ["", '{"cluster": "/a', "[]", '{"unknown": 1}', "\0\0"])
def test_a_journal_in_pieces_is_none_and_its_copy_counts(tmp_path: Path, text: str) -> None:
    copy, owner = tmp_path / "state" / "machine.json", tmp_path / "owner.json"
    entry = written(copy, owner)
    owner.write_text(text)
    assert journal.load(copy, "first", owner) == entry
    copy.write_text(text)
    assert journal.load(copy, "first", owner) is None


def test_a_journal_outlives_the_folder_of_its_cluster(tmp_path: Path) -> None:
    copy, owner = tmp_path / "state" / "machine.json", tmp_path / "owner.json"
    entry = written(copy, owner)
    copy.unlink()
    assert journal.load(copy, "first", owner) == entry


def test_after_a_restart_only_folders_are_left_to_remove(tmp_path: Path) -> None:
    copy, owner = tmp_path / "state" / "machine.json", tmp_path / "owner.json"
    written(copy, owner)
    owner.unlink()

    found = journal.load(copy, "second", owner)

    assert found == Journal(cluster=str(copy.parent), boot="second", folders=["/var/lib/kubelet"])


def test_another_clusters_journal_is_not_taken_nor_forgotten(tmp_path: Path) -> None:
    owner = tmp_path / "owner.json"
    written(tmp_path / "other" / "machine.json", owner)
    mine = tmp_path / "mine" / "machine.json"
    assert journal.load(mine, "first", owner) is None
    journal.forget(mine, owner)
    assert owner.exists()


def test_a_forgotten_journal_is_gone_from_both_places(tmp_path: Path) -> None:
    copy, owner = tmp_path / "state" / "machine.json", tmp_path / "owner.json"
    written(copy, owner)
    journal.forget(copy, owner)
    assert journal.load(copy, "first", owner) is None
    assert not copy.exists()
    assert not owner.exists()


@pytest.fixture
def kernel(tmp_path: Path) -> Path:
    for name, value in {"kernel/panic": "1", "net/ipv4/ip_forward": "0", "net/ipv4/conf/eth0/forwarding": "0"}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"{value}\n")
    return tmp_path


def test_kernel_settings_are_put_back_as_they_were(kernel: Path) -> None:
    before = machine.sysctls(kernel)
    for name in before:
        (kernel / name).write_text("77")
    machine.write_sysctls(before, keep_forwarding=False, root=kernel)
    assert machine.sysctls(kernel) == before


def test_forwarding_comes_first_since_it_resets_others(kernel: Path) -> None:
    names = [name for name in machine.sysctls(kernel) if name.startswith("net/")]
    assert names[0] == "net/ipv4/ip_forward"


def test_forwarding_that_docker_needs_by_now_is_kept(kernel: Path) -> None:
    before = machine.sysctls(kernel)
    for name in before:
        (kernel / name).write_text("77")
    machine.write_sysctls(before, keep_forwarding=True, root=kernel)
    assert (kernel / "net/ipv4/ip_forward").read_text() == "77"
    assert (kernel / "kernel/panic").read_text() == "1"


def test_an_interface_that_is_gone_is_passed_over(kernel: Path) -> None:
    before = machine.sysctls(kernel)
    (kernel / "net/ipv4/conf/eth0/forwarding").unlink()
    machine.write_sysctls(before, keep_forwarding=False, root=kernel)
    assert not (kernel / "net/ipv4/conf/eth0/forwarding").exists()


def test_the_way_out_is_the_route_to_everywhere() -> None:
    header = "Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT\n"
    network = "eth1\t00FEA8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
    everywhere = "eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
    assert machine.default_interface(header + network + everywhere) == "eth0"
    assert machine.default_interface(header + network) is None
