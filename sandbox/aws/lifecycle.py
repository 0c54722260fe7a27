"""The offline AWS as a process of the sandbox: started, found again, ended."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import httpx

from sandbox import paths, progress
from sandbox.errors import SandboxError
from sandbox.files import exclusive, write_atomically

_START_SECONDS = 90.0
_END_SECONDS = 10.0
_LOOK_SECONDS = 0.1
_HEALTH = "/moto-api/"
_PORT = "port"


@dataclass(frozen=True)
class OfflineAws:
    """An offline AWS that runs.

    Attributes:
        pid: Its process.
        started: When that process was started, in the kernel's count, so that another of the same number is known.
        port: Its port on the loopback address.
        account_id: The account that everything belongs to.
    """

    pid: int
    started: str
    port: int
    account_id: str

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"


def state_folder() -> Path:
    """Folder of what the offline AWS keeps: which process it is, its log, and the runs of its pipelines."""
    return paths.state_root() / "aws"


def current() -> OfflineAws | None:
    """Return the one that runs, or None. Changes nothing."""
    try:
        known = OfflineAws(**json.loads(_file().read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    return known if _start_of(known.pid) == known.started else None


def up(account_id: str) -> OfflineAws:
    """Start one for an account, unless it runs already.

    Raises:
        SandboxError: It does not start, or one for another account runs.
    """
    with exclusive(paths.claim(paths.state_root()) / "locks" / "aws", "starting the offline AWS"):
        running = current()
        if running is not None and _answers(running.url):
            if running.account_id != account_id:
                raise SandboxError(
                    f"the offline AWS runs for account {running.account_id}, expected {account_id}",
                    "run `python -m sandbox down` first: what it holds would be lost",
                )
            return running
        with progress.step(f"start the offline AWS for account {account_id}") as current_step:
            started = _start(account_id)
            current_step.note(started.url)
        return started


def down() -> None:
    """End the one that runs, if any; what it holds is lost."""
    running = current()
    if running is not None:
        with progress.step("end the offline AWS"):
            _end(running)
    _file().unlink(missing_ok=True)


def _start(account_id: str) -> OfflineAws:
    folder = state_folder()
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "sandbox.aws", "--account", account_id, "--port", str(_port())],
            cwd=paths.checkout(),
            env={**os.environ, "MLOPS_OFFLINE_AWS_FOLDER": str(folder)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
        )
    first_line = process.stdout.readline().decode().strip() if process.stdout is not None else ""
    if not first_line.isdecimal():
        last = "\n".join((folder / "log").read_text(errors="replace").splitlines()[-15:])
        raise SandboxError(f"the offline AWS does not start:\n{last}", f"the whole log is {folder / 'log'}")
    started = OfflineAws(process.pid, _start_of(process.pid), int(first_line), account_id)
    write_atomically(_file(), json.dumps(asdict(started)) + "\n", mode=0o600)
    write_atomically(folder / _PORT, f"{started.port}\n")
    deadline = time.monotonic() + _START_SECONDS
    while not _answers(started.url):
        if time.monotonic() > deadline:
            _end(started)
            raise SandboxError(f"{started.url} does not answer", f"its log is {folder / 'log'}")
        time.sleep(_LOOK_SECONDS)
    return started


def _port() -> int:
    """Return the port of the one before, where it is free: stacks remember the address. Else any."""
    try:
        port = int((state_folder() / _PORT).read_text(encoding="utf-8"))
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
    except (OSError, ValueError):
        return 0
    return port


def _end(running: OfflineAws) -> None:
    # Steps of a pipeline that it runs are in its session, and go with it.
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(running.pid, number)
        deadline = time.monotonic() + _END_SECONDS
        while time.monotonic() < deadline:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(running.pid, os.WNOHANG)
            if _start_of(running.pid) != running.started:
                return
            time.sleep(_LOOK_SECONDS)
    raise SandboxError(f"process {running.pid} does not end", f"look at it with `ps -p {running.pid}`")


def _answers(url: str) -> bool:
    try:
        return httpx.get(url + _HEALTH, timeout=5.0).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False


def _start_of(pid: int) -> str:
    """Return when a process was started, in the kernel's count; empty where there is none, or only its remains."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] == "Z" else fields[19]


def _file() -> Path:
    return state_folder() / "server.json"
