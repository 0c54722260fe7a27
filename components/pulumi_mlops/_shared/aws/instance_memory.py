"""How much memory machines and their accelerators have: a list that comes with this package.

`generate_instance_types` writes it and says where it is from.
"""

import functools
import json
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

FILE = Path(__file__).with_name("instance_memory.json")


class AcceleratorKind(Enum):
    """What accelerators of a machine are driven by."""

    GPU = "gpu"
    """NVIDIA's driver."""
    NEURON = "neuron"
    """AWS's Neuron driver: Inferentia and Trainium."""


@dataclass(frozen=True)
class InstanceMemory:
    """Memory of a machine."""

    memory_mib: int
    accelerator: AcceleratorKind | None = None
    accelerators_memory_mib: int = 0
    """Of all accelerators together."""

    @property
    def most_mib(self) -> int:
        """The most that a model can have on the machine, wherever it is put."""
        return max(self.memory_mib, self.accelerators_memory_mib)


@functools.cache
def memory_of(instance_type: str) -> InstanceMemory | None:
    """Return the memory of a type of machine; None where it is not known."""
    found = _lists().get(instance_type)
    if found is None:
        return None
    memory_mib, *accelerators = found
    if not accelerators:
        return InstanceMemory(int(memory_mib))
    kind, accelerators_memory_mib = accelerators
    return InstanceMemory(int(memory_mib), AcceleratorKind(kind), int(accelerators_memory_mib))


@functools.cache
def _lists() -> dict[str, list[int | str]]:
    lists: dict[str, list[int | str]] = json.loads(FILE.read_text(encoding="utf-8"))
    return lists
