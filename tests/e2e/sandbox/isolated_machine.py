"""A machine within the machine: its own network, processes, mounts and control groups.

A whole cluster comes up in it beside one that runs outside, and whatever a test breaks is gone with it.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Self

import pytest

from sandbox import paths
from sandbox.cluster import cgroups

_SNAPSHOT = Path(__file__).with_name("machine_snapshot.py")
_CHECKOUT = paths.checkout()

# $1 is the name of the group that holds everything inside.
_MACHINE = """
set -e
for mounted in $(awk '$3 == "cgroup" || $3 == "cgroup2" {print $2}' /proc/mounts); do
  [ -e "$mounted/cgroup.procs" ] || continue
  mkdir -p "$mounted/$1"
  for file in cpuset.cpus cpuset.mems; do
    if [ -e "$mounted/$1/$file" ] && [ -e "$mounted/$file" ]; then cat "$mounted/$file" > "$mounted/$1/$file"; fi
  done
  echo $$ > "$mounted/$1/cgroup.procs"
done
exec unshare --net --mount --pid --cgroup --fork --kill-child --mount-proc --propagation private -- /bin/sh -c '
set -e
mount -t tmpfs tmpfs /run
mkdir /run/lock
mount -t tmpfs tmpfs /var/log
cat /proc/mounts > /run/mounts
while read -r _ folder kind _; do
  case "$kind $folder" in
    "cgroup "*)
      controllers=${folder##*/}
      if [ "$controllers" = systemd ]; then controllers=none,name=systemd; fi
      umount "$folder"
      mount -t cgroup -o "$controllers" cgroup "$folder" ;;
    "cgroup2 /sys/fs/cgroup")
      umount "$folder"
      mount -t cgroup2 cgroup2 "$folder"
      mkdir "$folder/init"
      echo $$ > "$folder/init/cgroup.procs" ;;
    "cgroup2 "*)
      umount "$folder"
      mount -t cgroup2 cgroup2 "$folder" ;;
  esac
done < /run/mounts
rm /run/mounts
ip link set lo up
ip link add uplink type veth peer name outside
for end in uplink outside; do echo 1 > /proc/sys/net/ipv6/conf/$end/disable_ipv6; done
ip address add 192.0.2.10/24 dev uplink
ip link set outside up
ip link set uplink up
ip route add default via 192.0.2.1
touch /run/is-up
exec sleep infinity
' machine
"""


class IsolatedMachine:
    """A running machine within the machine.

    Attributes:
        state: Its state root.
    """

    def __init__(self, state: Path) -> None:
        self.state = state
        self._group = f"mlops-e2e-{os.getpid()}"
        self._holder: subprocess.Popen[bytes] | None = None
        self._pid = 0

    def __enter__(self) -> Self:
        self._holder = subprocess.Popen(
            ["/bin/sh", "-c", _MACHINE, "machine", self._group], stdin=subprocess.DEVNULL, start_new_session=True
        )
        deadline = time.monotonic() + 60
        while not self._is_up():
            if self._holder.poll() is not None or time.monotonic() > deadline:
                self.__exit__()
                pytest.fail("the isolated machine does not come up")
            time.sleep(0.05)
        return self

    def __exit__(self, *_: object) -> None:
        assert self._holder is not None
        self._holder.kill()
        self._holder.wait()
        if self._pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)
        _remove_groups(self._group)

    def sandbox(self, *arguments: str, state: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Runs `python -m sandbox` inside."""
        return self.run(sys.executable, "-m", "sandbox", *arguments, state=state)

    def run(self, *command: str, state: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Runs a program inside, to its end."""
        return subprocess.run(
            self._inside(*command, state=state), capture_output=True, text=True, timeout=300, check=False
        )

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Starts `python -m sandbox` inside and does not wait for it."""
        return subprocess.Popen(
            self._inside(sys.executable, "-m", "sandbox", *arguments),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def kubectl(self, *arguments: str, manifest: str = "") -> str:
        """Calls kubectl inside and expects it to succeed."""
        call = self._inside(sys.executable, "-m", "sandbox", "kubectl", *arguments)
        ended = subprocess.run(call, input=manifest, capture_output=True, text=True, timeout=300, check=False)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    def status(self) -> dict[str, Any]:
        """What `status --json` tells."""
        document: dict[str, Any] = json.loads(self.sandbox("status", "--json").stdout)
        return document

    def snapshot(self) -> dict[str, Any]:
        """Everything about the machine that the sandbox may change."""
        ended = self.run(sys.executable, str(_SNAPSHOT))
        assert ended.returncode == 0, ended.stderr
        document: dict[str, Any] = json.loads(ended.stdout)
        return document

    def _inside(self, *command: str, state: Path | None = None) -> list[str]:
        enter = ["nsenter", f"--target={self._pid}", "--net", "--mount", "--pid", "--cgroup", "--"]
        settings = [f"MLOPS_SANDBOX_STATE={state or self.state}", f"PYTHONPATH={_CHECKOUT}"]
        return [*enter, "env", f"--chdir={_CHECKOUT}", "--unset=MLOPS_KUBE_CONTEXT", *settings, *command]

    def _is_up(self) -> bool:
        assert self._holder is not None
        children = Path(f"/proc/{self._holder.pid}/task/{self._holder.pid}/children")
        with contextlib.suppress(OSError, IndexError):
            self._pid = int(children.read_text().split()[0])
            return Path(f"/proc/{self._pid}/root/run/is-up").exists()
        return False


def _remove_groups(name: str) -> None:
    tops = [folder / name for folder in (cgroups.ROOT, *cgroups.ROOT.iterdir())]
    for top in tops:
        deadline = time.monotonic() + 10
        while top.is_dir() and time.monotonic() < deadline:
            for folder, _, _ in os.walk(top, topdown=False):
                with contextlib.suppress(OSError):
                    Path(folder).rmdir()
            time.sleep(0.02)
