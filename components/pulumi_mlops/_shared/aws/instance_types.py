"""Which machines SageMaker offers where, and for what: the lists that come with this package."""

import json
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("instance_types.json")


class InstanceUse(Enum):
    """What a machine is for. SageMaker has other types for each."""

    ENDPOINT = "endpoints"
    TRAINING = "training"
    PROCESSING = "processing"


def regions() -> frozenset[str]:
    """Return the regions that the lists know."""
    return frozenset(_lists()["lacking"])


@cache
def supported(region: str, use: InstanceUse) -> frozenset[str]:
    """Return the instance types that a region offers for a use; none for a region that the lists do not know.

    The lists are made from AWS's own descriptions, as `generate_instance_types` says, and are of the day on which this
    package was made. AWS adds types; it rarely takes one away.
    """
    lists = _lists()
    if region not in lists["lacking"]:
        return frozenset()
    return frozenset(lists["uses"][use.value]) - frozenset(lists["lacking"][region])


@cache
def _lists() -> Any:
    return json.loads(FILE.read_text(encoding="utf-8"))
