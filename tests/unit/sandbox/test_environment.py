import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox import environment as module
from sandbox import paths
from sandbox.engine import Engine

UV_FOLDER = paths.uv_folder()


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(paths, "uv_folder", lambda: tmp_path / "uv")
    monkeypatch.setenv("MLOPS_SANDBOX_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("MLOPS_SANDBOX_STATE", str(tmp_path / "it's state"))
    built = Engine(tmp_path / "it's state" / "bin" / "pulumi", "v1", is_built=True)
    monkeypatch.setattr(module, "current_engine", lambda: built)
    return tmp_path


def test_a_shell_that_reads_the_exports_has_the_environment(folders: Path) -> None:
    wanted = module.environment()
    script = f"PULUMI_CONFIG_PASSPHRASE=users\n{module.exports()}env -0"
    output = subprocess.run(["/bin/sh", "-c", script], capture_output=True, check=True, text=True).stdout
    got = dict(entry.split("=", 1) for entry in output.split("\0") if entry)
    assert {name: got[name] for name in wanted} == wanted
    assert "PULUMI_CONFIG_PASSPHRASE" not in got


def test_everything_stands_in_the_sandboxs_own_folders(folders: Path) -> None:
    variables = module.environment()
    state = folders / "it's state"
    assert variables["PULUMI_HOME"].startswith(str(state))
    assert variables["PULUMI_BACKEND_URL"].startswith((state / "pulumi-backend").as_uri())
    assert (state / "pulumi-backend").is_dir()
    assert variables["KUBECONFIG"] == str(state / "kubeconfig")


@pytest.mark.parametrize(("context", "named"), [("my-kind", "my-kind"), ("mlops-sandbox", None)])
def test_a_cluster_of_the_users_own_is_named(folders: Path, context: str, named: str | None) -> None:
    (folders / "it's state").mkdir()
    (folders / "it's state" / "kubeconfig").write_text(f"current-context: {context}\n")
    (folders / "it's state" / ".pulumi-mlops-sandbox").touch()
    assert module.environment().get("MLOPS_KUBE_CONTEXT") == named


COMMANDS = str(Path(sys.executable).parent)


def test_path_begins_with_the_commands_and_the_built_engine_once(
    monkeypatch: pytest.MonkeyPatch, folders: Path
) -> None:
    folder = str(folders / "it's state" / "bin")
    monkeypatch.setenv("PATH", os.pathsep.join(["/usr/bin", folder, COMMANDS, "/bin"]))
    assert module.environment()["PATH"] == os.pathsep.join([COMMANDS, folder, "/usr/bin", "/bin"])


def test_path_leads_to_a_pulumi_of_the_users_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "current_engine", lambda: Engine(Path("/usr/bin/pulumi"), "v1", is_built=False))
    monkeypatch.setenv("PATH", "/usr/bin")
    assert module.environment()["PATH"] == os.pathsep.join([COMMANDS, "/usr/bin"])


def test_path_leads_to_the_makefiles_uv_after_any_of_the_users_own(
    monkeypatch: pytest.MonkeyPatch, folders: Path
) -> None:
    own = str(folders / "uv")
    monkeypatch.setenv("PATH", "/usr/bin")
    assert own not in module.environment()["PATH"].split(os.pathsep)
    (folders / "uv").mkdir()
    (folders / "uv" / "uv").touch()
    monkeypatch.setenv("PATH", os.pathsep.join([own, "/usr/bin"]))
    assert module.environment()["PATH"].split(os.pathsep)[-2:] == ["/usr/bin", own]


def test_path_leads_to_the_buildah_of_the_sandboxs_images(monkeypatch: pytest.MonkeyPatch, folders: Path) -> None:
    monkeypatch.setenv("PATH", "/usr/bin")
    command = paths.builder_folder() / "buildah"
    command.parent.mkdir(parents=True)
    command.touch()
    assert module.environment()["PATH"].split(os.pathsep)[-2:] == ["/usr/bin", str(command.parent)]


def test_the_makefile_installs_uv_where_it_is_looked_for() -> None:
    program = UV_FOLDER.relative_to(paths.checkout()) / "uv"
    assert f"\n{program}:\n" in (paths.checkout() / "Makefile").read_text()


def test_the_passphrase_is_generated_once_and_for_its_owner_alone() -> None:
    file = module.ensure_passphrase()
    text = file.read_text()
    assert len(text) > 32
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert module.ensure_passphrase().read_text() == text
    assert text.strip() not in module.exports()


def test_a_passphrase_of_the_users_own_does_not_get_in_the_way() -> None:
    whole = module.merged({"PULUMI_CONFIG_PASSPHRASE": "users", "HOME": "/root"})
    assert "PULUMI_CONFIG_PASSPHRASE" not in whole
    assert whole["HOME"] == "/root"
