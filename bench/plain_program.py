"""A stack's Kubernetes objects as a plain Pulumi program: what one would write by hand, without the components."""

import re
from collections.abc import Mapping, Sequence
from pprint import pformat
from typing import Any

_KUBERNETES = "kubernetes:"
_HEAD = """import pulumi
import pulumi_kubernetes as kubernetes

provider = kubernetes.Provider("kubernetes", context={context!r})
"""


def plain_program(resources: Sequence[Mapping[str, Any]], context: str) -> str:
    """Writes the program.

    Args:
        resources: The resources of a stack, as `mlops render --json` gives them.
        context: The context of the kubeconfig.

    Returns:
        A module that declares the same objects under the same names, in an order that their dependencies allow.
    """
    objects = [resource for resource in resources if _token(resource).startswith(_KUBERNETES)]
    variables = {resource["resource"]: f"object_{number}" for number, resource in enumerate(objects)}
    written: list[str] = []
    waiting, known = list(objects), set[str]()
    while waiting:
        ready = [resource for resource in waiting if known.issuperset(_dependencies(resource, variables))]
        if not ready:
            raise ValueError("the resources depend on each other in a circle")
        written += [_statement(resource, variables) for resource in ready]
        known.update(resource["resource"] for resource in ready)
        waiting = [resource for resource in waiting if resource["resource"] not in known]
    return "\n".join([_HEAD.format(context=context), *written])


def _token(resource: Mapping[str, Any]) -> str:
    return str(resource["resource"]).rpartition("$")[2].partition("::")[0]


def _dependencies(resource: Mapping[str, Any], variables: Mapping[str, str]) -> list[str]:
    return [name for name in resource.get("depends_on", ()) if name in variables]


def _statement(resource: Mapping[str, Any], variables: Mapping[str, str]) -> str:
    name = str(resource["resource"]).rpartition("::")[2]
    group, kind = _token(resource).split(":")[1:]
    module = group.replace(".k8s.io", "").replace("/", ".")
    inputs = "".join(
        f"    {_snake_case(key)}={pformat(value, width=100, sort_dicts=False)},\n"
        for key, value in resource["inputs"].items()
        if key not in {"apiVersion", "kind"}
    )
    options = [f"provider=provider, depends_on=[{', '.join(variables[n] for n in _dependencies(resource, variables))}]"]
    given = resource.get("options", {})
    if given.get("deleteBeforeReplace"):
        options.append("delete_before_replace=True")
    if "customTimeouts" in given:
        options.append(f"custom_timeouts=pulumi.CustomTimeouts(**{given['customTimeouts']!r})")
    return (
        f"{variables[resource['resource']]} = kubernetes.{module}.{kind}(\n    {name!r},\n{inputs}"
        f"    opts=pulumi.ResourceOptions({', '.join(options)}),\n)\n"
    )


def _snake_case(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
