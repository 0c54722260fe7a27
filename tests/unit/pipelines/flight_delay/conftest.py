from pathlib import Path

import pytest

from flight_delay import ingest, source
from flight_delay.source import copy_files, find_files
from flight_delay.tables import Tables, read_tables
from mlops_runtime.artifact import digest_file

# Every so many flights of the year: all months, carriers and airports are there, and it stays quick.
EVERY = 60


@pytest.fixture(scope="session")
def all_tables(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    folder = tmp_path_factory.mktemp("raw")
    copy_files(find_files(), folder)
    return read_tables(folder)


@pytest.fixture(scope="session")
def year(all_tables: Tables) -> Tables:
    """5613 real flights of the whole year."""
    flights = all_tables.flights.iloc[::EVERY].reset_index(drop=True)
    return Tables(flights=flights, weather=all_tables.weather, planes=all_tables.planes)


@pytest.fixture(scope="session")
def january(all_tables: Tables) -> Tables:
    """1500 real flights of the first days of the year, those that never left included."""
    return Tables(
        flights=all_tables.flights.iloc[:1500].reset_index(drop=True),
        weather=all_tables.weather[all_tables.weather["month"] == 1].reset_index(drop=True),
        planes=all_tables.planes,
    )


@pytest.fixture
def small_source(year: Tables, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """The year's flights as raw files, and as what `ingest` finds and knows."""
    folder = tmp_path / "package"
    folder.mkdir()
    year.flights.to_csv(folder / source.FLIGHTS, index=False)
    year.weather.to_csv(folder / source.WEATHER, index=False)
    year.planes.to_csv(folder / source.PLANES, index=False)
    files = {path.name: path for path in folder.iterdir()}
    monkeypatch.setattr(source, "CHECKSUMS", {name: digest_file(path) for name, path in files.items()})
    monkeypatch.setattr(ingest, "find_files", lambda: files)
    return files
