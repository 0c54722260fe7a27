"""What Docker and buildah are asked for. The programs are stand-ins on PATH that write down how they were called."""

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pulumi_mlops.image import builder as module
from pulumi_mlops.image.buildah import Buildah
from pulumi_mlops.image.builder import Format, Login, Recipe
from pulumi_mlops.image.docker import Docker
from pulumi_mlops.image.errors import ImageError

LOGIN = Login("111111111111.dkr.ecr.eu-west-1.amazonaws.com", "AWS", "a-token-of-twelve-hours")
TAG = "localhost/mlops/boats-serving:0123456789abcdef"
TARGET = f"{LOGIN.registry}/models:boats-serving-0123456789abcdef"
DIGEST = "sha256:" + "d" * 64
PROGRAM = r"""#!/usr/bin/env python3
import json, os, sys
call = {"argv": sys.argv[1:], "input": sys.stdin.read(), "config": None}
folder = os.environ.get("DOCKER_CONFIG")
if folder and os.path.exists(os.path.join(folder, "config.json")):
    path = os.path.join(folder, "config.json")
    call["config"] = json.load(open(path)); call["mode"] = os.stat(path).st_mode & 0o777; call["folder"] = folder
with open(os.environ["CALLS"], "a") as file:
    file.write(json.dumps(call) + "\n")
if "--digestfile" in sys.argv:
    open(sys.argv[sys.argv.index("--digestfile") + 1], "w").write("sha256:" + "d" * 64)
if sys.argv[1:2] == [os.environ.get("FAILS")]:
    sys.stderr.write("no such package\n"); sys.exit(3)
if sys.argv[1:3] == ["image", "inspect"]:
    print(json.dumps([sys.argv[-1].rpartition(":")[0] + "@sha256:" + "d" * 64]))
if sys.argv[1:3] == ["images", "--json"]:
    print(json.dumps([{"names": ["docker.io/library/base:1", "%s"], "size": "159 MB"}]))
""".replace("%s", TAG)


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[dict[str, Any]]]:
    for name in ("docker", "buildah"):
        program = tmp_path / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(PROGRAM)
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("CALLS", str(tmp_path / "calls"))
    monkeypatch.delenv("DOCKER_CONFIG", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv(module.VARIABLE, raising=False)
    return lambda: [json.loads(line) for line in (tmp_path / "calls").read_text().splitlines()]


def recipe(folder: Path, *, base: str = "docker.io/library/base:1", image_format: Format = Format.OCI) -> Recipe:
    (folder / "Dockerfile").write_text(f"FROM {base}\n")
    platform = "linux/amd64" if image_format is Format.DOCKER else None
    return Recipe(
        TAG, folder / "Dockerfile", folder, {"A": "1"}, {"pip": folder / "pip.conf"}, {"l": "x"}, image_format, platform
    )


def option(call: dict[str, Any], name: str) -> str:
    argv: list[str] = call["argv"]
    return argv[argv.index(name) + 1]


@pytest.mark.parametrize(("image_format", "expected"), [(Format.OCI, "true"), (Format.DOCKER, "false")])
def test_docker_makes_the_manifest_that_is_asked_for_and_no_index(
    image_format: Format, expected: str, tmp_path: Path, calls: Callable[[], list[dict[str, Any]]]
) -> None:
    Docker().build(recipe(tmp_path, image_format=image_format), lambda _: None)
    (call,) = calls()
    assert option(call, "--output") == f"type=image,name={TAG},oci-mediatypes={expected}"
    assert {"--provenance=false", "--sbom=false"} <= set(call["argv"])
    assert (option(call, "--build-arg"), option(call, "--label")) == ("A=1", "l=x")
    assert ("--platform" in call["argv"]) is (image_format is Format.DOCKER)


def test_docker_logs_in_by_settings_that_are_private_and_gone_afterwards(
    tmp_path: Path, calls: Callable[[], list[dict[str, Any]]]
) -> None:
    (tmp_path / ".docker").mkdir()
    (tmp_path / ".docker" / "config.json").write_text('{"currentContext": "remote", "credsStore": "desktop"}')
    assert Docker().push(TAG, TARGET, Format.DOCKER, LOGIN) == DIGEST
    push = next(call for call in calls() if call["argv"][0] == "push")
    assert push["config"]["currentContext"] == "remote"
    assert list(push["config"]["auths"]) == [LOGIN.registry]
    assert push["mode"] == stat.S_IRUSR | stat.S_IWUSR
    assert not Path(push["folder"]).exists()
    assert LOGIN.password not in json.dumps([call["argv"] for call in calls()])
    assert LOGIN.password not in (tmp_path / ".docker" / "config.json").read_text()


def test_docker_uses_the_users_own_login_elsewhere(calls: Callable[[], list[dict[str, Any]]]) -> None:
    Docker().push(TAG, "registry.example.com/models:x", Format.OCI, None)
    assert [call["config"] for call in calls()] == [None, None, None]


@pytest.mark.parametrize(
    ("image_format", "built", "pushed"), [(Format.OCI, "oci", "oci"), (Format.DOCKER, "docker", "v2s2")]
)
def test_buildah_makes_and_pushes_the_manifest_that_is_asked_for(
    image_format: Format, built: str, pushed: str, tmp_path: Path, calls: Callable[[], list[dict[str, Any]]]
) -> None:
    Buildah().build(recipe(tmp_path, image_format=image_format), lambda _: None)
    assert Buildah().push(TAG, TARGET, image_format, None) == DIGEST
    build, push = (call for call in calls() if call["argv"][0] in ("build", "push"))
    assert (option(build, "--format"), option(push, "--format")) == (built, pushed)
    assert push["argv"][-2:] == [TAG, f"docker://{TARGET}"]


def test_buildah_gets_a_token_on_its_input_and_keeps_it_for_one_push(
    calls: Callable[[], list[dict[str, Any]]],
) -> None:
    Buildah().push(TAG, TARGET, Format.DOCKER, LOGIN)
    login, push = calls()
    assert (login["argv"][0], login["input"]) == ("login", LOGIN.password)
    assert LOGIN.password not in json.dumps([login["argv"], push["argv"]])
    file = Path(option(push, "--authfile"))
    assert option(login, "--authfile") == str(file)
    assert not file.parent.exists()


@pytest.mark.parametrize(("base", "is_pulled"), [("docker.io/library/base:1", False), ("registry.example/new:1", True)])
def test_buildah_pulls_a_base_that_is_not_there(
    base: str, is_pulled: bool, tmp_path: Path, calls: Callable[[], list[dict[str, Any]]]
) -> None:
    Buildah().build(recipe(tmp_path, base=base), lambda _: None)
    assert ("--pull-never" not in calls()[-1]["argv"]) is is_pulled


def test_buildah_knows_what_it_holds_and_how_large_it_is(calls: Callable[[], list[dict[str, Any]]]) -> None:
    assert Buildah().holds(TAG)
    assert not Buildah().holds(TAG.replace("0123", "4567"))
    assert Buildah().size_bytes(TAG) == 159_000_000


@pytest.mark.parametrize("program", [Docker, Buildah])
def test_a_build_that_fails_ends_with_its_last_lines(
    program: type[Docker | Buildah],
    tmp_path: Path,
    calls: Callable[[], list[dict[str, Any]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FAILS", "buildx" if program is Docker else "build")
    with pytest.raises(ImageError, match=r"exit code 3\n    no such package"):
        program().build(recipe(tmp_path), lambda _: None)


def test_docker_comes_first_and_buildah_where_no_engine_answers(
    calls: Callable[[], list[dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert module.choice() == module.DOCKER
    monkeypatch.setenv("FAILS", "info")
    assert module.choice() == module.BUILDAH
    monkeypatch.setenv(module.VARIABLE, "docker")
    with pytest.raises(ImageError, match="got docker, and no Docker engine answers"):
        module.choice()
    monkeypatch.setenv(module.VARIABLE, "podman")
    with pytest.raises(ImageError, match="got 'podman', expected docker or buildah"):
        module.choice()


def test_a_machine_with_neither_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv(module.VARIABLE, raising=False)
    with pytest.raises(ImageError, match="expected one of them, fix: start Docker"):
        module.choice()
