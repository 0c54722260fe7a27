"""What is wrong only between stacks: one uses another's registry without being let in."""

from collections.abc import Iterator, Sequence

from pulumi_mlops.config.document import StackDocument
from pulumi_mlops.config.problems import Problem, shown
from pulumi_mlops.config.scalars import host_of


def problems_between(documents: Sequence[StackDocument]) -> Iterator[Problem]:
    """Yield a problem for each stack that uses the registry of another one that does not allow its namespace.

    Args:
        documents: The stacks that are checked together. Registries of others are not judged.
    """
    owners = {
        _registry_host(document): document
        for document in documents
        if isinstance(document.at("platform", "registry"), dict) and not document.at("platform", "registry", "url")
    }
    for document in documents:
        url, namespace = document.at("platform", "registry", "url"), document.at("platform", "namespace")
        owner = owners.get(host_of(url)) if isinstance(url, str) else None
        if owner is None:
            continue
        allowed = owner.at("platform", "registry", "allowed_namespaces") or []
        if isinstance(allowed, list) and namespace not in allowed:
            yield owner.problem(
                ("platform", "registry", "allowed_namespaces"),
                got=f"{allowed} without {shown(namespace)}, whose stack ({document.source}) uses this registry",
                expected="every namespace that uses this registry",
                fix=f"add {namespace}, or change registry.url there",
            )


def _registry_host(document: StackDocument) -> str | None:
    namespace = document.at("platform", "namespace")
    return f"mlflow.{namespace}.svc.cluster.local" if isinstance(namespace, str) else None
