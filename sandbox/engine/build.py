"""Building the engine's command line from the Go module in `sandbox/go/engine`."""

import hashlib
import os
import platform
import shutil
import subprocess
import tempfile
from collections import deque
from collections.abc import Callable
from pathlib import Path

from sandbox import paths, versions
from sandbox.commands import CommandError, failure, run
from sandbox.errors import SandboxError
from sandbox.files import exclusive
from sandbox.progress import step

PROGRAM = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
SDK_MODULE = "github.com/pulumi/pulumi/sdk/v3"
EXECUTOR = "pulumi-language-python-exec"

_ENVIRONMENT = {"CGO_ENABLED": "0", "GOFLAGS": "-buildvcs=false"}
_REMEMBERED_LINES = 40


def built_engine() -> Path:
    """Returns the folder with `pulumi` and the SDK's executor of programs, building them when they are missing.

    Raises:
        SandboxError: Go is missing or the build fails.
    """
    folder = paths.cache_root() / "engine" / build_key()
    if _is_complete(folder):
        return folder
    paths.claim(paths.cache_root())
    with exclusive(paths.cache_root() / "engine.lock", "building the Pulumi engine"):
        if not _is_complete(folder):
            _build_into(folder)
    return folder


def build_key() -> str:
    """Names a build: the pinned version, and a hash of the module files, flags and platform."""
    digest = hashlib.sha256()
    for name in ("go.mod", "go.sum"):
        digest.update((_module() / name).read_bytes())
    for text in (*_flags(), platform.system(), platform.machine()):
        digest.update(text.encode() + b"\0")
    return f"{versions.PULUMI}-{digest.hexdigest()[:16]}"


def _module() -> Path:
    return paths.sources() / "go" / "engine"


def _flags() -> list[str]:
    stamp = f"-X {SDK_MODULE}/go/common/version.Version={versions.PULUMI}"
    return ["-trimpath", "-ldflags", f"-s -w {stamp}"]


def _is_complete(folder: Path) -> bool:
    return (folder / "pulumi").is_file() and (folder / EXECUTOR).is_file()


def _build_into(folder: Path) -> None:
    if shutil.which("go") is None:
        raise SandboxError(
            "go: not found on PATH; the Pulumi engine is built with it",
            "install Go 1.26 or newer, or Pulumi itself (https://www.pulumi.com/docs/install/)",
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (
        step(f"build the Pulumi engine {versions.PULUMI}") as current,
        tempfile.TemporaryDirectory(dir=folder.parent, prefix=".building-") as temporary,
    ):
        building = Path(temporary) / "engine"
        building.mkdir()
        command = ["go", "build", "-v", *_flags(), "-o", str(building / "pulumi"), PROGRAM]
        _compile(command, current.detail)
        sdk = run(
            ["go", "list", "-m", "-f", "{{.Dir}}", SDK_MODULE], folder=_module(), environment=_ENVIRONMENT
        ).strip()
        executor = building / EXECUTOR
        shutil.copyfile(Path(sdk) / "python" / "cmd" / EXECUTOR, executor)
        executor.chmod(0o755)
        if folder.exists():
            shutil.rmtree(folder)
        building.rename(folder)


def _compile(command: list[str], report: Callable[[str], None]) -> None:
    """Runs the compiler, which names each package that it compiles on its standard error."""
    last: deque[str] = deque(maxlen=_REMEMBERED_LINES)
    with subprocess.Popen(
        command,
        cwd=_module(),
        env={**os.environ, **_ENVIRONMENT},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    ) as process:
        assert process.stderr is not None  # noqa: S101 - it was asked for
        try:
            for line in process.stderr:
                last.append(line)
                report(line.strip())
        except BaseException:
            process.terminate()
            raise
    if process.returncode != 0:
        raise CommandError(failure(command, process.returncode, "".join(last)))
