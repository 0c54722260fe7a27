"""The variables with which `pulumi`, `kubectl` and `mlops` use the sandbox."""

import os
import secrets
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

from sandbox import paths
from sandbox.aws import lifecycle as aws_lifecycle
from sandbox.aws.lifecycle import OfflineAws
from sandbox.cluster import users_context
from sandbox.cluster.target import SANDBOX_CONTEXT
from sandbox.engine import current_engine
from sandbox.engine.plugins import downloads_are_refused
from sandbox.files import exclusive, write_atomically

_PASSPHRASE_BYTES = 32


def environment() -> dict[str, str]:
    """Returns the variables, on top of the caller's own environment.

    PATH leads to the commands of this Python, and to the sandbox's Pulumi, uv and buildah when the user has none. A
    backend or a passphrase that the user has set stays unused: the sandbox's stacks never mix with the user's. So does
    a kubeconfig; where the sandbox uses a cluster of the user's own, its own kubeconfig holds a copy of that one
    context.

    Returns:
        PATH, PULUMI_…, KUBECONFIG and, with a cluster of the user's own, MLOPS_KUBE_CONTEXT. The passphrase is named
        as a file, never given.
    """
    paths.claim(paths.state_root())
    backend = paths.pulumi_backend()
    backend.mkdir(parents=True, exist_ok=True)
    variables = {
        "PATH": _path_with_programs(os.environ.get("PATH", os.defpath)),
        "PULUMI_HOME": str(paths.pulumi_home()),
        "PULUMI_BACKEND_URL": backend_url(backend),
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(ensure_passphrase()),
        "PULUMI_LOG_ROTATION_MAX_TOTAL_MB": "50",
        "PULUMI_SKIP_UPDATE_CHECK": "1",
        "KUBECONFIG": str(paths.kubeconfig()),
    }
    context = users_context.current(paths.kubeconfig())
    if context not in (None, SANDBOX_CONTEXT):
        # The stack files name the sandbox's own.
        variables[users_context.VARIABLE] = str(context)
    offline_aws = aws_lifecycle.current()
    if offline_aws is not None:
        variables |= aws_variables(offline_aws)
    if downloads_are_refused():
        # Else every command first tries, for seconds, to download plugins of packages that no program here uses.
        variables["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] = "true"
    return variables


def aws_variables(running: OfflineAws) -> dict[str, str]:
    """Returns what leads AWS's own libraries, and the stacks' provider, to the offline AWS and nowhere else."""
    return {
        "AWS_ENDPOINT_URL": running.url,
        "MLOPS_AWS_ENDPOINT_URL": running.url,
        "AWS_ACCESS_KEY_ID": "offline",
        "AWS_SECRET_ACCESS_KEY": "offline",
        "AWS_SESSION_TOKEN": "",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def backend_url(folder: Path) -> str:
    """Returns the URL of a file backend that a kill at any moment leaves readable.

    Pulumi replaces a stack's file in one step, but not the file of attributes that it keeps beside it: when it is
    killed in between, that one is empty, and the stack cannot be loaded any more. Nothing needs those attributes.
    """
    return f"{folder.as_uri()}?metadata=skip"


def merged(base: Mapping[str, str]) -> dict[str, str]:
    """Returns a whole environment: `base` with the sandbox's variables.

    What would lead elsewhere is left out, like a passphrase, which Pulumi would take before the sandbox's file.
    """
    kept = {name: value for name, value in base.items() if name not in unwanted()}
    return {**kept, **environment()}


def exports() -> str:
    """Returns the variables as lines for a POSIX shell, to be used as `eval "$(.venv/bin/python -m sandbox env)"`."""
    lines = [f"export {name}={shlex.quote(value)}" for name, value in sorted(environment().items())]
    return "\n".join([f"unset {' '.join(unwanted())}", *lines, ""])


def unwanted() -> tuple[str, ...]:
    """Returns variables that would lead elsewhere whatever the sandbox sets: a passphrase, a profile of AWS."""
    return ("PULUMI_CONFIG_PASSPHRASE", *(("AWS_PROFILE",) if aws_lifecycle.current() is not None else ()))


def ensure_passphrase() -> Path:
    """Returns the file with the passphrase of the stacks' secrets, generating it the first time, with mode 0600."""
    file = paths.pulumi_passphrase()
    if not file.is_file():
        with exclusive(paths.claim(paths.state_root()) / "locks" / "passphrase", "generating the passphrase"):
            if not file.is_file():
                write_atomically(file, secrets.token_urlsafe(_PASSPHRASE_BYTES) + "\n", mode=0o600)
    return file


def _path_with_programs(path: str) -> str:
    engine = current_engine()
    # `mlops` and `python` of this environment, then the engine that was built.
    first = [Path(sys.executable).parent]
    if engine is not None and engine.is_built:
        first.append(engine.folder)
    others = [entry for entry in path.split(os.pathsep) if entry and Path(entry) not in first]
    # Last, so that a uv or a buildah of the user's own comes first, as it does in the Makefile.
    programs = (paths.uv_folder() / "uv", paths.builder_folder() / "buildah")
    last = [str(program.parent) for program in programs if program.is_file()]
    return os.pathsep.join([*map(str, first), *(entry for entry in others if entry not in last), *last])
