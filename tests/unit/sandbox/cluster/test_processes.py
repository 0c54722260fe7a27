import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.cluster import processes
from sandbox.cluster.processes import Identity
from sandbox.cluster.programs import Program
from sandbox.errors import SandboxError

BOOT = processes.BOOT_ID.read_text().strip()
SLEEPER = (sys.executable, "-c", "import time; time.sleep(60)")
STUBBORN = (
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('on', flush=True); time.sleep(60)",
)


@pytest.fixture
def folders(tmp_path: Path) -> Iterator[dict[str, Path]]:
    made = {"records": tmp_path / "records", "logs": tmp_path / "logs"}
    yield made
    processes.stop(made["records"], "sleeper", grace_seconds=0)


def start(folders: dict[str, Path], arguments: tuple[str, ...] = SLEEPER, groups: list[Path] | None = None) -> bool:
    return processes.start(
        Program("sleeper", arguments),
        records=folders["records"],
        logs=folders["logs"],
        environment=dict(os.environ),
        cgroup_files=groups or [],
    )


def test_a_record_names_the_process_that_the_program_became(folders: dict[str, Path]) -> None:
    assert start(folders)

    identity = processes.running(folders["records"], "sleeper")

    assert identity is not None
    assert identity.boot == BOOT
    wait_for(lambda: "time.sleep" in Path(f"/proc/{identity.pid}/cmdline").read_text())


def test_a_program_is_started_once(folders: dict[str, Path]) -> None:
    start(folders)
    first = processes.running(folders["records"], "sleeper")

    assert not start(folders)
    assert processes.running(folders["records"], "sleeper") == first


def test_a_program_joins_its_groups_before_it_runs(folders: dict[str, Path], tmp_path: Path) -> None:
    groups = [tmp_path / "first", tmp_path / "second"]
    start(folders, groups=groups)
    identity = processes.running(folders["records"], "sleeper")
    assert identity is not None
    wait_for(lambda: all(group.exists() and group.read_text() == f"{identity.pid}\n" for group in groups))


def test_a_group_that_cannot_be_joined_keeps_the_program_from_running(folders: dict[str, Path], tmp_path: Path) -> None:
    start(folders, groups=[tmp_path / "no" / "such" / "folder"])
    wait_for(lambda: processes.running(folders["records"], "sleeper") is None)


def test_a_stopped_program_leaves_no_record(folders: dict[str, Path]) -> None:
    start(folders)
    identity = processes.running(folders["records"], "sleeper")
    assert identity is not None

    processes.stop(folders["records"], "sleeper")

    assert not processes.is_running(identity)
    assert list(folders["records"].iterdir()) == []


def test_a_program_that_does_not_end_is_ended(folders: dict[str, Path]) -> None:
    start(folders, STUBBORN)
    identity = processes.running(folders["records"], "sleeper")
    assert identity is not None
    wait_for(lambda: "on" in (folders["logs"] / "sleeper.log").read_text())

    processes.stop(folders["records"], "sleeper", grace_seconds=0.2)

    assert not processes.is_running(identity)


@pytest.mark.parametrize("changed", ["started", "boot"])
def test_another_process_with_the_same_id_is_left_alone(tmp_path: Path, changed: str) -> None:
    with subprocess.Popen(SLEEPER) as stranger:
        try:
            stat = Path(f"/proc/{stranger.pid}/stat").read_text()
            identity = processes.parse_record(f"{stat}{BOOT}")
            assert identity is not None
            assert processes.is_running(identity)
            start_time = str(identity.started_ticks)
            other = stat.replace(f" {start_time} ", f" {identity.started_ticks - 1} ") if changed == "started" else stat
            boot = BOOT if changed == "started" else "another boot"
            (tmp_path / "sleeper").write_text(f"{other}{boot}\n")

            processes.stop(tmp_path, "sleeper")

            assert stranger.poll() is None
            assert not (tmp_path / "sleeper").exists()
        finally:
            stranger.kill()


def test_a_process_that_ended_and_was_not_taken_notice_of_does_not_run() -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    stat = Path(f"/proc/{process.pid}/stat").read_text()
    identity = processes.parse_record(f"{stat}{BOOT}")
    assert identity is not None
    wait_for(lambda: not processes.is_running(identity))
    assert Path(f"/proc/{process.pid}").exists()
    process.wait()


@pytest.mark.parametrize("text", ["", "12", "12 (sh", "12 (sh) S 1", "x (sh) S " + "1 " * 40])
def test_half_a_record_is_none(text: str) -> None:
    assert processes.parse_record(text) is None


def test_a_name_with_brackets_and_spaces_does_not_shift_the_fields() -> None:
    stat = "12 (a ) S 9 (b) S " + " ".join(str(number) for number in range(1, 50))
    assert processes.parse_record(f"{stat}\nboot\n") == Identity(12, 19, "boot")


def test_a_program_that_cannot_be_recorded_is_told_with_its_log(folders: dict[str, Path]) -> None:
    (folders["records"] / "sleeper.new").mkdir(parents=True)
    with pytest.raises(SandboxError, match=r"(?s)sleeper: cannot be started.*sleeper\.log"):
        start(folders)


def test_the_last_log_is_kept(folders: dict[str, Path]) -> None:
    folders["logs"].mkdir()
    (folders["logs"] / "sleeper.log").write_text("why it ended\n")
    start(folders)
    assert (folders["logs"] / "sleeper.previous.log").read_text() == "why it ended\n"


def wait_for(condition: object, seconds: float = 10) -> None:
    assert callable(condition)
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)
