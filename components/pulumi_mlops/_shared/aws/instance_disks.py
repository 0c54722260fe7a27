"""How large the disks are that come with a machine, which has no volume besides: a list that comes with this package.

`generate_instance_types` writes it and says where it is from.
"""

import functools
import json
from pathlib import Path

FILE = Path(__file__).with_name("instance_disks.json")


def disk_gb(instance_type: str) -> int | None:
    """Return the size of a machine's own disks together, in GB; None where it has none, or it is not known."""
    return _sizes().get(instance_type)


@functools.cache
def _sizes() -> dict[str, int]:
    sizes: dict[str, int] = json.loads(FILE.read_text(encoding="utf-8"))
    return sizes
