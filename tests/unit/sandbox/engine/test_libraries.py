import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import pytest

from sandbox.engine import libraries
from sandbox.errors import SandboxError


def make_distribution(folder: Path, name: str, requires: tuple[str, ...] = ()) -> None:
    info = folder / f"{name.replace('-', '_')}-1.0.dist-info"
    info.mkdir(parents=True)
    lines = ["Metadata-Version: 2.1", f"Name: {name}", "Version: 1.0", *(f"Requires-Dist: {line}" for line in requires)]
    (info / "METADATA").write_text("\n".join(lines) + "\n")
    module = f"{name.replace('-', '_')}.py"
    (folder / module).write_text("")
    (info / "RECORD").write_text(f"{module},,\n../../bin/{name},,\n{info.name}/METADATA,,\n{info.name}/RECORD,,\n")


def finder(folder: Path) -> Callable[[str], metadata.Distribution | None]:
    found = {libraries.normalised(d.metadata["Name"]): d for d in metadata.distributions(path=[str(folder)])}
    return found.get


def test_what_a_library_needs_comes_along_and_extras_do_not(tmp_path: Path) -> None:
    make_distribution(tmp_path, "top", ("Middle_One (>=1)", 'speedups; extra == "fast"', 'winonly; os_name == "nt"'))
    make_distribution(tmp_path, "middle-one", ("top", "bottom>=1"))
    make_distribution(tmp_path, "bottom")
    make_distribution(tmp_path, "speedups")
    assert sorted(libraries.closure(["Top"], finder(tmp_path))) == ["bottom", "middle-one", "top"]


def test_a_root_that_is_not_installed_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match="absent: not installed"):
        libraries.closure(["absent"], finder(tmp_path))


def test_the_key_follows_versions_and_not_their_order() -> None:
    key = libraries.libraries_key({"a": "1", "b": "2"})
    assert key == libraries.libraries_key({"b": "2", "a": "1"})
    assert key != libraries.libraries_key({"a": "1", "b": "3"})


def test_a_copy_is_made_once_and_holds_what_can_be_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_distribution(tmp_path / "site", "top")
    monkeypatch.setenv("MLOPS_SANDBOX_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(libraries, "ROOTS", ("top",))
    monkeypatch.setattr(libraries, "_find", finder(tmp_path / "site"))
    runtime = libraries.plugin_runtime()
    assert sorted(path.name for path in runtime.libraries.iterdir()) == ["top-1.0.dist-info", "top.py"]
    (runtime.libraries / "kept").touch()
    assert libraries.plugin_runtime() == runtime
    assert (runtime.libraries / "kept").exists()


def test_the_interpreter_is_not_one_of_a_virtual_environment() -> None:
    assert libraries.base_python().is_file()
    assert not libraries.base_python().is_relative_to(Path(sys.prefix)) or sys.prefix == sys.base_prefix
