"""Where the sandbox keeps things, outside every checkout.

The cache holds what can be built again and is shared by all clones. The state holds what runs:
the cluster, its kubeconfig, Pulumi's home and backend.
"""

import os
from pathlib import Path

from sandbox.errors import SandboxError

MARKER = ".pulumi-mlops-sandbox"


def sources() -> Path:
    """Folder of this package."""
    return Path(__file__).resolve().parent


def checkout() -> Path:
    """Root of the checkout that this package stands in."""
    return sources().parent


def uv_folder() -> Path:
    """Folder of the uv that the Makefile installs where there is none on PATH."""
    return checkout() / ".uv" / "bin"


def builder_folder() -> Path:
    """Folder of the `buildah` that uses the sandbox's storage, for `mlops build` where there is no Docker."""
    return cache_root() / "images" / "commands"


def cache_root() -> Path:
    """Folder of built things: MLOPS_SANDBOX_CACHE, else `pulumi-mlops` in the user's cache."""
    return _root("MLOPS_SANDBOX_CACHE", "XDG_CACHE_HOME", Path(".cache"))


def state_root() -> Path:
    """Folder of running things: MLOPS_SANDBOX_STATE, else `pulumi-mlops` in the user's state."""
    return _root("MLOPS_SANDBOX_STATE", "XDG_STATE_HOME", Path(".local", "state"))


def kubeconfig() -> Path:
    """Kubeconfig with the context `mlops-sandbox`, and copies of the user's own contexts that were taken."""
    return state_root() / "kubeconfig"


def pulumi_home() -> Path:
    """PULUMI_HOME of the sandbox, so that the user's own is left alone."""
    return state_root() / "pulumi-home"


def pulumi_backend() -> Path:
    """Folder of Pulumi's file backend: the state of every stack."""
    return state_root() / "pulumi-backend"


def pulumi_passphrase() -> Path:
    """File with the generated passphrase of the stacks' secrets, mode 0600."""
    return state_root() / "pulumi-passphrase"


def claim(root: Path) -> Path:
    """Makes a root folder and marks it as the sandbox's.

    Args:
        root: What `cache_root` or `state_root` returned.

    Returns:
        The same folder, which exists now.

    Raises:
        SandboxError: When the folder holds files that are not the sandbox's; they would be lost on removal.
    """
    marker = root / MARKER
    if marker.exists():
        return root
    # Asked for once more at the end: another thread or process may be claiming it just now.
    if root.is_dir() and any(root.iterdir()) and not marker.exists():
        raise SandboxError(
            f"{root}: got a folder with other files, expected an empty one or one of the sandbox's own",
            "name an empty folder in MLOPS_SANDBOX_CACHE and MLOPS_SANDBOX_STATE",
        )
    root.mkdir(parents=True, exist_ok=True, mode=0o711)
    marker.touch()
    return root


def _root(variable: str, xdg_variable: str, below_home: Path) -> Path:
    if named := os.environ.get(variable):
        return Path(named).expanduser().resolve()
    base = os.environ.get(xdg_variable)
    return (Path(base) if base else Path.home() / below_home).resolve() / "pulumi-mlops"
