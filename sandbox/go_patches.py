"""Go modules with files of ours in place of theirs, for a build.

`sandbox/go/<build>/_patches/<module>` holds files that replace single ones, `_stubs/<module>` packages that replace
whole ones. Go's `-overlay` replaces no file of the module cache, and copies of whole modules in this repository would
be tens of thousands of lines for a few changed files.
"""

import json
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from sandbox import commands

_UNUSED = shutil.ignore_patterns("*_test.go", "testdata", "tests")


def patched(module: Path, names: Iterable[str], environment: Mapping[str, str]) -> Path:
    """Copy modules, put our files in their places, and write a go.mod that names the copies.

    Args:
        module: The folder of the module that is built.
        names: The modules to patch.
        environment: The variables for `go`.

    Returns:
        The go.mod, with its go.sum beside it; for `-modfile`.
    """
    folder = Path(environment["GOMODCACHE"]).parent / "patched" / module.name
    shutil.rmtree(folder, ignore_errors=True)
    replaced = (module / "go.mod").read_text()
    for name in names:
        download = ["go", "mod", "download", "-json", name]
        found = json.loads(commands.run(download, environment=environment, folder=module))
        shutil.copytree(found["Dir"], folder / name, ignore=_UNUSED)
        _empty_the_stubbed(module / "_stubs" / name, folder / name)
        for ours in (module / "_stubs" / name, module / "_patches" / name):
            if ours.is_dir():
                shutil.copytree(ours, folder / name, dirs_exist_ok=True)
        replaced += f"\nreplace {name} => {folder / name}\n"
    shutil.copyfile(module / "go.sum", folder / "go.sum")
    (folder / "go.mod").write_text(replaced)
    return folder / "go.mod"


def _empty_the_stubbed(stubs: Path, copy: Path) -> None:
    for package in {stub.parent.relative_to(stubs) for stub in stubs.rglob("*.go")}:
        for original in (copy / package).glob("*.go"):
            original.unlink()
