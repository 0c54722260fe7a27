import json
import os
import subprocess
from pathlib import Path

import pytest

from sandbox import paths
from sandbox.engine.launcher import copied_code, launcher_text
from sandbox.engine.libraries import Runtime, base_python

MAIN = """
import json, os, sys
import library, sandbox
print(json.dumps({"arguments": sys.argv[1:], "name": __name__, "id": os.getpid(), "library": library.__file__}))
"""


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "check out" / "sandbox"
    (folder / "plugins" / "gizmo").mkdir(parents=True)
    for package in (folder, folder / "plugins", folder / "plugins" / "gizmo"):
        (package / "__init__.py").touch()
    (folder / "plugins" / "gizmo" / "__main__.py").write_text(MAIN)
    (folder / "plugins" / "other.py").touch()
    monkeypatch.setattr(paths, "sources", lambda: folder)
    monkeypatch.setenv("MLOPS_SANDBOX_CACHE", str(tmp_path / "the cache"))
    return folder


def test_a_plugin_runs_from_its_copy_when_the_checkout_is_gone(sources: Path, tmp_path: Path) -> None:
    library = tmp_path / "libraries"
    library.mkdir()
    (library / "library.py").touch()
    code = copied_code(["plugins/gizmo"])
    executable = tmp_path / "pulumi-resource-gizmo"
    runtime = Runtime(base_python(), library)
    executable.write_text(launcher_text(runtime, code, "sandbox.plugins.gizmo", ["--own", "it's"]))
    executable.chmod(0o755)
    sources.parent.rename(tmp_path / "gone")

    with subprocess.Popen([executable, "127.0.0.1:1"], stdout=subprocess.PIPE, env={"PATH": os.defpath}) as process:
        output, _ = process.communicate(timeout=60)
    told = json.loads(output)
    assert told["arguments"] == ["--own", "it's", "127.0.0.1:1"]
    assert told["name"] == "__main__"
    assert told["library"] == str(library / "library.py")
    assert told["id"] == process.pid, "signals must reach the plugin itself"


def test_a_copy_is_named_by_its_content(sources: Path) -> None:
    first = copied_code(["plugins/gizmo"])
    assert copied_code(["plugins/gizmo"]) == first
    assert not (first / "sandbox" / "plugins" / "other.py").exists()
    (sources / "plugins" / "gizmo" / "new.py").write_text("x = 1\n")
    second = copied_code(["plugins/gizmo"])
    assert second != first
    assert (second / "sandbox" / "plugins" / "gizmo" / "new.py").is_file()
    assert first.is_dir(), "a running plugin may still use it"
