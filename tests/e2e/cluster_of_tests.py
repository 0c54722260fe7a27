"""The cluster that the tests stand on: one that runs, else one brought up for them and taken down again."""

import json
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock

from sandbox.cluster import lifecycle
from sandbox.cluster.layout import Layout
from sandbox.cluster.target import Cluster


def cluster_of_tests(shared: Path) -> Iterator[Cluster]:
    """Gives the sandbox's cluster; one that was there before, running or stopped, keeps its data.

    Args:
        shared: A folder of this test run, the same for each of its processes: the first brings the cluster up, and the
            last takes it down.
    """
    users = _Users(shared)
    with users.lock:
        if users.count == 0:
            users.write(0, found_running=lifecycle.is_ready(), existed=Layout.of_state_root().root.exists())
        try:
            cluster = lifecycle.of_sandbox() if users.found_running else lifecycle.up()
        except BaseException:
            users.leave()
            raise
        users.add(1)
    try:
        yield cluster
    finally:
        with users.lock:
            users.add(-1)
            users.leave()


class _Users:
    """How many processes of a test run stand on its cluster, and what there was before the first."""

    def __init__(self, folder: Path) -> None:
        self.lock = FileLock(folder / "cluster.lock")
        self._file = folder / "cluster.json"

    @property
    def count(self) -> int:
        return int(self._read()["count"])

    @property
    def found_running(self) -> bool:
        return bool(self._read()["found_running"])

    def write(self, count: int, *, found_running: bool, existed: bool) -> None:
        document = {"count": count, "found_running": found_running, "existed": existed}
        self._file.write_text(json.dumps(document), encoding="utf-8")

    def add(self, number: int) -> None:
        before = self._read()
        self._file.write_text(json.dumps({**before, "count": before["count"] + number}), encoding="utf-8")

    def leave(self) -> None:
        """Takes the cluster down after its last user, unless it ran before."""
        found = self._read()
        if found["count"] == 0 and not found["found_running"]:
            lifecycle.down(keep_data=bool(found["existed"]))

    def _read(self) -> dict[str, int | bool]:
        if not self._file.exists():
            return {"count": 0, "found_running": False, "existed": False}
        document: dict[str, int | bool] = json.loads(self._file.read_text(encoding="utf-8"))
        return document
