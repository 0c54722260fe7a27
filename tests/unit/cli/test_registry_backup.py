"""`mlops registry backup` and `restore`, by a cluster whose pods run their commands here."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from pulumi_mlops.cli.app import app
from pulumi_mlops.cli.kubernetes import execution, registry_backup
from pulumi_mlops.cli.kubernetes.errors import ClusterError
from pulumi_mlops.cli.kubernetes.services import ServiceAddress

SCHEMA = """
CREATE TABLE alembic_version (version_num TEXT);
INSERT INTO alembic_version VALUES ('r1');
CREATE TABLE registered_models (name TEXT PRIMARY KEY);
CREATE TABLE model_versions (name TEXT REFERENCES registered_models, version INTEGER, PRIMARY KEY (name, version));
CREATE TABLE runs (run_id TEXT PRIMARY KEY, note BLOB, is_good BOOLEAN);
"""
ROWS = """
INSERT INTO registered_models VALUES ('flights');
INSERT INTO model_versions VALUES ('flights', 1), ('flights', 2);
INSERT INTO runs VALUES ('a', x'00ff', 1);
"""


class Cluster:
    """A cluster whose registry has its data in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def ready_pod(self, service: ServiceAddress) -> Any:
        assert service.name == "mlflow"
        uri = f"sqlite:///{self.folder / 'mlflow.db'}"
        command = ["mlflow", "server", "--backend-store-uri", uri, "--serve-artifacts"]
        command += ["--artifacts-destination", str(self.folder / "artifacts")]
        return {"spec": {"containers": [{"name": "mlflow", "command": command}]}}

    def run(
        self,
        _pod: Any,
        container: str,
        command: Sequence[str],
        *,
        given: Iterable[bytes],
        take: Callable[[bytes], object],
    ) -> None:
        assert container == "mlflow"
        ended = subprocess.run([sys.executable, *command[1:]], input=b"".join(given), capture_output=True, check=False)
        take(ended.stdout)
        if ended.returncode:
            raise ClusterError(ended.stderr.decode())


@pytest.fixture
def clusters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], Path]:
    """Puts a registry with rows into the place of the stack's."""

    def put(name: str, rows: str) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        with closing(sqlite3.connect(folder / "mlflow.db")) as database:
            database.executescript(SCHEMA + rows)
        monkeypatch.setattr(registry_backup, "cluster_of", lambda _: Cluster(folder))
        return folder

    return put


def mlops(*words: str) -> Any:
    return CliRunner().invoke(app, ["registry", *words])


def dump(folder: Path) -> list[str]:
    with closing(sqlite3.connect(folder / "mlflow.db")) as database:
        return sorted(database.iterdump())


@pytest.mark.usefixtures("stack")
def test_a_registry_is_written_to_a_file_and_comes_back(clusters: Callable[[str, str], Path], tmp_path: Path) -> None:
    file = tmp_path / "registry.tar.gz"
    before = clusters("before", ROWS)
    (before / "artifacts" / "1").mkdir(parents=True)
    (before / "artifacts" / "1" / "MLmodel").write_text("x")
    result = mlops("backup", "--stack", "dev-local", "--to", str(file))
    assert result.exit_code == 0, result.stderr
    assert result.stdout == f"{file} holds 2 versions and 1 runs, with artifacts\n"
    assert file.stat().st_mode & 0o777 == 0o600
    assert mlops("backup", "--stack", "dev-local", "--to", str(file)).exit_code == 1
    after = clusters("after", "")
    result = mlops("restore", "--stack", "dev-local", "--from", str(file), "--json")
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["rows"] == {"model_versions": 2, "registered_models": 1, "runs": 1}
    assert dump(after) == dump(before)
    assert (after / "artifacts" / "1" / "MLmodel").read_text() == "x"
    again = mlops("restore", "--stack", "dev-local", "--from", str(file))
    assert again.exit_code == 1
    assert "expected an empty registry to restore into" in again.stderr


@pytest.mark.usefixtures("stack")
def test_a_file_that_is_not_whole_is_refused_before_anything(
    clusters: Callable[[str, str], Path], tmp_path: Path
) -> None:
    clusters("after", "")
    file = tmp_path / "registry.tar.gz"
    file.write_bytes(b"cut off")
    assert mlops("restore", "--stack", "dev-local", "--from", str(file)).exit_code == 1


def test_a_backup_that_fails_leaves_no_file(stack: Path, clusters: Callable[[str, str], Path], tmp_path: Path) -> None:
    folder = clusters("before", "DROP TABLE alembic_version;")
    file = tmp_path / "registry.tar.gz"
    result = mlops("backup", "--stack", "dev-local", "--to", str(file))
    assert result.exit_code == 1
    assert sorted(path.name for path in tmp_path.iterdir() if "registry" in path.name) == []
    assert (stack, folder.exists()) == (stack, True)


class Websocket:
    """A connection over which these frames come."""

    def __init__(self, *frames: bytes) -> None:
        self._frames: Iterator[bytes] = iter(frames)
        self.sent: list[bytes] = []

    def send(self, data: bytes, opcode: int) -> None:
        assert opcode == 2
        self.sent.append(data)

    def recv_data_frame(self, *, control_frame: bool) -> Any:
        assert control_frame
        data = next(self._frames, None)
        return (8, None) if data is None else (2, SimpleNamespace(data=data))


def test_a_commands_streams_are_told_apart() -> None:
    websocket = Websocket(b"\x01one", b"\x02a warning", b"\x01 two", b"", b'\x03{"status": "Success"}')
    taken: list[bytes] = []
    assert execution.run(websocket, [b"in", b"put"], taken.append) is None
    assert (websocket.sent, b"".join(taken)) == ([b"\x00in", b"\x00put"], b"one two")


@pytest.mark.parametrize(
    ("frames", "told"),
    [
        ([b"\x02no such thing\n", b'\x03{"status": "Failure", "message": "exit code 1"}'], "no such thing"),
        ([b'\x03{"status": "Failure", "message": "exit code 137"}'], "exit code 137"),
        ([], "the connection was closed before it ended"),
    ],
)
def test_a_command_that_fails_says_why(frames: list[bytes], told: str) -> None:
    assert execution.run(Websocket(*frames), [], lambda _: None) == told
