import json
import time
from pathlib import Path

import pytest

from sandbox.engine import Engine, plugins
from sandbox.engine.libraries import Runtime, base_python
from sandbox.engine.plugins import InstalledPlugin, Provider, downloads_are_refused, install_plugins

# Stands in for `pulumi plugin install`: notes each call, and installs from a file or, if told so, by download.
FAKE_PULUMI = """\
#!/bin/sh
echo "$@" >> "$0.calls"
shift 2
folder="$PULUMI_HOME/plugins/$1-$2-$3"
mkdir -p "$folder"
case "$4" in
--file) tar -xzf "$5" -C "$folder" ;;
*) if [ -e "$0.online" ]; then echo official > "$folder/pulumi-resource-$2"
   else rmdir "$folder"; echo "error: no such host" >&2; exit 1; fi ;;
esac
"""


class Machine:
    """A sandbox of the test's own with an engine that is a script."""

    def __init__(self, folder: Path) -> None:
        self.pulumi = folder / "pulumi"
        self.pulumi.write_text(FAKE_PULUMI)
        self.pulumi.chmod(0o755)
        self.provider = Provider("gizmo", "pulumi-kubernetes", ("language_host",), "sandbox.language_host")

    def install(self) -> InstalledPlugin:
        return install_plugins(Engine(self.pulumi, "v1", is_built=True), (self.provider,))[0]

    def calls(self) -> int:
        log = self.pulumi.with_name("pulumi.calls")
        return len(log.read_text().splitlines()) if log.exists() else 0


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    monkeypatch.setenv("MLOPS_SANDBOX_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("MLOPS_SANDBOX_STATE", str(tmp_path / "state"))
    runtime = Runtime(base_python(), tmp_path / "libraries")
    monkeypatch.setattr(plugins, "plugin_runtime", lambda: runtime)
    made = Machine(tmp_path)
    monkeypatch.setattr(plugins, "PROVIDERS", (made.provider,))
    return made


def test_the_official_plugin_is_taken_where_it_can_be_had(machine: Machine) -> None:
    machine.pulumi.with_name("pulumi.online").touch()
    assert machine.install().is_official
    assert machine.calls() == 1
    assert machine.install().is_official
    assert machine.calls() == 1, "a second run has nothing to do"
    assert not downloads_are_refused()


def test_else_the_sandboxs_own_is_and_the_refusal_is_remembered(machine: Machine) -> None:
    assert not machine.install().is_official
    assert machine.calls() == 2
    assert "sandbox.language_host" in machine.provider.executable.read_text()
    assert downloads_are_refused()
    assert not machine.install().is_official
    assert machine.calls() == 2, "a second run has nothing to do"


def test_a_refusal_is_forgotten_after_a_week(machine: Machine) -> None:
    machine.install()
    refusal = plugins._refusal(machine.provider)
    remembered = json.loads(refusal.read_text())
    assert "no such host" in remembered["reason"]
    refusal.write_text(json.dumps({**remembered, "at_unix_seconds": time.time() - 8 * 24 * 3600}))
    machine.pulumi.with_name("pulumi.online").touch()
    assert machine.install().is_official


def test_a_stand_in_whose_code_changed_is_installed_anew(machine: Machine) -> None:
    machine.install()
    machine.provider.executable.write_text("#!/bin/sh\nold\n")
    machine.install()
    assert "sandbox.language_host" in machine.provider.executable.read_text()
    assert machine.calls() == 3
