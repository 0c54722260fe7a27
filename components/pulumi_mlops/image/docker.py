"""Building with Docker."""

import base64
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from pulumi_mlops._shared import processes
from pulumi_mlops._shared.files import write_atomically
from pulumi_mlops._shared.processes import ProcessError
from pulumi_mlops.image import host
from pulumi_mlops.image.builder import DOCKER, Format, Login, Recipe, refused_push
from pulumi_mlops.image.errors import ImageError


class Docker:
    """A Docker engine with buildx, which pulls the bases itself."""

    @property
    def description(self) -> str:
        """Which program this is."""
        return "Docker"

    def holds(self, tag: str) -> bool:
        """Whether an image of this name is there already."""
        return bool(_run(["image", "ls", "--quiet", tag]).strip())

    def build(self, recipe: Recipe, report: Callable[[str], None]) -> None:
        """Build an image. An attestation would turn it into an index, which SageMaker refuses."""
        is_oci = "true" if recipe.format is Format.OCI else "false"
        output = f"type=image,name={recipe.tag},oci-mediatypes={is_oci}"
        command: list[str | Path] = ["docker", "buildx", "build", "--progress", "plain", "--file", recipe.dockerfile]
        command += ["--provenance=false", "--sbom=false", "--output", output]
        command += ["--platform", recipe.platform] if recipe.platform else []
        for name, value in recipe.arguments.items():
            command += ["--build-arg", f"{name}={value}"]
        for name in host.read_settings().proxies:
            command += ["--build-arg", name]
        for name, value in recipe.labels.items():
            command += ["--label", f"{name}={value}"]
        for identity, file in recipe.secrets.items():
            command += ["--secret", f"id={identity},src={file}"]
        try:
            processes.follow([*command, recipe.context], report, with_output=True)
        except ProcessError as error:
            raise ImageError(str(error), "read the last lines above: the step that failed stands there") from error

    def push(self, tag: str, target: str, image_format: Format, login: Login | None) -> str:
        """Push an image to a registry and return its digest there. Its format is the one that it was built in."""
        del image_format
        _run(["tag", tag, target])
        with _settings(login) as variables:
            try:
                processes.run([DOCKER, "push", "--quiet", target], environment=variables)
            except ProcessError as error:
                raise refused_push(error, DOCKER, target) from error
        listed = json.loads(_run(["image", "inspect", "--format", "{{json .RepoDigests}}", target]))
        repository = target.rpartition(":")[0]
        digests: list[str] = [entry for entry in listed if entry.startswith(f"{repository}@")]
        if not digests:
            problem = f"{target}: got no digest from Docker once it was pushed, expected one"
            raise ImageError(problem, f"look at `docker image inspect {tag}`")
        return digests[0].partition("@")[2]

    def size_bytes(self, tag: str) -> int:
        """Return what the image's layers take when unpacked."""
        return int(_run(["image", "inspect", "--format", "{{.Size}}", tag]).strip())


@contextmanager
def _settings(login: Login | None) -> Iterator[Mapping[str, str]]:
    """Let Docker log in by a folder of settings that is gone afterwards: no token stays in the user's own.

    Yields:
        The variables that lead Docker there; none without a login, where it uses the user's.
    """
    if login is None:
        yield {}
        return
    own = Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker")
    token = base64.b64encode(f"{login.user}:{login.password}".encode()).decode()
    settings: dict[str, object] = {"auths": {login.registry: {"auth": token}}}
    try:
        context = json.loads((own / "config.json").read_text(encoding="utf-8")).get("currentContext")
    except (OSError, ValueError):
        context = None
    with tempfile.TemporaryDirectory(prefix="mlops-docker-") as folder:
        if context:
            # Which engine the user works with.
            settings["currentContext"] = context
            if (own / "contexts").is_dir():
                (Path(folder) / "contexts").symlink_to(own / "contexts")
        write_atomically(Path(folder) / "config.json", json.dumps(settings), mode=0o600)
        yield {"DOCKER_CONFIG": folder}


def _run(arguments: Sequence[str | Path]) -> str:
    try:
        return processes.run([DOCKER, *arguments])
    except ProcessError as error:
        raise ImageError(str(error), "look at `docker info`") from error
