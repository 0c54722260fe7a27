"""The cluster that a person names by a context of their own kubeconfig."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from sandbox import commands, paths
from sandbox.cluster import build, kubeconfig
from sandbox.cluster.target import SANDBOX_CONTEXT, Cluster
from sandbox.errors import SandboxError

VARIABLE = "MLOPS_KUBE_CONTEXT"

_Entry = dict[str, Any]
_FILE_KEYS = ("certificate-authority", "client-certificate", "client-key", "tokenFile")


def named(option: str | None) -> str | None:
    """Return the context that was named: by the option, else by MLOPS_KUBE_CONTEXT; None when neither names one."""
    return option or os.environ.get(VARIABLE) or None


def take(context: str) -> Cluster:
    """Take a cluster of the user's own: its context alone is copied to the sandbox's kubeconfig.

    Contexts that were taken before stay there.

    Args:
        context: Name of the context.

    Returns:
        The cluster, which answers.

    Raises:
        SandboxError: When the context is not there, or its cluster does not answer.
    """
    document = extract(context, files_for(context, os.environ))
    paths.claim(paths.state_root())
    kubeconfig.publish(document)
    cluster = Cluster(context, paths.kubeconfig())
    check_answers(cluster)
    return cluster


def users_files(environment: Mapping[str, str]) -> list[Path]:
    """Return the user's kubeconfig files, in the order in which kubectl reads them, without the sandbox's own."""
    listed = environment.get("KUBECONFIG")
    files = [Path(name) for name in listed.split(os.pathsep) if name] if listed else [Path.home() / ".kube" / "config"]
    return [file for file in files if file.resolve() != paths.kubeconfig() and file.is_file()]


def files_for(context: str, environment: Mapping[str, str]) -> list[Path]:
    """Return the kubeconfig files in which to look for a context.

    In a shell with the variables of `python -m sandbox env`, KUBECONFIG leads to the sandbox's own file alone: then
    the user's usual file is looked at, and last the copy that the sandbox has taken before.
    """
    if files := users_files(environment):
        return files
    files = users_files({})
    own = paths.kubeconfig()
    is_copied = context != SANDBOX_CONTEXT and own.is_file() and _find(context, "contexts", [(own, _read(own))])
    return [*files, own] if is_copied else files


def extract(context: str, files: list[Path]) -> _Entry:
    """Read one context out of kubeconfig files.

    Args:
        context: Name of the context.
        files: The files; the first that names something wins.

    Returns:
        A kubeconfig with that context, its cluster and its user, free of relative paths.

    Raises:
        SandboxError: When the context is in none of them, or names a cluster or user that is not.
    """
    documents = [(file, _read(file)) for file in files]
    found = _find(context, "contexts", documents)
    if found is None:
        known = sorted({entry["name"] for _, document in documents for entry in document.get("contexts") or []})
        raise SandboxError(
            f"context {context!r}: not in {', '.join(map(str, files)) or 'any kubeconfig'}; "
            f"known are {', '.join(known) or 'none'}",
            f"name one of these in {VARIABLE}, or name none to get a cluster of the sandbox",
        )
    entries = {"contexts": found}
    for key, plural in (("cluster", "clusters"), ("user", "users")):
        name = found["context"].get(key, "")
        entry = _find(name, plural, documents)
        if entry is None:
            raise SandboxError(f"context {context!r}: its {key} {name!r} is in none of {', '.join(map(str, files))}")
        entries[plural] = entry
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": context,
        **{plural: [entry] for plural, entry in entries.items()},
    }


def check_answers(cluster: Cluster) -> None:
    """Asks a cluster for its version.

    Raises:
        SandboxError: When it does not answer.
    """
    asked = ("--kubeconfig", str(cluster.kubeconfig), "--context", cluster.context, "--request-timeout=10s")
    try:
        commands.run([*kubectl(), *asked, "version"], timeout_seconds=60)
    except commands.CommandError as error:
        raise SandboxError(
            f"context {cluster.context!r}: its cluster does not answer\n{error.problem}",
            "start that cluster, or log in to it",
        ) from error


def current(file: Path) -> str | None:
    """Return the current context of a kubeconfig; None when there is no such file."""
    return _read(file).get("current-context") if file.is_file() else None


def kubectl() -> list[str]:
    """How kubectl is called: the one on PATH, else the one that the sandbox compiled.

    Raises:
        SandboxError: When there is neither.
    """
    if found := shutil.which("kubectl"):
        return [found]
    if binaries := build.built():
        return [str(binaries / "kubernetes-node"), "kubectl"]
    raise SandboxError("kubectl: not on PATH", "install it: https://kubernetes.io/docs/tasks/tools/")


def _read(file: Path) -> _Entry:
    try:
        document = yaml.safe_load(file.read_text())
    except (OSError, yaml.YAMLError) as error:
        raise SandboxError(f"{file}: not a kubeconfig: {error}") from error
    if not isinstance(document, dict):
        raise SandboxError(f"{file}: not a kubeconfig: got {type(document).__name__}, expected a mapping")
    return document


def _find(name: str, plural: str, documents: list[tuple[Path, _Entry]]) -> _Entry | None:
    for file, document in documents:
        for entry in document.get(plural) or []:
            if entry.get("name") == name:
                return _with_absolute_paths(entry, file.parent)
    return None


def _with_absolute_paths(entry: _Entry, folder: Path) -> _Entry:
    def absolute(key: str, value: object) -> object:
        return str((folder / value).resolve()) if key in _FILE_KEYS and isinstance(value, str) else value

    return {
        outer: {key: absolute(key, value) for key, value in inner.items()} if isinstance(inner, dict) else inner
        for outer, inner in entry.items()
    }
