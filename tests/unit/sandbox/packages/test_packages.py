import os
import platform
from pathlib import Path

import pytest

from sandbox import commands, paths
from sandbox.errors import SandboxError
from sandbox.packages import apt, private
from sandbox.packages.catalog import CNI_PROGRAMS, GROUPS, IMAGES, NODE, Group, group_of
from sandbox.progress import Step

SIMULATION = """\
Reading package lists...
The following packages will be REMOVED:
  containerd.io
Remv containerd.io [1.7.1-1]
Inst login [1:4.13+dfsg1-1] (1:4.13+dfsg1-2 Debian:12.15/oldstable [amd64])
Inst runc (1.1.5+ds1-1+deb12u1 Debian:12.15/oldstable, Debian-Security:12/oldstable-security [amd64])
Conf runc (1.1.5+ds1-1+deb12u1 Debian:12.15/oldstable [amd64])
"""


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MLOPS_SANDBOX_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    (tmp_path / "bin").mkdir()
    private._works.cache_clear()
    return tmp_path / "cache"


def program(path: Path, exit_code: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\nexit {exit_code}\n")
    path.chmod(0o755)
    return path


def unpacked(group: Group, place: str, *, whole: bool = True) -> Path:
    root = private.private_root(group)
    if whole:
        root.mkdir(parents=True, exist_ok=True)
        (root.parent / "packages").touch()
    return program(root / place)


def test_what_would_be_installed_is_read_and_what_would_be_removed_is_not() -> None:
    assert apt.parse_simulation(SIMULATION) == ["login=1:4.13+dfsg1-2", "runc=1.1.5+ds1-1+deb12u1"]


def test_every_program_belongs_to_one_group() -> None:
    names = [name for group in GROUPS for name in group.programs]
    assert len(set(names)) == len(names)
    assert all(group_of(name) is group for group in GROUPS for name in group.programs)
    assert all(group_of(name) is NODE for name in CNI_PROGRAMS)
    with pytest.raises(KeyError):
        group_of("systemd")


def test_a_program_on_path_that_works_is_preferred(tmp_path: Path) -> None:
    private_one = unpacked(NODE, "usr/sbin/runc")
    assert private.find("runc") == private_one
    on_path = program(tmp_path / "bin" / "runc")
    assert private.find("runc") == on_path


def test_a_program_on_path_that_does_not_work_is_passed_over(tmp_path: Path) -> None:
    program(tmp_path / "bin" / "buildah", exit_code=127)
    assert private.find("buildah") is None
    private_one = unpacked(IMAGES, "usr/bin/buildah")
    assert private.find("buildah") == private_one


def test_the_command_that_the_sandbox_puts_on_path_is_not_what_it_calls_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would call itself without an end: `mlops build` in a shell with `sandbox env`, and then the sandbox there."""
    own = program(paths.builder_folder() / "buildah")
    monkeypatch.setenv("PATH", f"{own.parent}{os.pathsep}{os.environ['PATH']}")
    assert private.find("buildah") is None
    private_one = unpacked(IMAGES, "usr/bin/buildah")
    assert private.find("buildah") == private_one


def test_nothing_is_fetched_when_all_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in IMAGES.programs:
        program(tmp_path / "bin" / name)
    monkeypatch.setattr(private, "missing", lambda group: [name for name in group.programs if not private.find(name)])
    monkeypatch.setattr(apt, "unpack", lambda *_: pytest.fail("fetched"))
    private.ensure(IMAGES)


def test_a_machine_without_apt_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apt, "is_available", lambda: False)
    with pytest.raises(SandboxError) as caught:
        private.ensure(NODE)
    assert "containerd" in str(caught.value)
    assert "MLOPS_KUBE_CONTEXT" in str(caught.value)


def test_a_fetch_that_was_killed_is_done_again(monkeypatch: pytest.MonkeyPatch) -> None:
    paths.claim(paths.cache_root())
    for name in IMAGES.programs:
        unpacked(IMAGES, f"usr/bin/{name}", whole=False)
    calls = []

    def unpack(packages: tuple[str, ...], root: Path, work: Path, current: Step) -> list[str]:
        assert not root.exists()
        calls.append(packages)
        for name in IMAGES.programs:
            program(root / "usr/bin" / name)
        return ["buildah=1"]

    monkeypatch.setattr(apt, "unpack", unpack)
    monkeypatch.setattr(apt, "is_available", lambda: True)
    private.ensure(IMAGES)
    private.ensure(IMAGES)
    assert calls == [IMAGES.packages]


def test_lists_that_are_out_of_date_are_fetched_privately(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[list[str]] = []

    def run(arguments: list[str], **_: object) -> str:
        calls.append([str(argument) for argument in arguments])
        if "download" in calls[-1] and not any("Dir::State::lists" in part for part in calls[-1]):
            raise commands.CommandError("404 Not Found")
        return SIMULATION if "--simulate" in calls[-1] else ""

    monkeypatch.setattr(commands, "run", run)
    work = tmp_path / "work"
    work.mkdir()
    assert apt.unpack(("runc",), tmp_path / "root", work, Step("fetch"))
    assert sum("update" in call for call in calls) == 1
    assert all(any("Dir::State::lists" in part for part in call) for call in calls if "update" in call)


def test_a_package_that_does_not_exist_is_told_with_what_apt_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(*_: object, **__: object) -> str:
        raise commands.CommandError("E: Unable to locate package nowhere")

    monkeypatch.setattr(commands, "run", run)
    with pytest.raises(SandboxError, match=r"(?s)nowhere.*Unable to locate"):
        apt.unpack(("nowhere",), tmp_path / "root", tmp_path, Step("fetch"))


def test_unpacked_programs_find_their_libraries() -> None:
    root = private.private_root(NODE)
    libraries = root / "usr/lib" / f"{platform.machine()}-linux-gnu"
    libraries.mkdir(parents=True)
    variables = private.environment()
    assert str(libraries) in variables["LD_LIBRARY_PATH"]
    assert variables["PATH"].startswith(str(root / "usr/sbin"))
