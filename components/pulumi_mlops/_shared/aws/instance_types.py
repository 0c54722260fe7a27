"""Which instance types SageMaker has, by region and by use: lists that come with this package, so nothing is asked.

`generate_instance_types` writes the lists and says where they are from.
"""

import functools
import json
from enum import Enum
from pathlib import Path

FILE = Path(__file__).with_name("instance_types.json")
PREFIX = "ml."


class InstanceUse(Enum):
    """What a machine is for. Each use has instance types of its own."""

    ENDPOINT = "endpoints"
    TRAINING = "training"
    PROCESSING = "processing"


def regions() -> frozenset[str]:
    """Return the regions that have SageMaker."""
    return frozenset(_lists()["absent"])


@functools.cache
def supported(region: str, use: InstanceUse) -> frozenset[str]:
    """Return the instance types for a use in a region.

    Where it is not known what a region offers (China and GovCloud, and regions that are new), these are all types that
    the use has anywhere. A region without SageMaker has none.
    """
    lists = _lists()
    if region not in lists["absent"]:
        return frozenset()
    return frozenset(lists["uses"][use.value]).difference(lists["absent"][region])


@functools.cache
def _lists() -> dict[str, dict[str, list[str]]]:
    lists: dict[str, dict[str, list[str]]] = json.loads(FILE.read_text(encoding="utf-8"))
    return lists
