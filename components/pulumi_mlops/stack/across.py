"""What is wrong only between stacks: two in one place, or one that uses another's registry without being let in."""

from collections.abc import Iterator, Sequence

from pulumi_mlops._shared import names
from pulumi_mlops._shared.values import host_of
from pulumi_mlops.stack import model_names
from pulumi_mlops.stack.document import StackDocument
from pulumi_mlops.stack.platform.config import Target
from pulumi_mlops.stack.problems import Problem, shown


def problems_between(documents: Sequence[StackDocument]) -> Iterator[Problem]:
    """Yield a problem for each stack in another's place, and for each registry that does not let its user in.

    Args:
        documents: The stacks that are checked together. Registries of others are not judged.
    """
    yield from _places(documents)
    yield from _unprotected(documents)
    yield from _namespaces(documents)
    yield from _accounts(documents)
    yield from _hosts(documents)
    registries = ((_registry(document), document) for document in documents)
    yield from model_names.problems_between([(where, document) for where, document in registries if where is not None])


def _registry(document: StackDocument) -> tuple[object, ...] | None:
    """Return what tells a stack's registry, its own or another's, from all others; None where that is not known."""
    at, owns = document.at, _owns_registry(document)
    where: tuple[object, ...]
    if at("platform", "target") == Target.SAGEMAKER.value:
        account, owner = ("sagemaker", ()) if owns else ("registry", ("registry",))
        namespace = at("platform", *owner, "namespace")
        where = (at("platform", account, "account_id"), namespace, at("platform", "sagemaker", "region"))
    else:
        url = at("platform", "registry", "url")
        used = _service_of(url) if isinstance(url, str) else None
        service = _registry_service(document) if owns else used
        host = host_of(url) if isinstance(url, str) else None
        where = (host,) if service is None else (at("platform", "kubernetes", "context"), *service)
    return where if all(isinstance(part, str) for part in where) else None


def _hosts(documents: Sequence[StackDocument]) -> Iterator[Problem]:
    """Yield each workload that has the host of another in its cluster: of both, one would answer for the other."""
    first: dict[tuple[str, str], str] = {}
    for document in documents:
        context = document.at("platform", "kubernetes", "context")
        for workload in document.keys_at("workloads"):
            path = ("workloads", workload, "endpoint", "expose", "host")
            host = document.at(*path)
            if not isinstance(host, str) or not isinstance(context, str):
                continue
            who = f"{workload} ({document.source})"
            other = first.setdefault((context, host), who)
            if other != who:
                yield document.problem(
                    path,
                    got=f"{shown(host)}, the host of {other} as well",
                    expected="a host of each workload's own: some paths are the same for every model",
                    fix="name another host",
                )


def _unprotected(documents: Sequence[StackDocument]) -> Iterator[Problem]:
    """Yield each registry that other stacks serve from and that its own stack may delete."""
    owners = {place: document for document in documents for place in _own_registry(document)}
    told: set[str] = set()
    for document in documents:
        used = _used_registry(document)
        owner = None if used is None else owners.get(used)
        if owner is None or owner is document or owner.source in told:
            continue
        is_on_aws = document.at("platform", "target") == Target.SAGEMAKER.value
        path = ("platform", "sagemaker" if is_on_aws else "registry", "protect_data")
        if owner.at(*path) is False:
            told.add(owner.source)
            yield owner.problem(
                path,
                got=f"false, while another stack ({document.source}) serves what this one keeps",
                expected="true for as long as another stack uses this registry",
                fix="remove it, or give that stack a registry of its own first",
            )


def _own_registry(document: StackDocument) -> Iterator[object]:
    if _owns_registry(document):
        namespace = document.at("platform", "namespace")
        yield _registry_service(document)
        yield document.at("platform", "sagemaker", "account_id"), namespace


def _used_registry(document: StackDocument) -> object:
    registry = ("platform", "registry")
    url = document.at(*registry, "url")
    if isinstance(url, str):
        return _service_of(url)
    account = document.at(*registry, "account_id")
    return None if account is None else (account, document.at(*registry, "namespace"))


def _places(documents: Sequence[StackDocument]) -> Iterator[Problem]:
    """Yield each stack in the place of an earlier one: each would take the other's objects for its own."""
    first: dict[tuple[object, ...], StackDocument] = {}
    for document in documents:
        place = _place(document)
        if place is None:
            continue
        other = first.setdefault(place, document)
        if other is not document:
            yield document.problem(
                ("platform", "namespace"),
                got=f"{shown(place[-1])} in {place[-2]}, which is the place of another stack ({other.source})",
                expected="a namespace of each stack's own",
                fix="name another namespace, and let that stack's registry allow it where this one uses it",
            )


def _place(document: StackDocument) -> tuple[object, ...] | None:
    at = document.at
    place: tuple[object, ...]
    if at("platform", "target") == Target.SAGEMAKER.value:
        settings = ("platform", "sagemaker")
        where = f"account {at(*settings, 'account_id')}, region {at(*settings, 'region')}"
        place = (at(*settings, "account_id"), at(*settings, "region"), where, at("platform", "namespace"))
    else:
        context = at("platform", "kubernetes", "context")
        place = (context, f"context {context}", at("platform", "namespace"))
    return place if all(isinstance(part, str) for part in place) else None


def _namespaces(documents: Sequence[StackDocument]) -> Iterator[Problem]:
    owners = {_registry_service(document): document for document in documents if _owns_registry(document)}
    for document in documents:
        url, namespace = document.at("platform", "registry", "url"), document.at("platform", "namespace")
        service = _service_of(url) if isinstance(url, str) else None
        owner = None if service is None else owners.get(service)
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


def _accounts(documents: Sequence[StackDocument]) -> Iterator[Problem]:
    owners = {
        (document.at("platform", "sagemaker", "account_id"), document.at("platform", "namespace")): document
        for document in documents
        if _owns_registry(document)
    }
    for document in documents:
        place = (document.at("platform", "registry", "account_id"), document.at("platform", "registry", "namespace"))
        owner, account = owners.get(place), document.at("platform", "sagemaker", "account_id")
        if owner is None or account == place[0]:
            continue
        # A workload's pipeline registers what it trains.
        registers = bool(document.at("workloads"))
        key, use = ("producer_account_ids", "registers in") if registers else ("consumer_account_ids", "uses")
        known = owner.at("platform", "registry", key) or []
        if isinstance(known, list) and account not in known:
            yield owner.problem(
                ("platform", "registry", key),
                got=f"{known} without {shown(account)}, whose stack ({document.source}) {use} this registry",
                expected=f"every account that {use} this registry",
                fix=f"add {account}, or change registry.account_id there",
            )


def _owns_registry(document: StackDocument) -> bool:
    registry = document.at("platform", "registry")
    return isinstance(registry, dict) and not any(registry.get(key) for key in ("url", "account_id"))


def _registry_service(document: StackDocument) -> tuple[str, ...] | None:
    namespace = document.at("platform", "namespace")
    return (names.REGISTRY, namespace) if isinstance(namespace, str) else None


def _service_of(url: str) -> tuple[str, ...] | None:
    """Return name and namespace of the Service that a URL calls, however much of its name is written out."""
    labels = (host_of(url) or "").rstrip(".").split(".")
    return tuple(labels[:2]) if len(labels) == 2 or labels[2:3] == ["svc"] else None
