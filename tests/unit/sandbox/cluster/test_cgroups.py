from pathlib import Path

import pytest

from sandbox.cluster import cgroups, settings


@pytest.fixture
def version_1(tmp_path: Path) -> Path:
    for name in ("cpu", "cpuset", "memory", "pids", "unified"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "cgroup.procs").touch()
    (tmp_path / "cpuset" / "cpuset.cpus").write_text("0-3\n")
    (tmp_path / "cpuset" / "cpuset.mems").write_text("0\n")
    return tmp_path


@pytest.fixture
def version_2(tmp_path: Path) -> Path:
    (tmp_path / "cgroup.controllers").write_text("cpuset cpu io memory hugetlb pids rdma misc\n")
    (tmp_path / "cgroup.subtree_control").write_text("memory pids\n")
    (tmp_path / "cgroup.procs").touch()
    return tmp_path


def test_the_version_is_told_from_what_is_mounted(tmp_path: Path) -> None:
    assert not cgroups.is_unified(tmp_path)
    (tmp_path / "cgroup.controllers").touch()
    assert cgroups.is_unified(tmp_path)


def test_version_1_gets_a_group_in_every_hierarchy_with_controllers(version_1: Path) -> None:
    cgroups.create(version_1)
    for name in ("cpu", "cpuset", "memory", "pids"):
        assert (version_1 / name / settings.CGROUP / cgroups.PODS).is_dir()
    assert not (version_1 / "unified" / settings.CGROUP).exists()


def test_programs_of_version_1_are_found_again_by_one_hierarchy(version_1: Path) -> None:
    files = cgroups.program_files(version_1)
    assert version_1 / "pids" / settings.CGROUP / cgroups.PROGRAMS / "cgroup.procs" in files


def test_version_2_hands_down_what_pods_are_bounded_by(version_2: Path) -> None:
    assert cgroups.controllers_to_enable(version_2) == ["cpu", "cpuset", "hugetlb", "io"]

    cgroups.create(version_2)

    for folder in (version_2, version_2 / settings.CGROUP):
        assert set((folder / "cgroup.subtree_control").read_text().split()) >= {"+cpu", "+cpuset", "+memory", "+pids"}
    assert cgroups.program_files(version_2) == [version_2 / settings.CGROUP / cgroups.PROGRAMS / "cgroup.procs"]


def test_a_controller_that_is_not_offered_is_named(version_1: Path) -> None:
    assert cgroups.missing_controllers(version_1) == []
    (version_1 / "memory" / "cgroup.procs").unlink()
    assert cgroups.missing_controllers(version_1) == ["memory"]


def test_a_combined_hierarchy_offers_each_of_its_controllers(tmp_path: Path) -> None:
    for name in ("cpu,cpuacct", "cpuset", "memory", "pids"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "cgroup.procs").touch()
    (tmp_path / "cpu").symlink_to("cpu,cpuacct")
    assert cgroups.missing_controllers(tmp_path) == []


def test_members_are_found_however_deep(version_1: Path) -> None:
    cgroups.create(version_1)
    deep = version_1 / "pids" / settings.CGROUP / cgroups.PODS / "kubepods" / "pod1"
    deep.mkdir(parents=True)
    (deep / "cgroup.procs").write_text("11\n12\n")
    (version_1 / "memory" / settings.CGROUP / cgroups.PROGRAMS / "cgroup.procs").write_text("13\n")
    assert cgroups.members(cgroups.PODS, version_1) == {11, 12}
    assert cgroups.members(cgroups.PROGRAMS, version_1) == {13}


def test_what_the_runtime_made_where_both_versions_are_mounted_goes_too(version_1: Path) -> None:
    pod = version_1 / "unified" / settings.CGROUP / cgroups.PODS / "kubepods" / "pod1"
    pod.mkdir(parents=True)
    cgroups.remove(version_1)
    assert not (version_1 / "unified" / settings.CGROUP).exists()
    assert (version_1 / "unified").is_dir()
