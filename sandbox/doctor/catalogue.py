"""Every prerequisite, and which part of the sandbox needs it."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import partial

from sandbox.doctor import compiling, disk, image_tools, machine, network
from sandbox.doctor.finding import Finding


class Part(str, Enum):
    """A part of the sandbox that can be brought up by itself."""

    ENGINE = "engine"
    CLUSTER = "cluster"
    IMAGES = "images"
    PLUGINS = "plugins"


@dataclass(frozen=True)
class Check:
    """One prerequisite and how to look for it.

    Attributes:
        look: Looks for it.
        parts: The parts of the sandbox that need it.
        own_node_only: Whether a cluster of the user's own makes it needless.
    """

    look: Callable[[], Finding]
    parts: tuple[Part, ...]
    own_node_only: bool = False


_EVERY = tuple(Part)
_ENGINE = (Part.ENGINE, Part.PLUGINS)
_NODE = (Part.CLUSTER,)


def checks_for(context: str | None, parts: tuple[Part, ...]) -> tuple[Check, ...]:
    """Return the prerequisites in the order of the table; some depend on what else is wanted.

    Args:
        context: The context of the user's own cluster; None for a node of the sandbox.
        parts: The parts that are wanted.
    """
    engine = bool(set(_ENGINE) & set(parts))
    node = context is None and Part.CLUSTER in parts
    with_images = Part.IMAGES in parts
    return (
        Check(machine.operating_system, _EVERY),
        Check(machine.python, _EVERY),
        Check(compiling.pulumi, _ENGINE),
        Check(partial(compiling.compiler, engine=engine, node=node), (*_ENGINE, Part.CLUSTER)),
        Check(machine.administrator, _NODE, own_node_only=True),
        Check(machine.base_programs, _NODE, own_node_only=True),
        Check(machine.overlay_mounts, _NODE, own_node_only=True),
        Check(machine.control_groups, _NODE, own_node_only=True),
        Check(network.nftables, _NODE, own_node_only=True),
        Check(network.packet_queues, _NODE, own_node_only=True),
        Check(machine.node_programs, _NODE, own_node_only=True),
        Check(network.addresses, _NODE, own_node_only=True),
        Check(network.ports, _NODE, own_node_only=True),
        Check(machine.memory, _NODE, own_node_only=True),
        Check(partial(image_tools.image_builder, context), (Part.IMAGES,)),
        Check(partial(disk.disk, engine=engine, node=node, with_images=with_images), _EVERY),
    )
