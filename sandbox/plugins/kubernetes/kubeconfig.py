"""Finds the cluster and the credentials that a configuration means."""

import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from sandbox.plugins.kubernetes.configuration import Configuration
from sandbox.plugins.kubernetes.errors import UnreachableError
from sandbox.plugins.kubernetes.objects import dict_at, list_at, text_at

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    from kubernetes.client.configuration import Configuration as ClientConfiguration
    from kubernetes.config import incluster_config, kube_config
    from kubernetes.config.config_exception import ConfigException

DEFAULT_PATH = Path("~/.kube/config")


@dataclass(frozen=True)
class Target:
    """A cluster and how to get into it.

    Attributes:
        client: Server, certificates and tokens, as the official client holds them.
        server: The API server's URL.
        context: The kubeconfig's context; empty when there is none.
        namespace: The context's namespace, "default" when it names none.
    """

    client: Any = field(repr=False)
    server: str
    context: str
    namespace: str

    def __str__(self) -> str:
        context = f'context "{self.context}", ' if self.context else ""
        return f"{context}server {self.server}"


def load(configuration: Configuration) -> Target:
    """Read the kubeconfig; without one, takes the credentials of the pod that this runs in.

    Raises:
        UnreachableError: There is no usable kubeconfig; says where it was looked for.
    """
    content, origin = _content(configuration)
    if content is None:
        return _in_cluster(origin)
    merged = _selected(content, configuration, origin)
    client = ClientConfiguration()
    try:
        kube_config.load_kube_config_from_dict(merged, client_configuration=client, persist_config=False)
    except (ConfigException, OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise UnreachableError(f"kubeconfig {origin}: {_first_line(error)}") from error
    client.proxy = client.proxy or None
    context = text_at(merged, "current-context")
    namespace = text_at(_named(merged, "contexts", context), "context", "namespace")
    return Target(client=client, server=client.host, context=context, namespace=namespace or "default")


def server_of(configuration: Configuration) -> str | None:
    """Return the API server's URL that a configuration means, or None when its kubeconfig cannot be read."""
    try:
        return load(configuration).server
    except UnreachableError:
        return None


def _content(configuration: Configuration) -> tuple[dict[str, Any] | None, str]:
    """Return the kubeconfig, several files merged, and how to call it in a message."""
    text = configuration.kubeconfig
    if text and ("\n" in text or text.lstrip().startswith("{")):
        return _parsed(text, "(given as text)"), "(given as text)"
    explicit = bool(text)
    paths = [Path(part).expanduser() for part in (text or str(DEFAULT_PATH)).split(":") if part]
    origin = ":".join(str(path) for path in paths)
    files = [path for path in paths if path.is_file()]
    if not files:
        if explicit:
            raise UnreachableError(f"kubeconfig {origin}: no such file")
        return None, origin
    documents = [_with_absolute_paths(_parsed(path.read_text(encoding="utf-8"), str(path)), path) for path in files]
    return _merged(documents), origin


def _parsed(text: str, origin: str) -> dict[str, Any]:
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        # The parser quotes the text around the fault, which may be a credential.
        mark = getattr(error, "problem_mark", None)
        place = f", line {mark.line + 1}" if mark else ""
        raise UnreachableError(f"kubeconfig {origin}{place}: not YAML") from None
    if not isinstance(document, dict):
        raise UnreachableError(f"kubeconfig {origin}: expected a mapping with clusters, contexts and users")
    return document


def _with_absolute_paths(document: dict[str, Any], file: Path) -> dict[str, Any]:
    keys = ("certificate-authority", "client-certificate", "client-key", "tokenFile")
    for section, inner in (("clusters", "cluster"), ("users", "user")):
        for entry in list_at(document, section):
            settings = dict_at(entry, inner)
            for key in keys:
                if text_at(settings, key):
                    settings[key] = str(file.parent / settings[key])
    return document


def _merged(documents: list[dict[str, Any]]) -> dict[str, Any]:
    """Merge as kubectl does: of what has the same name, the first counts."""
    merged = dict(documents[0])
    for document in documents[1:]:
        for section in ("clusters", "contexts", "users"):
            names = {text_at(entry, "name") for entry in list_at(merged, section)}
            others = [entry for entry in list_at(document, section) if text_at(entry, "name") not in names]
            merged[section] = [*list_at(merged, section), *others]
        merged.setdefault("current-context", document.get("current-context"))
    return merged


def _selected(document: dict[str, Any], configuration: Configuration, origin: str) -> dict[str, Any]:
    """Return the kubeconfig with the chosen context as its current one, and the chosen cluster in that."""
    name = configuration.context or text_at(document, "current-context")
    context = _named(document, "contexts", name)
    if not name or not context:
        known = ", ".join(sorted(text_at(entry, "name") for entry in list_at(document, "contexts"))) or "none"
        got = f'context "{name}" is not there' if name else "no current context"
        raise UnreachableError(f"kubeconfig {origin}: {got}; expected one of: {known}; set kubernetes:context")
    inner = dict(dict_at(context, "context"))
    if configuration.cluster:
        inner["cluster"] = configuration.cluster
    if not _named(document, "clusters", text_at(inner, "cluster")):
        raise UnreachableError(f'kubeconfig {origin}: cluster "{text_at(inner, "cluster")}" is not there')
    return {**document, "current-context": name, "contexts": [{"name": name, "context": inner}]}


def _named(document: dict[str, Any], section: str, name: str) -> dict[str, Any]:
    return next((entry for entry in list_at(document, section) if text_at(entry, "name") == name), {})


def _in_cluster(origin: str) -> Target:
    client = ClientConfiguration()
    try:
        incluster_config.load_incluster_config(client_configuration=client)
    except ConfigException as error:
        raise UnreachableError(
            f"there is no kubeconfig at {origin}, and this is not a pod; set KUBECONFIG or kubernetes:kubeconfig"
        ) from error
    namespace = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
    name = namespace.read_text(encoding="utf-8").strip() if namespace.is_file() else "default"
    return Target(client=client, server=client.host, context="", namespace=name)


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
