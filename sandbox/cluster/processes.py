"""Starting the cluster's programs so that none is ever lost, and ending them.

A program writes its own record before it turns into what it is to be: its process id, the moment it started and
the boot of the machine. Whoever is killed at whatever moment, the record is there, and a process that
got the same id later is not taken for it.
"""

import os
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sandbox.cluster.programs import Program
from sandbox.errors import SandboxError

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")

_START_TIME_FIELD = 21  # of /proc/<pid>/stat, the process id being field 0
_ENDED_STATES = ("Z", "X")
_LAST_LINES = 12

# $1 the record, $2 files of control groups to join, separated by colons; then the program itself.
_BECOME = """
set -e
record=$1 groups=$2
shift 2
cat /proc/$$/stat /proc/sys/kernel/random/boot_id > "$record.new"
mv "$record.new" "$record"
IFS=:
for group in $groups; do echo $$ > "$group"; done
unset IFS
ulimit -S -n 65536 2>/dev/null || ulimit -S -n "$(ulimit -H -n)"
umask 022
exec "$@"
"""

# $1 is the above, $2 the record. It ends as soon as the record is there: the program is nobody's child then.
_LAUNCH = """
become=$1
shift
/bin/sh -c "$become" "$0" "$@" &
while [ ! -e "$1" ]; do
  kill -0 $! 2>/dev/null || exit 1
  sleep 0.01
done
"""


@dataclass(frozen=True)
class Identity:
    """One process, told apart from any other that ever has the same id.

    Attributes:
        pid: Its id.
        started_ticks: When it started, in clock ticks since the machine did.
        boot: Which start of the machine that was.
    """

    pid: int
    started_ticks: int
    boot: str


def parse_record(text: str) -> Identity | None:
    """Read a record: a line of /proc/<pid>/stat and the boot's id; None when it is not a whole one."""
    stat, _, boot = text.strip().partition("\n")
    try:
        # The program's name stands in brackets and may hold spaces and brackets itself.
        fields = stat[stat.rindex(")") + 2 :].split()
        return Identity(int(stat.split(" ", 1)[0]), int(fields[_START_TIME_FIELD - 2]), boot.strip())
    except (ValueError, IndexError):
        return None


def read_record(record: Path) -> Identity | None:
    """Read a record file; None when there is no whole one."""
    try:
        return parse_record(record.read_text())
    except FileNotFoundError:
        return None


def is_running(identity: Identity) -> bool:
    """Whether that very process is still there."""
    if BOOT_ID.read_text().strip() != identity.boot:
        return False
    try:
        stat = Path(f"/proc/{identity.pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    current = parse_record(f"{stat.strip()}\n{identity.boot}")
    state = stat[stat.rindex(")") + 2 :].split()[0]
    return current == identity and state not in _ENDED_STATES


def running(records: Path, name: str) -> Identity | None:
    """Return the running process of a program; None when it does not run."""
    identity = read_record(records / name)
    return identity if identity is not None and is_running(identity) else None


def start(
    program: Program,
    *,
    records: Path,
    logs: Path,
    environment: Mapping[str, str],
    cgroup_files: list[Path],
    places: Identity | None = None,
) -> bool:
    """Start a program unless it runs.

    Args:
        program: What to start.
        records: Folder of the records.
        logs: Folder of the logs; the last log of the program is kept beside the new one.
        environment: All variables that the program gets.
        cgroup_files: `cgroup.procs` of the control groups that it joins.
        places: The process whose view of the file system it shares; the machine's own by default.

    Returns:
        Whether it was started now.
    """
    if running(records, program.name) is not None:
        return False
    for folder in (records, logs):
        folder.mkdir(parents=True, exist_ok=True)
    log = logs / f"{program.name}.log"
    if log.exists():
        log.replace(logs / f"{program.name}.previous.log")
    arguments = list(program.arguments)
    if places is not None:
        arguments = ["nsenter", f"--mount=/proc/{places.pid}/ns/mnt", "--", *arguments]
    record = records / program.name
    record.unlink(missing_ok=True)  # that of an earlier process, which is gone
    groups = ":".join(map(str, cgroup_files))
    with log.open("wb") as stream:
        launched = subprocess.run(
            ["/bin/sh", "-c", _LAUNCH, program.name, _BECOME, str(record), groups, *arguments],
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            cwd="/",
            start_new_session=True,
            check=False,
        )
    if launched.returncode != 0:
        raise SandboxError(f"{program.name}: cannot be started\n{last_lines(log)}")
    return True


def stop(records: Path, name: str, grace_seconds: float = 10.0) -> None:
    """Asks a program to end, ends it when it does not, and removes its record.

    Args:
        records: Folder of the records.
        name: The program's name.
        grace_seconds: How long it may take to end by itself.
    """
    identity = running(records, name)
    if identity is not None:
        _signal(identity, signal.SIGTERM)
        if not _gone_within(identity, grace_seconds):
            _signal(identity, signal.SIGKILL)
            _gone_within(identity, 5.0)
    (records / name).unlink(missing_ok=True)


def last_lines(log: Path) -> str:
    """Return the end of a log, indented, for an error message."""
    try:
        lines = log.read_text(errors="replace").splitlines()[-_LAST_LINES:]
    except FileNotFoundError:
        return f"    ({log} does not exist)"
    return "\n".join(f"    {line}" for line in [f"the end of {log}:", *lines])


def _signal(identity: Identity, number: signal.Signals) -> None:
    """Send a signal to that very process: the descriptor holds on to it while its identity is looked at."""
    try:
        descriptor = os.pidfd_open(identity.pid)
    except ProcessLookupError:
        return
    try:
        if is_running(identity):
            signal.pidfd_send_signal(descriptor, number)
    except ProcessLookupError:
        return
    finally:
        os.close(descriptor)


def _gone_within(identity: Identity, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while is_running(identity):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
