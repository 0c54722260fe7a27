"""Prints everything about a machine that the sandbox may change, as JSON."""

import json
import subprocess
import sys
from pathlib import Path

from sandbox import commands, packages

_FOLDERS = ("/run", "/run/lock", "/var/lib", "/var/log", "/opt", "/etc/cni", "/etc/containerd")
_SYSCTLS = ("net/ipv4", "net/ipv6", "kernel/panic*", "kernel/keys", "vm/overcommit*", "vm/panic*")
_VOLATILE = ("random", "_hits", "nf_conntrack_count", "mac_addr", "stable_secret")


def main() -> None:
    """Prints the snapshot."""
    snapshot = {
        "addresses": _words("ip", "-brief", "address"),
        "routes": _words("ip", "route", "show", "table", "all"),
        "packet filter": _packet_filter(),
        "groups": sorted(str(path) for path in Path("/sys/fs/cgroup").glob("*/*") if path.is_dir()),
        "mounts": _mounts(),
        "folders": sorted(str(path) for folder in _FOLDERS for path in Path(folder).glob("*")),
        "settings": _settings(),
        "processes": _processes(),
    }
    sys.stdout.write(json.dumps(snapshot))


def _words(*command: str) -> list[str]:
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    return [" ".join(line.split()) for line in lines]


def _packet_filter() -> list[str]:
    listed = commands.run([packages.tool("nft"), "list", "ruleset"], environment=packages.environment())
    return listed.splitlines()


def _mounts() -> list[str]:
    # Images may be under construction outside: their mounts came along and are none of the cluster's.
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    return sorted(point for line in lines if "/storage-overlay/" not in (point := line.split()[4]))


def _settings() -> dict[str, str]:
    found = {}
    for pattern in _SYSCTLS:
        for top in Path("/proc/sys").glob(pattern):
            for path in [top] if top.is_file() else top.rglob("*"):
                if path.is_file() and not any(word in str(path) for word in _VOLATILE):
                    try:
                        found[str(path)] = path.read_text()
                    except OSError:
                        continue
    return found


def _processes() -> list[str]:
    commands_run = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().decode().replace("\0", " ").strip()
        except OSError:
            continue
        if words and "machine_snapshot" not in words:
            commands_run.append(words)
    return sorted(commands_run)


main()
