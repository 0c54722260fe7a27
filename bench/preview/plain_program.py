"""A stack's objects as a plain Pulumi program: what one would write by hand, without the components."""

import re
from collections.abc import Mapping, Sequence
from pprint import pformat
from typing import Any, Protocol

Resource = Mapping[str, Any]
"""A resource, as `mlops render --json` gives it."""
Variables = Mapping[str, str]
"""The program's variable of each resource, by its path."""


class PlainTarget(Protocol):
    """How the resources of one target are written."""

    @property
    def head(self) -> str:
        """The program's beginning: its imports, and the provider in the variable `provider`."""

    def is_written(self, token: str) -> bool:
        """Tell whether resources of a type belong in the program."""

    def call(self, resource: Resource, variables: Variables, options: str) -> str:
        """Write what creates a resource.

        Args:
            resource: The resource.
            variables: See `Variables`.
            options: The resource's options, written already.
        """


def plain_program(resources: Sequence[Resource], target: PlainTarget) -> str:
    """Writes the program.

    Args:
        resources: The resources of a stack.
        target: How they are written.

    Returns:
        A module that declares the same objects under the same names, in an order that their dependencies allow.

    Raises:
        ValueError: When the resources depend on each other in a circle.
    """
    written = [resource for resource in resources if target.is_written(token_of(resource))]
    variables = {resource["resource"]: f"object_{number}" for number, resource in enumerate(written)}
    statements = [
        f"{variables[resource['resource']]} = {target.call(resource, variables, _options(resource, variables))}\n"
        for resource in _ordered(written, variables)
    ]
    return "\n".join([target.head, *statements])


def token_of(resource: Resource) -> str:
    """Returns a resource's type."""
    return str(resource["resource"]).rpartition("$")[2].partition("::")[0]


def name_of(path: str) -> str:
    """Returns the name that a resource's path ends with."""
    return path.rpartition("::")[2]


def arguments(values: Mapping[str, Any]) -> str:
    """Writes values as keyword arguments of a resource, a line for each; those that are `Code` as they are."""
    return "".join(
        f"    {snake_case(key)}={pformat(value, width=100, sort_dicts=False)},\n" for key, value in values.items()
    )


def snake_case(name: str) -> str:
    """Returns a property's name as Python spells it."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


class Code(str):
    """A piece of the program among the values of a resource."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def _ordered(resources: Sequence[Resource], variables: Variables) -> list[Resource]:
    ordered: list[Resource] = []
    waiting, known = list(resources), set[str]()
    while waiting:
        ready = [resource for resource in waiting if known.issuperset(_dependencies(resource, variables))]
        if not ready:
            raise ValueError("the resources depend on each other in a circle")
        ordered += ready
        known.update(resource["resource"] for resource in ready)
        waiting = [resource for resource in waiting if resource["resource"] not in known]
    return ordered


def _dependencies(resource: Resource, variables: Variables) -> list[str]:
    return [path for path in resource.get("depends_on", ()) if path in variables]


def _options(resource: Resource, variables: Variables) -> str:
    options = [f"depends_on=[{', '.join(variables[path] for path in _dependencies(resource, variables))}]"]
    given = resource.get("options", {})
    options += [
        f"{snake_case(key)}=True" for key in ("deleteBeforeReplace", "retainOnDelete", "protect") if given.get(key)
    ]
    if "ignoreChanges" in given:
        options.append(f"ignore_changes={given['ignoreChanges']!r}")
    if "replaceOnChanges" in given:
        options.append(f"replace_on_changes={given['replaceOnChanges']!r}")
    if "customTimeouts" in given:
        options.append(f"custom_timeouts=pulumi.CustomTimeouts(**{given['customTimeouts']!r})")
    return ", ".join(options)
