"""What a job on SageMaker needs to know of views, handed over in its environment.

A value there has at most 256 characters, and there are at most 100 of them (botocore, ProcessingEnvironmentMap), so
what is handed over is short, and in parts.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from mlops_runtime.features.definition import Entity, Feature, FeatureView, ValueType
from mlops_runtime.features.errors import FeatureDefinitionError

VARIABLE = "MLOPS_FEATURE_VIEWS"
"""Beginning of the variables' names; a number of two digits follows."""
PART_CHARACTERS = 256
PARTS_MAX = 90


def in_parts(views: Iterable[FeatureView]) -> dict[str, str]:
    """Return the variables that hold what a job needs of views."""
    # Not sorted: the order of entities is that of the keys in a record identifier.
    text = json.dumps([_short(view) for view in views], separators=(",", ":"))
    starts = range(0, len(text), PART_CHARACTERS)
    parts = [text[start : start + PART_CHARACTERS] for start in starts]
    return {f"{VARIABLE}_{number:02d}": part for number, part in enumerate(parts)}


def from_parts(environment: Mapping[str, str]) -> tuple[FeatureView, ...]:
    """Return the views that an environment's variables hold, without what only people read.

    Raises:
        FeatureDefinitionError: There are none, or something is wrong with them.
    """
    names = sorted(name for name in environment if name.startswith(f"{VARIABLE}_"))
    text = "".join(environment[name] for name in names)
    try:
        return tuple(_view(values) for values in json.loads(text))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        told = f"{VARIABLE}_00: got {text[:80]!r} ({error!r:.80}), expected views, fix: set it as the stack does"
        raise FeatureDefinitionError([told]) from None


def _short(view: FeatureView) -> dict[str, Any]:
    return {
        "name": view.name,
        "version": view.version,
        "entities": {one.name: one.value_type.value for one in view.entities},
        "features": {one.name: one.value_type.value for one in view.features},
        "event_time": view.event_time,
        "source": view.source,
    }


def _view(values: Mapping[str, Any]) -> FeatureView:
    return FeatureView(
        name=values["name"],
        version=values["version"],
        entities=tuple(
            Entity(name=name, value_type=ValueType(kind), description="") for name, kind in values["entities"].items()
        ),
        features=tuple(
            Feature(name=name, value_type=ValueType(kind), description="") for name, kind in values["features"].items()
        ),
        event_time=values["event_time"],
        source=values["source"],
    )
