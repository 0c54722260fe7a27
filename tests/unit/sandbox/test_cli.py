import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import boto3
import pytest
from typer.testing import CliRunner

from sandbox import bring_up, cli, doctor, go_caches, images
from sandbox.cluster import Cluster, build, lifecycle, users_context
from sandbox.doctor import Check, Finding, Part, State, compiling, machine
from sandbox.engine import Engine
from sandbox.engine.plugins import InstalledPlugin
from sandbox.errors import SandboxError
from sandbox.images import building
from sandbox.packages import private

runner = CliRunner()
CHECKOUT = Path(__file__).resolve().parents[3]


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MLOPS_SANDBOX_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("MLOPS_SANDBOX_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv(users_context.VARIABLE, raising=False)
    return tmp_path / "state"


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """What `bring_up` does, in order, with nothing really done."""
    steps: list[str] = []

    def noted(name: str, result: object = None) -> Callable[..., object]:
        def note(*_: object, **__: object) -> object:
            steps.append(name)
            return result

        return note

    node = Cluster("mlops-sandbox", tmp_path / "kubeconfig", tmp_path / "socket")
    monkeypatch.setattr(doctor, "require", noted("examine"))
    monkeypatch.setattr(bring_up, "install_engine", noted("engine", Engine(Path("/usr/bin/pulumi"), "v3.300.0", False)))
    monkeypatch.setattr(bring_up, "install_plugins", noted("plugins", [InstalledPlugin("aws", "7.1.0", False)]))
    monkeypatch.setattr(building, "choice", lambda: "buildah")
    monkeypatch.setattr(private, "find", lambda _: tmp_path / "cache" / "bin" / "containerd")
    monkeypatch.setattr(build, "ensure", noted("compile"))
    monkeypatch.setattr(build, "fetch_modules", noted("fetch modules"))
    monkeypatch.setattr(compiling, "engine_is_lacking", lambda: False)
    monkeypatch.setattr(compiling, "node_is_lacking", lambda: False)
    monkeypatch.setattr(lifecycle, "up", noted("node", node))
    monkeypatch.setattr(users_context, "take", noted("context", Cluster("kind-dev", tmp_path / "kubeconfig")))
    monkeypatch.setattr(images, "build", noted("build images", {}))
    monkeypatch.setattr(images, "ensure", noted("deliver images", {}))
    return steps


def test_everything_is_brought_up_and_examined_first(done: list[str]) -> None:
    bring_up.bring_up()
    assert done[0] == "examine"
    assert sorted(done[1:]) == ["build images", "compile", "deliver images", "engine", "node", "plugins"]
    assert done.index("node") < done.index("deliver images")
    assert done.index("compile") < done.index("node")


def test_what_two_compilations_share_is_fetched_and_compiled_once(
    done: list[str], state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(go_caches.KEEP_VARIABLE, raising=False)
    caches: list[bool] = []
    objects = state.parent / "cache" / "go" / "objects"

    def compile_engine() -> Engine:
        objects.mkdir(parents=True)
        return Engine(Path("/cache/pulumi"), "v3.300.0", is_built=True)

    def compile_node() -> None:
        caches.append(objects.is_dir())

    monkeypatch.setattr(compiling, "engine_is_lacking", lambda: True)
    monkeypatch.setattr(compiling, "node_is_lacking", lambda: True)
    monkeypatch.setattr(bring_up, "install_engine", compile_engine)
    monkeypatch.setattr(build, "ensure", compile_node)
    bring_up.bring_up()
    assert caches == [True]
    assert "fetch modules" in done
    assert not objects.exists()
    # A machine with a Pulumi of its own compiles one thing: there is nothing to go on beside it.
    monkeypatch.setattr(compiling, "engine_is_lacking", lambda: False)
    done.clear()
    bring_up.bring_up()
    assert "fetch modules" not in done


def test_it_says_of_each_part_whose_was_taken(done: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    bring_up.bring_up()
    assert capsys.readouterr().err.splitlines()[-4:] == [
        "Pulumi v3.300.0: yours, /usr/bin/pulumi",
        "plugins: aws 7.1.0 (own)",
        "cluster: the sandbox's node, with a private containerd",
        "images: built with buildah",
    ]
    bring_up.bring_up("kind-dev")
    assert "cluster: yours, context kind-dev" in capsys.readouterr().err


def test_a_context_of_the_users_own_replaces_the_node_and_is_remembered(done: list[str], state: Path) -> None:
    for _ in range(2):
        cluster = bring_up.bring_up("kind-dev")
    assert cluster is not None
    assert cluster.containerd_socket is None
    assert "context" in done
    assert not {"node", "compile"} & set(done)
    assert (state / "users-contexts").read_text() == "kind-dev\n"


def test_one_part_is_brought_up_alone(done: list[str]) -> None:
    bring_up.bring_up(parts=[Part.CLUSTER])
    assert done == ["examine", "compile", "node"]


def test_nothing_is_built_on_a_machine_that_lacks_something(done: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise SandboxError("this machine lacks what the sandbox needs")

    monkeypatch.setattr(doctor, "require", refuse)
    with pytest.raises(SandboxError):
        bring_up.bring_up()
    assert done == []


def test_a_failed_image_build_is_told(done: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise SandboxError("image pipeline: exit code 1")

    monkeypatch.setattr(images, "build", fail)
    with pytest.raises(SandboxError, match="image pipeline"):
        bring_up.bring_up()
    assert "deliver images" not in done


@pytest.mark.parametrize(("state_found", "code"), [(State.FOUND, 0), (State.NOTED, 0), (State.MISSING, 1)])
def test_doctor_ends_with_1_when_something_is_missing(
    monkeypatch: pytest.MonkeyPatch, state_found: State, code: int
) -> None:
    planted = Check(lambda: Finding("needed", state_found, "what is there", "mend it"), (Part.CLUSTER,))
    monkeypatch.setattr(doctor.examine, "__defaults__", (tuple(Part), (planted,)))
    ended = runner.invoke(cli.application, ["doctor"])
    assert ended.exit_code == code
    assert "needed  what is there  -> mend it" in ended.stdout
    ended = runner.invoke(cli.application, ["doctor", "--json"])
    assert json.loads(ended.stdout)[0]["fix"] == "mend it"
    assert ended.exit_code == code


def test_status_of_nothing_is_told_and_ends_with_1() -> None:
    ended = runner.invoke(cli.application, ["status", "--json"])
    document = json.loads(ended.stdout)
    assert ended.exit_code == 1
    assert (document["ready"], document["context"], set(document["programs"].values())) == (False, None, {None})
    assert "not up" in runner.invoke(cli.application, ["status"]).stdout


def test_kubectl_without_a_cluster_says_what_to_do() -> None:
    ended = runner.invoke(cli.application, ["kubectl", "get", "pods", "-A"])
    assert isinstance(ended.exception, SandboxError)
    assert ended.exception.fix == "run `python -m sandbox up`"


def test_purging_what_is_to_be_kept_is_refused() -> None:
    ended = runner.invoke(cli.application, ["down", "--purge", "--keep-data"])
    assert isinstance(ended.exception, SandboxError)


def test_an_unknown_part_is_refused_before_anything_is_done() -> None:
    ended = runner.invoke(cli.application, ["up", "--only", "moon"])
    assert ended.exit_code == 2


def test_no_argument_of_kubectl_is_taken_for_ours(monkeypatch: pytest.MonkeyPatch, state: Path) -> None:
    (state / "kubeconfig").parent.mkdir(parents=True)
    (state / "kubeconfig").touch()
    called: list[list[str]] = []
    monkeypatch.setattr(users_context, "kubectl", lambda: ["kubectl"])
    monkeypatch.setattr(os, "execvpe", lambda _, call, variables: called.append([*call, variables["KUBECONFIG"]]))
    runner.invoke(cli.application, ["kubectl", "get", "pods", "--help", "-o", "json", "--", "x"])
    assert called == [["kubectl", "get", "pods", "--help", "-o", "json", "--", "x", str(state / "kubeconfig")]]


def test_the_catalogue_covers_every_part() -> None:
    catalogue = doctor.checks_for(None, tuple(Part))
    assert {part for check in catalogue for part in check.parts} == set(Part)
    assert machine.python in [check.look for check in catalogue]


def sandbox(*words: str) -> "subprocess.CompletedProcess[str]":
    """Calls the commands as a person does: what is started outlives the call."""
    return subprocess.run(
        [sys.executable, "-m", "sandbox", *words], cwd=CHECKOUT, capture_output=True, text=True, check=False
    )


def test_the_offline_aws_is_started_and_ended_alone() -> None:
    try:
        started = sandbox("aws", "up", "--json")
        assert started.returncode == 0, started.stderr
        document = json.loads(started.stdout)
        assert document["account_id"] == "111111111111"
        identity = boto3.client(
            "sts", "eu-west-1", endpoint_url=document["url"], aws_access_key_id="a", aws_secret_access_key="b"
        ).get_caller_identity()
        assert identity["Account"] == "111111111111"
        assert f"AWS_ENDPOINT_URL={document['url']}" in sandbox("env").stdout.replace("'", "")
        assert sandbox("aws", "up").returncode == 0
        other = sandbox("aws", "up", "--account", "222222222222")
        assert other.returncode == 1
        assert "runs for account 111111111111" in " ".join(other.stderr.split())
    finally:
        ended = sandbox("aws", "down")
    assert ended.returncode == 0
    assert "AWS_ENDPOINT_URL" not in sandbox("env").stdout


@pytest.mark.parametrize("account", ["1", "abcdefghijkl", "1111111111111"])
def test_an_account_has_twelve_digits(account: str) -> None:
    result = runner.invoke(cli.application, ["aws", "up", "--account", account])
    assert isinstance(result.exception, SandboxError)
    assert "expected 12 digits" in str(result.exception)
