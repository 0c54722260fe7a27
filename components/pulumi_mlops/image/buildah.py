"""Building with buildah, which needs no daemon."""

import json
import re
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from pulumi_mlops._shared import processes
from pulumi_mlops._shared.processes import ProcessError
from pulumi_mlops.image import dockerfile
from pulumi_mlops.image.builder import BUILDAH, Format, Login, Recipe, refused_push
from pulumi_mlops.image.errors import ImageError

LOCAL_REGISTRY = re.compile(r"(localhost|127\.0\.0\.1|\[::1\])(:\d+)?/")
# What containers-common installs as /etc/containers/policy.json. Without any, buildah does nothing at all.
_POLICY = '{"default": [{"type": "insecureAcceptAnything"}]}\n'
_POLICIES = (Path.home() / ".config/containers/policy.json", Path("/etc/containers/policy.json"))
_FORMATS = {Format.OCI: "oci", Format.DOCKER: "v2s2"}
_UNITS = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9}


class Buildah:
    """The buildah on PATH, with this user's storage and settings: the variables CONTAINERS_… and BUILDAH_… count."""

    @property
    def description(self) -> str:
        """Which program this is."""
        return "buildah"

    def holds(self, tag: str) -> bool:
        """Whether an image of this name is there already."""
        return any(tag in (image.get("names") or []) for image in self._images())

    def build(self, recipe: Recipe, report: Callable[[str], None]) -> None:
        """Build an image. Bases that are there already are taken as they are, the others are pulled."""
        bases = dockerfile.bases(dockerfile.read(recipe.dockerfile))
        command: list[str | Path] = ["build", "--tag", recipe.tag, "--file", recipe.dockerfile, "--layers"]
        command += ["--format", recipe.format.value]
        command += ["--pull-never"] if all(self.holds(base) for base in bases) else []
        command += ["--platform", recipe.platform] if recipe.platform else []
        for name, value in recipe.arguments.items():
            command += ["--build-arg", f"{name}={value}"]
        for name, value in recipe.labels.items():
            command += ["--label", f"{name}={value}"]
        for identity, file in recipe.secrets.items():
            command += ["--secret", f"id={identity},src={file}"]
        with tempfile.TemporaryDirectory(prefix="mlops-buildah-") as folder:
            try:
                processes.follow(
                    [BUILDAH, *command, *_signature_policy(Path(folder)), recipe.context], report, with_output=True
                )
            except ProcessError as error:
                raise ImageError(str(error), "read the last lines above: the step that failed stands there") from error

    def push(self, tag: str, target: str, image_format: Format, login: Login | None) -> str:
        """Push an image to a registry and return its digest there."""
        with tempfile.TemporaryDirectory(prefix="mlops-buildah-") as name:
            folder = Path(name)
            policy = _signature_policy(folder)
            digest = folder / "digest"
            arguments: list[str | Path] = [
                "push",
                "--quiet",
                "--format",
                _FORMATS[image_format],
                "--digestfile",
                digest,
            ]
            # Docker speaks plain HTTP to a registry on this machine as well.
            plain = ["--tls-verify=false"] if LOCAL_REGISTRY.match(target) else []
            try:
                if login is not None:
                    authentication: list[str | Path] = ["--authfile", folder / "auth.json"]
                    account = ["--username", login.user, "--password-stdin", login.registry]
                    processes.run([BUILDAH, "login", *authentication, *plain, *account], input_text=login.password)
                    arguments += authentication
                processes.run([BUILDAH, *arguments, *plain, *policy, tag, f"docker://{target}"])
            except ProcessError as error:
                raise refused_push(error, BUILDAH, target) from error
            return digest.read_text(encoding="utf-8").strip()

    def size_bytes(self, tag: str) -> int:
        """Return what the image's layers take when unpacked, to three digits."""
        for image in self._images():
            if tag in (image.get("names") or []):
                number, unit = str(image["size"]).split()
                return round(float(number) * _UNITS[unit.upper()])
        raise ImageError(f"{tag}: got no image of this name in buildah's storage, expected one", "build it again")

    def _images(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(_run(["images", "--json"])) or []
        return found


def _signature_policy(folder: Path) -> list[str | Path]:
    """Return what names a signature policy, where this machine has none of its own."""
    if any(policy.is_file() for policy in _POLICIES):
        return []
    file = folder / "policy.json"
    file.write_text(_POLICY, encoding="utf-8")
    return ["--signature-policy", file]


def _run(arguments: Sequence[str | Path]) -> str:
    try:
        return processes.run([BUILDAH, *arguments])
    except ProcessError as error:
        raise ImageError(str(error), "look at `buildah info`") from error
