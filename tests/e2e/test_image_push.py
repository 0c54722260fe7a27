"""`mlops build` pushes with a real buildah to a registry that asks who one is and holds digests against contents."""

import base64
import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pulumi_mlops.cli.app import app
from pulumi_mlops.image.buildah import Buildah
from pulumi_mlops.image.builder import VARIABLE, Format, Login, Recipe
from pulumi_mlops.image.errors import ImageError
from pulumi_mlops.stack import graphs
from sandbox import packages, paths
from sandbox.doctor import Part
from sandbox.images import buildah as sandbox_buildah
from tests.e2e.conftest import skip_unless_possible
from tests.image_project import write_project
from tests.oci_registry import PASSWORD, USER, Registry, serve

pytestmark = pytest.mark.e2e

# Nothing is run in it: what is tried is what leaves the machine.
DOCKERFILE = "FROM scratch\nCOPY mlops/requirements.txt /mlops/\nCOPY mlops/workload /mlops/workload\n"
REPOSITORY = "team/models"
OCI = "application/vnd.oci.image.manifest.v1+json"
DOCKER = "application/vnd.docker.distribution.manifest.v2+json"
PIN = re.compile(r"(pipeline|serving): (\S+)@(sha256:[0-9a-f]{64})")


@pytest.fixture
def registry() -> Iterator[Registry]:
    with serve() as running:
        yield running


@pytest.fixture
def buildah(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sandbox's buildah on PATH, with a storage and logins of the test's own."""
    skip_unless_possible(Part.IMAGES)
    # Writes the command that has the sandbox's own settings; its program takes those of the test.
    sandbox_buildah.Buildah(packages.tool("buildah"), lambda *_: None)
    command = (paths.cache_root() / "images" / "commands" / "buildah").read_text(encoding="utf-8")
    storage = tmp_path / "storage.conf"
    storage.write_text(f'[storage]\ndriver = "vfs"\nrunroot = "{tmp_path}/run"\ngraphroot = "{tmp_path}/graph"\n')
    folder = tmp_path / "bin"
    folder.mkdir()
    own = re.sub(r"(?m)^export CONTAINERS_STORAGE_CONF=.*$", f"export CONTAINERS_STORAGE_CONF={storage}", command)
    # What it is called with is written down: no secret may be among it.
    (folder / "buildah").write_text(own.replace("\nexec ", f'\nprintf "%s\\n" "$*" >> {tmp_path}/calls\nexec '))
    (folder / "buildah").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv(VARIABLE, "buildah")


@pytest.fixture
def project(tmp_path: Path, registry: Registry, buildah: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A project whose images go to the registry, of a user who has logged in."""
    root = write_project(tmp_path / "project")
    for image in ("pipeline", "serving"):
        (root / "images" / image).mkdir(parents=True)
        (root / "images" / image / "Dockerfile").write_text(DOCKERFILE)
    file = root / "stacks" / "Pulumi.dev.yaml"
    images = f'    images: {{repository: "{registry.host}/{REPOSITORY}"}}\n'
    file.write_text(file.read_text().replace("    owner: team-boats\n", f"    owner: team-boats\n{images}"))
    (root / "stacks" / "Pulumi.dev-aws.yaml").unlink()
    monkeypatch.chdir(root / "infra")
    monkeypatch.setattr(sys, "path", [*sys.path])
    graphs._loaded.cache_clear()
    yield root
    graphs._loaded.cache_clear()
    for name in [name for name in sys.modules if name.startswith("boat_")]:
        del sys.modules[name]


def log_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, registry: Registry, password: str) -> None:
    """Leave what `buildah login` leaves."""
    token = base64.b64encode(f"{USER}:{password}".encode()).decode()
    file = tmp_path / "auth.json"
    file.write_text(json.dumps({"auths": {registry.host: {"auth": token}}}))
    monkeypatch.setenv("REGISTRY_AUTH_FILE", str(file))


def build(*more: str) -> Result:
    return CliRunner().invoke(app, ["build", "--stack", "dev", *more])


def pins(project: Path) -> dict[str, tuple[str, str]]:
    text = (project / "stacks" / "Pulumi.dev.yaml").read_text()
    return {image: (repository, digest) for image, repository, digest in PIN.findall(text)}


def test_what_is_pinned_is_what_the_registry_holds(
    project: Path, registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log_in(tmp_path, monkeypatch, registry, PASSWORD)
    result = build()
    assert result.exit_code == 0, result.stderr
    pinned = pins(project)
    assert sorted(pinned) == ["pipeline", "serving"]
    for image, (repository, digest) in pinned.items():
        assert repository == f"{registry.host}/{REPOSITORY}"
        media_type, _ = registry.held.manifests[REPOSITORY, digest]
        assert media_type == OCI
        tags = [tag for (_, tag), held in registry.held.tags.items() if held == digest]
        assert len(tags) == 1
        assert tags[0].startswith(f"boat-prices-{image}-")
    for text in (result.stdout, result.stderr, (tmp_path / "calls").read_text()):
        assert PASSWORD not in text
        assert base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode() not in text

    asked, uploads = len(registry.held.requests), list(registry.held.uploads)
    assert "unchanged" in build().stdout
    assert len(registry.held.requests) == asked, "what has been pushed is known from the record"

    # A colleague's checkout has no such record: pushed again, and nothing of it is new.
    (project / "stacks" / "images.lock").unlink()
    again = build()
    assert again.exit_code == 0, again.stderr
    assert (pins(project), registry.held.uploads) == (pinned, uploads)
    assert len(registry.held.requests) > asked


@pytest.mark.parametrize("password", ["wrong", None])
def test_a_wrong_login_or_none_is_told_and_pins_nothing(
    project: Path, registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, password: str | None
) -> None:
    if password is not None:
        log_in(tmp_path, monkeypatch, registry, password)
    else:
        (tmp_path / "none.json").write_text('{"auths": {}}')
        monkeypatch.setenv("REGISTRY_AUTH_FILE", str(tmp_path / "none.json"))
    before = (project / "stacks" / "Pulumi.dev.yaml").read_text()
    result = build()
    assert result.exit_code == 1
    assert "unauthorized" in result.stderr.lower()
    assert f"fix: buildah login {registry.host}" in result.stderr
    assert "Traceback" not in result.stderr
    assert (project / "stacks" / "Pulumi.dev.yaml").read_text() == before
    assert registry.held.manifests == {}


@pytest.mark.parametrize(("image_format", "media_type"), [(Format.OCI, OCI), (Format.DOCKER, DOCKER)])
@pytest.mark.usefixtures("buildah")
def test_a_target_gets_the_manifest_that_it_takes(
    registry: Registry, tmp_path: Path, image_format: Format, media_type: str
) -> None:
    """SageMaker's hosting takes Docker's alone. The login is one that AWS gives: it is in no file of the user's."""
    context = tmp_path / "context"
    context.mkdir()
    (context / "Dockerfile").write_text("FROM scratch\nCOPY Dockerfile /\n")
    tag = "localhost/boats/serving:0123456789abcdef"
    Buildah().build(Recipe(tag, context / "Dockerfile", context, {}, {}, {}, image_format), lambda _: None)
    login = Login(registry.host, USER, PASSWORD)
    digest = Buildah().push(tag, f"{registry.host}/{REPOSITORY}:x", image_format, login)
    assert registry.held.manifests[REPOSITORY, digest][0] == media_type
    assert registry.held.tags[REPOSITORY, "x"] == digest
    assert PASSWORD not in (tmp_path / "calls").read_text()
    with pytest.raises(ImageError, match=re.escape(f"fix: buildah login {registry.host}")) as caught:
        Buildah().push(tag, f"{registry.host}/{REPOSITORY}:x", image_format, Login(registry.host, USER, "wrong word"))
    assert "wrong word" not in str(caught.value)
