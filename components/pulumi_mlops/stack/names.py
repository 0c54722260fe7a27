"""Names that a stack on Kubernetes must not take: somebody else has them, or another object of the stack."""

from collections.abc import Iterator

from pulumi_mlops._shared import names
from pulumi_mlops.stack.document import StackDocument
from pulumi_mlops.stack.problems import Problem, shown

# https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/: `kube-` is the cluster's own, and
# `default` is there before any stack.
RESERVED_PREFIX = "kube-"
DEFAULT_NAMESPACE = "default"
REGISTRY_NAMES = (names.REGISTRY, names.database_of(names.REGISTRY))


def problems_of(document: StackDocument, *, owns_registry: bool) -> Iterator[Problem]:
    """Yield each name that is taken.

    Args:
        document: The stack.
        owns_registry: Whether it runs a registry, in the namespace of its workloads.
    """
    yield from _namespace(document)
    yield from _workloads(document, owns_registry=owns_registry)


def _namespace(document: StackDocument) -> Iterator[Problem]:
    namespace = document.at("platform", "namespace")
    if not isinstance(namespace, str):
        return
    if namespace == DEFAULT_NAMESPACE or namespace.startswith(RESERVED_PREFIX):
        yield document.problem(
            ("platform", "namespace"),
            got=shown(namespace),
            expected="a namespace of the stack's own, which it creates and deletes",
            fix="name another, like flights-dev",
        )


def _workloads(document: StackDocument, *, owns_registry: bool) -> Iterator[Problem]:
    taken = dict.fromkeys(REGISTRY_NAMES if owns_registry else (), "the stack's own registry")
    workloads = list(document.keys_at("workloads"))
    for store in document.keys_at("feature_stores"):
        objects = (
            names.feature_server_of(store),
            names.online_store_of(store),
            names.materialisation_of(store),
        )
        taken |= dict.fromkeys(objects, f"the feature store {store}")
    for name in workloads:
        made_of_it = (names.pipeline_of, names.truth_check_of, names.batch_of, names.outside_of)
        made = (*(name_of(name) for name_of in made_of_it), *names.of_monitoring(name))
        taken |= dict.fromkeys(made, f"the workload {name}")
    for name in workloads:
        if name in taken:
            yield document.problem(
                ("workloads", name),
                got=f"a workload named {shown(name)}, which is the name of objects of {taken[name]}",
                expected="a name of its own within the namespace",
                fix="rename it",
            )
