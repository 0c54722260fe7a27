"""The cluster's programs, compiled from the Go module in `go/node` into the cache."""

import hashlib
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from sandbox import commands, go_patches, paths, progress, versions
from sandbox.errors import SandboxError
from sandbox.go_caches import compiling

PROGRAMS = ("kubernetes-node", "coredns", "pause", "volume-provisioner", "metrics-server")

_METRICS_SERVER = "sigs.k8s.io/metrics-server/cmd/metrics-server"
_PATCHED = ("github.com/google/nftables", "sigs.k8s.io/kube-network-policies")
_STAMPED = ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")


def built() -> Path | None:
    """Folder of the compiled programs; None when they are not compiled yet."""
    folder = _folder()
    return folder if all((folder / name).is_file() for name in PROGRAMS) else None


def ensure() -> Path:
    """Compiles the programs unless they are in the cache.

    Returns:
        The folder that holds them.

    Raises:
        SandboxError: When there is no Go, or it cannot compile them.
    """
    if (folder := built()) is not None:
        return folder
    with compiling("compiling Kubernetes") as environment:
        if (folder := built()) is None:
            folder = _folder()
            _compile_into(folder, environment)
    return folder


def fetch_modules(environment: Mapping[str, str]) -> None:
    """Fetch what the programs are compiled from, unless it is there: goes well beside other compiling.

    Args:
        environment: The variables for `go`.

    Raises:
        SandboxError: Something cannot be fetched.
    """
    commands.run(["go", "list", "-deps", "./cmd/...", _METRICS_SERVER], environment=environment, folder=_module())


def key() -> str:
    """Names what would be built: the pinned version, the flags and the content of the module."""
    digest = hashlib.sha256()
    module = _module()
    for path in sorted(path for path in module.rglob("*") if path.is_file()):
        digest.update(f"{path.relative_to(module)}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    for build in _builds():
        digest.update("\0".join(build).encode())
    return f"{versions.KUBERNETES}-{digest.hexdigest()[:16]}"


def _folder() -> Path:
    return paths.cache_root() / "cluster" / key()


def _module() -> Path:
    return paths.sources() / "go" / "node"


def _builds() -> list[list[str]]:
    major, minor, _ = versions.KUBERNETES.removeprefix("v").split(".")
    values = {"gitVersion": versions.KUBERNETES, "gitMajor": major, "gitMinor": minor, "gitTreeState": "clean"}
    stamp = " ".join(f"-X {package}.{name}={value}" for package in _STAMPED for name, value in values.items())
    return [
        ["-trimpath", "-ldflags", f"-s -w {stamp}", "./cmd/kubernetes-node"],
        ["-trimpath", "-ldflags", "-s -w", "./cmd/coredns", "./cmd/pause", "./cmd/volume-provisioner", _METRICS_SERVER],
    ]


def _compile_into(folder: Path, environment: Mapping[str, str]) -> None:
    if shutil.which("go") is None:
        raise SandboxError(
            "go: not found on PATH; the cluster's programs are compiled with it",
            f"install Go {'.'.join(map(str, versions.GO_MINIMUM))} or newer from https://go.dev/dl/, "
            "or use a cluster of your own with MLOPS_KUBE_CONTEXT",
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (
        progress.step(f"compile Kubernetes {versions.KUBERNETES} (about five minutes, once)") as current,
        tempfile.TemporaryDirectory(dir=folder.parent, prefix=".building-") as temporary,
    ):
        building = Path(temporary) / "programs"
        building.mkdir()
        with_patches = f"-modfile={go_patches.patched(_module(), _PATCHED, environment)}"
        for build in _builds():
            commands.follow(
                ["go", "build", "-v", with_patches, "-o", f"{building}/", *build],
                current.detail,
                environment=environment,
                folder=_module(),
            )
        shutil.rmtree(folder, ignore_errors=True)
        building.rename(folder)
        size = sum(path.stat().st_size for path in folder.iterdir())
        current.note(f"{size / 2**20:.0f} MiB")
