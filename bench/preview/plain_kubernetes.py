"""Kubernetes objects as a plain program declares them."""

from dataclasses import dataclass

from bench.preview.plain_program import Resource, Variables, arguments, name_of, token_of

_HEAD = """import pulumi
import pulumi_kubernetes as kubernetes

provider = kubernetes.Provider("kubernetes", context={context!r})
"""


@dataclass(frozen=True)
class PlainKubernetes:
    """A cluster.

    Attributes:
        context: The context of the kubeconfig.
    """

    context: str

    @property
    def head(self) -> str:
        """See `PlainTarget`."""
        return _HEAD.format(context=self.context)

    def is_written(self, token: str) -> bool:
        """See `PlainTarget`."""
        return token.startswith("kubernetes:")

    def call(self, resource: Resource, variables: Variables, options: str) -> str:  # noqa: ARG002 - of the protocol
        """See `PlainTarget`."""
        group, kind = token_of(resource).split(":")[1:]
        module = group.replace(".k8s.io", "").replace("/", ".")
        inputs = {key: value for key, value in resource["inputs"].items() if key not in {"apiVersion", "kind"}}
        return (
            f"kubernetes.{module}.{kind}(\n    {name_of(resource['resource'])!r},\n{arguments(inputs)}"
            f"    opts=pulumi.ResourceOptions(provider=provider, {options}),\n)"
        )
