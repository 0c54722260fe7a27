"""A registry's backup: what MLflow has kept comes back, with every version, digest, tag and artifact."""

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pulumi_mlops.cli.kubernetes import registry_archive
from pulumi_mlops.cli.kubernetes.registry_archive import ArchiveError, pack, unpack

# MLflow and what it stands on warn when they are imported and used.
pytestmark = pytest.mark.filterwarnings("ignore")
DIGEST = "sha256:" + "a" * 64


def client_of(uri: str) -> Any:
    from mlflow import MlflowClient  # noqa: PLC0415 - seconds

    client = MlflowClient(uri, uri)
    client.search_experiments()  # makes the tables
    return client


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """A registry with two versions, of which the first was deleted."""
    pytest.importorskip("alembic", reason="needs the extra `registry`")
    folder = tmp_path_factory.mktemp("source")
    uri = f"sqlite:///{folder / 'mlflow.db'}"
    client = client_of(uri)
    experiment = client.create_experiment("flights", "mlflow-artifacts:/1")
    client.create_registered_model("flights")
    for number in (1, 2):
        run = client.create_run(experiment, run_name=f"run-{number}").info.run_id
        client.log_metric(run, "mae", 12.5)
        client.log_metric(run, "odd", float("nan"))
        client.create_model_version("flights", f"mlflow-artifacts:/1/{run}/model", run, {"mlops.digest": DIGEST})
        artifact = folder / "artifacts" / "1" / run / "model" / "MLmodel"
        artifact.parent.mkdir(parents=True)
        artifact.write_bytes(bytes(range(256)) * number)
    client.delete_model_version("flights", "1")
    return uri, folder / "artifacts"


def state(uri: str) -> list[Any]:
    client = client_of(uri)
    versions = client.search_model_versions("name='flights'")
    runs = client.search_runs([client.get_experiment_by_name("flights").experiment_id])
    return [
        sorted((each.version, each.source, each.run_id, str(each.tags), each.creation_timestamp) for each in versions),
        sorted((run.info.run_id, run.info.run_name, str(run.data.metrics), run.info.start_time) for run in runs),
    ]


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def empty(tmp_path: Path) -> tuple[str, Path]:
    uri = f"sqlite:///{tmp_path / 'other.db'}"
    client_of(uri)
    return uri, tmp_path / "artifacts"


def test_everything_comes_back(registry: tuple[str, Path], empty: tuple[str, Path]) -> None:
    stream = io.BytesIO()
    header = pack(registry[0], str(registry[1]), stream)
    assert (header["rows"]["runs"], header["has_artifacts"]) == (2, True)
    stream.seek(0)
    assert unpack(empty[0], str(empty[1]), stream) == header
    assert state(empty[0]) == state(registry[0])
    assert files(empty[1]) == files(registry[1])
    # Numbers go on where they were: a deleted version's is not given anew.
    assert client_of(empty[0]).create_model_version("flights", "mlflow-artifacts:/x").version == 3


@pytest.fixture
def postgresql() -> Iterator[str]:
    """A PostgreSQL with MLflow's tables, where this machine has one. It runs as nobody: it refuses the root user."""
    # Debian has them in a folder for each major version, which is not on PATH.
    folders = os.pathsep.join([os.environ["PATH"], *map(str, Path("/usr/lib/postgresql").glob("*/bin"))])
    programs = shutil.which("initdb", path=folders), shutil.which("postgres", path=folders)
    if None in programs:
        pytest.skip(
            "got no initdb and postgres, neither on PATH nor in /usr/lib/postgresql: apt-get install postgresql"
        )
    with tempfile.TemporaryDirectory(prefix="postgresql-", dir="/tmp") as temporary:
        folder = Path(temporary)
        user: dict[str, Any] = {"user": "nobody"} if os.getuid() == 0 else {}
        if user:
            shutil.chown(folder, "nobody")
        data = str(folder / "data")
        made = [str(programs[0]), "-D", data, "-U", "mlflow", "--auth=trust", "--no-sync"]
        subprocess.run(made, check=True, capture_output=True, cwd=folder, **user)
        server = [str(programs[1]), "-D", data, "-k", temporary, "-c", "listen_addresses=", "-F"]
        process = subprocess.Popen(server, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **user)
        try:
            deadline = time.monotonic() + 60
            while not (folder / ".s.PGSQL.5432").exists() and time.monotonic() < deadline:
                time.sleep(0.2)
            uri = f"postgresql+psycopg2://mlflow@/postgres?host={temporary}"
            client_of(uri)
            yield uri
        finally:
            # "Fast": without waiting for MLflow's open connections.
            process.send_signal(signal.SIGINT)
            process.wait(30)


def test_sqlites_registry_moves_to_postgresql(registry: tuple[str, Path], postgresql: str, tmp_path: Path) -> None:
    stream = io.BytesIO()
    pack(registry[0], str(registry[1]), stream)
    stream.seek(0)
    unpack(postgresql, str(tmp_path / "artifacts"), stream)
    assert state(postgresql) == state(registry[0])
    assert files(tmp_path / "artifacts") == files(registry[1])
    client = client_of(postgresql)
    # What PostgreSQL counts goes on behind what it was given.
    assert client.get_experiment(client.create_experiment("another")).name == "another"
    assert client.create_model_version("flights", "mlflow-artifacts:/x").version == 3
    back = io.BytesIO()
    header = pack(postgresql, str(tmp_path / "artifacts"), back)
    assert header["rows"]["runs"] == 2


def test_the_text_runs_by_itself_in_a_pod(registry: tuple[str, Path], empty: tuple[str, Path]) -> None:
    text = Path(registry_archive.__file__).read_text()
    words = [sys.executable, "-W", "ignore", "-c", text]
    packed = subprocess.run([*words, "pack", registry[0], str(registry[1])], capture_output=True, check=True).stdout
    given = [*words, "unpack", empty[0], str(empty[1]), str(len(packed))]
    # More follows: a stream through the API server has no end.
    done = subprocess.run(given, input=packed + b"more", capture_output=True, check=True)
    assert json.loads(done.stdout)["rows"]["model_versions"] == 2
    assert state(empty[0]) == state(registry[0])
    again = subprocess.run(given, input=packed, capture_output=True, check=False)
    assert again.returncode == 1
    assert b"expected an empty registry to restore into" in again.stderr


def changed(packed: bytes, **files: bytes | None) -> io.BytesIO:
    """The archive with files exchanged, or left out."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=io.BytesIO(packed)) as old, tarfile.open(fileobj=stream, mode="w:gz") as new:
        for member in old:
            file = old.extractfile(member)
            content = files.get(member.name.replace(".", "_"), file.read() if file is not None else b"")
            if content is not None:
                member.size = len(content)
                new.addfile(member, io.BytesIO(content))
    stream.seek(0)
    return stream


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"registry_json": b'{"revision": "old", "rows": {}, "has_artifacts": false}'}, "an archive of the schema old"),
        ({"registry_json": None}, "got an archive without registry.json"),
    ],
)
def test_what_does_not_fit_changes_nothing(
    registry: tuple[str, Path], empty: tuple[str, Path], change: dict[str, Any], told: str
) -> None:
    stream = io.BytesIO()
    pack(registry[0], str(registry[1]), stream)
    with pytest.raises(ArchiveError, match=told):
        unpack(empty[0], str(empty[1]), changed(stream.getvalue(), **change))
    assert client_of(empty[0]).search_registered_models() == []
    assert not empty[1].exists()


def test_a_file_that_leads_out_is_refused(empty: tuple[str, Path]) -> None:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        archive.addfile(tarfile.TarInfo("../outside"), io.BytesIO())
    stream.seek(0)
    with pytest.raises(ArchiveError, match="expected plain files below it"):
        unpack(empty[0], str(empty[1]), stream)
