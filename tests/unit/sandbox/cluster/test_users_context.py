from pathlib import Path

import pytest
import yaml

from sandbox.cluster import kubeconfig as sandboxs_kubeconfig
from sandbox.cluster import users_context
from sandbox.cluster.target import SANDBOX_CONTEXT
from sandbox.errors import SandboxError


def kubeconfig(path: Path, *contexts: str, current: str = "") -> Path:
    document = {
        "contexts": [{"name": name, "context": {"cluster": f"{name}-c", "user": f"{name}-u"}} for name in contexts],
        "clusters": [
            {"name": f"{name}-c", "cluster": {"server": f"https://{name}", "certificate-authority": "certs/ca.crt"}}
            for name in contexts
        ],
        "users": [{"name": f"{name}-u", "user": {"token": f"secret of {name}"}} for name in contexts],
        "current-context": current,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(document))
    return path


def test_only_what_the_named_context_needs_is_taken(tmp_path: Path) -> None:
    files = [kubeconfig(tmp_path / "one", "dev", "prod", current="prod")]

    taken = users_context.extract("dev", files)

    assert taken["current-context"] == "dev"
    assert [entry["name"] for entry in taken["clusters"] + taken["users"]] == ["dev-c", "dev-u"]
    assert "prod" not in yaml.safe_dump(taken)


def test_relative_paths_lead_where_they_led(tmp_path: Path) -> None:
    files = [kubeconfig(tmp_path / "configs" / "one", "dev")]
    taken = users_context.extract("dev", files)
    assert taken["clusters"][0]["cluster"]["certificate-authority"] == str(tmp_path / "configs" / "certs" / "ca.crt")


def test_the_first_of_several_files_wins(tmp_path: Path) -> None:
    files = [kubeconfig(tmp_path / "a" / "one", "dev"), kubeconfig(tmp_path / "b" / "two", "dev", "other")]
    assert str(tmp_path / "a") in users_context.extract("dev", files)["clusters"][0]["cluster"]["certificate-authority"]
    assert users_context.extract("other", files)["clusters"][0]["name"] == "other-c"


def test_an_unknown_context_is_told_with_the_known(tmp_path: Path) -> None:
    files = [kubeconfig(tmp_path / "one", "dev", "prod")]
    with pytest.raises(SandboxError, match=r"'staging'.*known are dev, prod"):
        users_context.extract("staging", files)


def test_a_context_without_its_user_is_told(tmp_path: Path) -> None:
    file = kubeconfig(tmp_path / "one", "dev")
    document = yaml.safe_load(file.read_text())
    file.write_text(yaml.safe_dump({**document, "users": []}))
    with pytest.raises(SandboxError, match="its user 'dev-u'"):
        users_context.extract("dev", [file])


@pytest.mark.parametrize("text", ["- a list", "key: [", "just words"])
def test_what_is_no_kubeconfig_is_told_with_its_path(tmp_path: Path, text: str) -> None:
    (tmp_path / "broken").write_text(text)
    with pytest.raises(SandboxError, match="broken: not a kubeconfig"):
        users_context.extract("dev", [tmp_path / "broken"])


def test_the_current_context_is_never_taken_by_accident(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(users_context.VARIABLE, raising=False)
    assert users_context.named(None) is None
    monkeypatch.setenv(users_context.VARIABLE, "dev")
    assert users_context.named(None) == "dev"
    assert users_context.named("prod") == "prod"


def test_the_sandboxs_own_file_is_none_of_the_users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLOPS_SANDBOX_STATE", str(tmp_path))
    own, users = kubeconfig(tmp_path / "kubeconfig", "mlops-sandbox"), kubeconfig(tmp_path / "users", "dev")
    assert users_context.users_files({"KUBECONFIG": f"{own}:{users}:{tmp_path / 'absent'}"}) == [users]


@pytest.fixture
def own_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MLOPS_SANDBOX_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("HOME", str(tmp_path))
    return kubeconfig(tmp_path / "state" / "kubeconfig", "kind-dev", current="kind-dev")


def test_a_shell_with_the_sandboxs_variables_finds_the_usual_file(tmp_path: Path, own_file: Path) -> None:
    usual = kubeconfig(tmp_path / ".kube" / "config", "kind-dev", "other")
    listed = {"KUBECONFIG": str(own_file)}
    assert users_context.files_for("kind-dev", listed) == [usual, own_file]
    assert users_context.files_for("other", listed) == [usual]


def test_a_shell_with_the_sandboxs_variables_finds_the_copy(own_file: Path) -> None:
    listed = {"KUBECONFIG": str(own_file)}
    assert users_context.files_for("kind-dev", listed) == [own_file]
    assert users_context.files_for("kind-prod", listed) == []


def test_the_sandboxs_own_context_is_no_copy(own_file: Path) -> None:
    kubeconfig(own_file, "mlops-sandbox", current="mlops-sandbox")
    assert users_context.files_for("mlops-sandbox", {"KUBECONFIG": str(own_file)}) == []


def test_every_context_that_was_taken_is_kept(tmp_path: Path, own_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own_file.unlink()
    monkeypatch.setattr(users_context, "check_answers", lambda cluster: None)
    for name in ("dev", "prod", "dev"):
        file = kubeconfig(tmp_path / name, name)
        # As two clusters of kubeadm do, both call their user the same.
        file.write_text(file.read_text().replace(f"{name}-u", "admin"))
        monkeypatch.setenv("KUBECONFIG", str(file))
        users_context.take(name)

    document = yaml.safe_load(own_file.read_text())
    assert document["current-context"] == "dev"
    assert sorted(entry["name"] for entry in document["contexts"]) == ["dev", "prod"]
    for name in ("dev", "prod"):
        assert users_context.extract(name, [own_file])["users"][0]["user"] == {"token": f"secret of {name}"}
    assert own_file.stat().st_mode & 0o777 == 0o600


def test_the_sandboxs_cluster_goes_and_others_stay(tmp_path: Path, own_file: Path) -> None:
    own_file.unlink()
    for name in ("dev", SANDBOX_CONTEXT):
        sandboxs_kubeconfig.publish(users_context.extract(name, [kubeconfig(tmp_path / name, name)]))

    sandboxs_kubeconfig.withdraw(SANDBOX_CONTEXT)
    assert users_context.current(own_file) is None
    assert users_context.extract("dev", [own_file])["contexts"][0]["name"] == "dev"

    sandboxs_kubeconfig.withdraw("dev")
    assert not own_file.exists()
