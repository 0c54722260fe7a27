from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class RenderedResource:
    """One resource as the program declares it.

    Attributes:
        path: Its identity, like `mlops:index:Workload$kubernetes:apps/v1:Deployment::churn`.
        parent: The path of its parent; None below the stack itself.
        provider: The name of its explicit provider; None where there is none.
        depends_on: The paths of what it waits for, sorted.
        inputs: Plain values; unknown ones as `<name.property>`, secrets as `[secret]`.
        options: The options that differ from Pulumi's own defaults.
    """

    path: str
    parent: str | None
    provider: str | None
    depends_on: tuple[str, ...]
    inputs: dict[str, Any]
    options: dict[str, Any] = field(default_factory=dict)

    def to_document(self) -> dict[str, Any]:
        """Return the resource as plain data, without what is empty."""
        document = {
            "resource": self.path,
            "parent": self.parent,
            "provider": self.provider,
            "depends_on": list(self.depends_on),
            "options": self.options,
            "inputs": self.inputs,
        }
        return {key: value for key, value in document.items() if value not in (None, [], {})}


@dataclass(frozen=True)
class RenderedStack:
    """Everything that a stack's program declares.

    Attributes:
        stack: The stack's name.
        resources: Its resources, sorted by path.
        outputs: The stack's outputs by name.
    """

    stack: str
    resources: tuple[RenderedResource, ...]
    outputs: dict[str, Any]

    def to_document(self) -> dict[str, Any]:
        """Return the stack as plain data."""
        return {
            "stack": self.stack,
            "outputs": self.outputs,
            "resources": [resource.to_document() for resource in self.resources],
        }
