"""Building the engine's command line from the Go module in `sandbox/go/engine`."""

import hashlib
import platform
import shutil
from pathlib import Path

from sandbox import commands, go_patches, paths, versions
from sandbox.engine.folders import made_whole
from sandbox.errors import SandboxError
from sandbox.go_caches import compiling
from sandbox.progress import step

PROGRAM = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
SDK_MODULE = "github.com/pulumi/pulumi/sdk/v3"
EXECUTOR = "pulumi-language-python-exec"

_PATCHED = ("github.com/aws/aws-sdk-go-v2/service/s3", "github.com/pulumi/pulumi/pkg/v3", "gocloud.dev")
"""The modules that link the clouds' libraries: key services, object stores, log services."""


def built_engine() -> Path:
    """Return the folder with `pulumi` and the SDK's executor of programs, building them when they are missing.

    Raises:
        SandboxError: Go is missing or the build fails.
    """
    folder = paths.cache_root() / "engine" / build_key()
    if _is_complete(folder):
        return folder
    with compiling("building the Pulumi engine") as environment:
        if not _is_complete(folder):
            _build_into(folder, environment)
    return folder


def is_built() -> bool:
    """Tells whether the engine of this checkout is in the cache, used by a state or not."""
    return _is_complete(paths.cache_root() / "engine" / build_key())


def build_key() -> str:
    """Names a build: the pinned version, and a hash of the module's files, flags and platform."""
    digest = hashlib.sha256()
    for path in sorted(path for path in _module().rglob("*") if path.is_file()):
        digest.update(f"{path.relative_to(_module())}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
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


def _build_into(folder: Path, environment: dict[str, str]) -> None:
    if shutil.which("go") is None:
        raise SandboxError(
            "go: not found on PATH; the Pulumi engine is built with it",
            f"install Go {'.'.join(map(str, versions.GO_MINIMUM))} or newer from https://go.dev/dl/, "
            "or Pulumi itself from https://www.pulumi.com/docs/install/",
        )
    name = f"compile the Pulumi engine {versions.PULUMI} (about three minutes, once)"
    with step(name) as current, made_whole(folder) as making:
        with_patches = f"-modfile={go_patches.patched(_module(), _PATCHED, environment)}"
        commands.follow(
            ["go", "build", "-v", with_patches, *_flags(), "-o", making / "pulumi", PROGRAM],
            current.detail,
            environment=environment,
            folder=_module(),
        )
        find_sdk = ["go", "list", "-m", "-f", "{{.Dir}}", SDK_MODULE]
        sdk = commands.run(find_sdk, folder=_module(), environment=environment).strip()
        executor = making / EXECUTOR
        shutil.copyfile(Path(sdk) / "python" / "cmd" / EXECUTOR, executor)
        executor.chmod(0o755)
        current.note(f"{(making / 'pulumi').stat().st_size / 2**20:.0f} MiB")
