"""Finds the shape that botocore has for each property of a resource type."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

import botocore.session
from botocore.model import ListShape, OperationModel, ServiceModel, Shape, StructureShape

from sandbox.plugins.aws.table import Form, Property, ResourceType

# botocore's session is for one thread at a time.
_lock = threading.Lock()
_session = botocore.session.Session()

LOADER = _session.get_component("data_loader")
"""Reads botocore's descriptions of services, and keeps them: reading one takes a while."""


@dataclass(frozen=True)
class Node:
    """A property, and where AWS has it.

    Attributes:
        spec: What the table says of it.
        members: Where it is in the structure around it; empty for one that AWS never hears of.
        shape: What AWS takes there; None for one that AWS never hears of.
        children: The properties in it.
    """

    spec: Property
    members: tuple[str, ...]
    shape: Any
    children: tuple["Node", ...] = ()

    @property
    def name(self) -> str:
        """The property's name."""
        return self.spec.name

    @property
    def is_list(self) -> bool:
        """Whether programs write a list."""
        if self.spec.form is Form.SINGLE:
            return True
        plain = self.spec.form is Form.PLAIN
        return plain and self.shape is not None and self.shape.type_name == "list"

    @property
    def single(self) -> Any:
        """The shape of one value: of a list's element, else the shape itself."""
        return self.shape.member if isinstance(self.shape, ListShape) else self.shape


@cache
def service_model(service: str) -> ServiceModel:
    """Return botocore's description of a service."""
    with _lock:
        return _session.get_service_model(service)


def operation_model(service: str, operation: str) -> OperationModel:
    """Return botocore's description of an operation."""
    return service_model(service).operation_model(operation)


@cache
def nodes(kind: ResourceType) -> tuple[Node, ...]:
    """Return the properties of a resource type, with the shapes of the operation that creates it."""
    return _nodes(kind.properties, operation_model(kind.service, kind.create).input_shape)


def takes(service: str, operation: str, member: str) -> bool:
    """Tells whether an operation has a parameter."""
    shape = operation_model(service, operation).input_shape
    return shape is not None and member in shape.members


def _nodes(properties: Iterable[Property], around: StructureShape) -> tuple[Node, ...]:
    return tuple(_node(each, around) for each in properties)


def _node(property_: Property, around: StructureShape) -> Node:
    if property_.is_local:
        return Node(property_, (), None)
    members, shape = [], around
    for step in (property_.member or property_.name).split("."):
        member = _member(shape, step)
        members.append(member)
        shape = shape.members[member]
    children = _nodes(property_.children, _single(shape)) if property_.children else ()
    return Node(property_, tuple(members), shape, children)


def _single(shape: Shape) -> Any:
    return shape.member if isinstance(shape, ListShape) else shape


def _member(shape: Any, step: str) -> str:
    """Find a structure's member whatever the case of its letters: `memorySizeInMb` is `MemorySizeInMB`."""
    found = [name for name in shape.members if name.lower() == step.lower()]
    if not found:
        raise LookupError(f"{shape.name}: has no member {step}; expected one of {', '.join(shape.members)}")
    return str(found[0])
