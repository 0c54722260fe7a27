"""What a change of a feature definition means for the data that is there: its class, and what happens on each target.

Pure: two documents of `mlops_runtime.features.definition` in, differences out. It stands below the nouns because a
resource of our own needs it too, which refuses a change in a preview (`dynamic/feature_schema.py`).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

Document = Mapping[str, Any]


class ChangeClass(IntEnum):
    """How far a change reaches. That of several changes is the greatest of theirs."""

    NONE = 0
    """Nothing changes."""
    COMPATIBLE = 1
    """Data and readers stay as they are: a description, a unit's name, a longer time to live, another source."""
    ADDITIVE = 2
    """Something new beside what is there: a feature, a view, a version of a view."""
    BREAKING = 3
    """Data is lost, or its readers get something else: removed, renamed, another type, another key or event time."""

    @property
    def label(self) -> str:
        """Return its name as it is shown."""
        return self.name.lower()


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One difference between two definitions."""

    view: str
    """The view with its version, such as `weather_v1`: what an acknowledgement names."""
    path: str
    """Where it is in the definition, such as `views.weather_v1.features.wind_speed.value_type`."""
    old: object
    """What is deployed; None where it is new."""
    new: object
    """What is defined now; None where it is gone."""
    change: ChangeClass
    kubernetes: str
    """What happens on Kubernetes, with Feast."""
    sagemaker: str
    """What happens on SageMaker, with a feature group."""
    fix: str
    """How to do without the loss; empty where nothing is lost."""

    def __str__(self) -> str:
        return f"{self.change.label}: {self.path}: {_shown(self.old)} -> {_shown(self.new)}"


@dataclass(frozen=True)
class _Effect:
    """What a kind of change does, as `Difference` tells it."""

    change: ChangeClass
    kubernetes: str
    sagemaker: str
    fix: str = ""


_NEW_VERSION = "keep version {version} as it is, and define the change as version {next} beside it"
_LOST_ON_SAGEMAKER = (
    "DeleteFeatureGroup and CreateFeatureGroup: the online records are lost; what is in S3 and its Glue table stay, "
    "and the new group writes elsewhere"
)
_ANOTHER = _Effect(
    ChangeClass.BREAKING,
    "feast apply replaces the view: what is in the online store is read wrongly or not at all",
    _LOST_ON_SAGEMAKER,
    _NEW_VERSION,
)
_TEXT_ONLY = _Effect(
    ChangeClass.COMPATIBLE, "feast apply writes it into the registry", "nothing changes: AWS keeps none"
)
_UNIT = _Effect(
    ChangeClass.COMPATIBLE,
    "feast apply writes it into the registry; the values stay what they are",
    "nothing changes: AWS keeps none; the values stay what they are",
)
_LONGER = _Effect(
    ChangeClass.COMPATIBLE,
    "feast apply: rows of up to that age are answered from then on",
    "UpdateFeatureGroup, in place: for the records put from then on",
)
_SHORTER = _Effect(
    ChangeClass.BREAKING,
    "feast apply: rows older than that are no longer answered",
    "UpdateFeatureGroup, in place: records put from then on expire earlier",
    _NEW_VERSION,
)
_SOURCE = _Effect(
    ChangeClass.COMPATIBLE,
    "the next materialisation reads there; what is in the online store stays",
    "the next ingestion reads there; the records stay",
)
_STORES = _Effect(
    ChangeClass.BREAKING,
    "feast apply: the view is looked up, or kept, no longer or from now on",
    f"UpdateFeatureGroup cannot turn a store on or off. {_LOST_ON_SAGEMAKER}",
    _NEW_VERSION,
)
_UNKNOWN = _Effect(
    ChangeClass.BREAKING,
    "not known to leave the data as it is",
    "not known to leave the data as it is",
    _NEW_VERSION,
)
_FEATURE_ADDED = _Effect(
    ChangeClass.ADDITIVE,
    "feast apply adds it; it is null until the next materialisation",
    "UpdateFeatureGroup adds it in place; records that are there lack it until they are put again",
)
_FEATURE_REMOVED = _Effect(
    ChangeClass.BREAKING,
    "feast apply removes it: who asks for it is refused",
    f"UpdateFeatureGroup cannot remove a feature. {_LOST_ON_SAGEMAKER}",
    f"leave it defined; or {_NEW_VERSION}",
)
_VIEW_ADDED = _Effect(
    ChangeClass.ADDITIVE, "feast apply adds it; the next materialisation fills it", "CreateFeatureGroup"
)
_VIEW_REMOVED = _Effect(
    ChangeClass.BREAKING,
    "feast apply removes it with what is in the online store; its source stays",
    "DeleteFeatureGroup: the online records are lost; what is in S3 and its Glue table stay",
    "put version {version} back, beside the version that follows it, until nobody reads it",
)
_ENTITY_EFFECTS: Mapping[str, _Effect] = {"description": _TEXT_ONLY}
_FEATURE_EFFECTS: Mapping[str, _Effect] = {"description": _TEXT_ONLY, "unit": _UNIT, "value_type": _ANOTHER}
_VIEW_EFFECTS: Mapping[str, _Effect] = {
    "description": _TEXT_ONLY,
    "event_time": _ANOTHER,
    "source": _SOURCE,
    "online": _STORES,
    "offline": _STORES,
}
_OWN_RULES = frozenset({"name", "version", "entities", "features", "time_to_live_seconds"})


def differences(old: Document, new: Document) -> tuple[Difference, ...]:
    """Return every difference between two definitions, in the order of their paths.

    Args:
        old: The document that is deployed.
        new: The one that is to be. The order of views and of features says nothing; that of entities is a key's.
    """
    before, after = _views(old), _views(new)
    found: list[Difference] = []
    if _plain(old.get("format")) != _plain(new.get("format")):
        found.append(_difference("", "format", old.get("format"), new.get("format"), _UNKNOWN))
    for name in sorted({*before, *after}):
        found += _of_view(name, before.get(name), after.get(name))
    return tuple(found)


def classify(old: Document, new: Document) -> ChangeClass:
    """Return the class of the change from one definition to another."""
    return class_of(differences(old, new))


def class_of(found: Iterable[Difference]) -> ChangeClass:
    """Return the class of several differences together."""
    return max((one.change for one in found), default=ChangeClass.NONE)


def unacknowledged(found: Iterable[Difference], acknowledged: Iterable[str]) -> tuple[Difference, ...]:
    """Return the breaking differences that nobody has acknowledged.

    Args:
        found: What `differences` returned.
        acknowledged: Views whose loss is accepted, each as `weather_v1`.
    """
    accepted = frozenset(acknowledged)
    return tuple(one for one in found if one.change is ChangeClass.BREAKING and one.view not in accepted)


def summary(found: Iterable[Difference], target: Callable[[Difference], str]) -> str:
    """Return differences in one line: their class, and each with what happens on a target.

    Args:
        found: What `differences` returned.
        target: Takes what happens on the target from a difference.
    """
    listed = list(found)
    told = "; ".join(f"{one} ({target(one)})" for one in listed)
    return f"{class_of(listed).label}: {told}" if told else class_of(listed).label


def view_names(document: Document) -> frozenset[str]:
    """Return the views of a document, each as `weather_v1`."""
    return frozenset(_views(document))


def _of_view(name: str, old: Document | None, new: Document | None) -> Iterator[Difference]:
    path = f"views.{name}"
    if old is None or new is None:
        effect = _VIEW_ADDED if old is None else _VIEW_REMOVED
        before, now = (None if one is None else "defined" for one in (old, new))
        yield _difference(name, path, before, now, effect)
        return
    yield from _of_entities(name, path, old["entities"], new["entities"])
    yield from _of_features(name, path, _named(old["features"]), _named(new["features"]))
    yield from _of_time_to_live(name, path, old.get("time_to_live_seconds"), new.get("time_to_live_seconds"))
    rest = sorted({*old, *new} - _OWN_RULES)
    yield from _of_keys(name, path, {key: old.get(key) for key in rest}, {key: new.get(key) for key in rest})


def _of_entities(name: str, path: str, old: list[Document], new: list[Document]) -> Iterator[Difference]:
    keys, keys_now = (
        [(one["name"], {key: value for key, value in one.items() if key not in _ENTITY_EFFECTS}) for one in listed]
        for listed in (old, new)
    )
    if keys != keys_now:
        told, told_now = (", ".join(f"{one['name']} ({one['value_type']})" for one in listed) for listed in (old, new))
        yield _difference(name, f"{path}.entities", told, told_now, _ANOTHER)
        return
    for one, now in zip(old, new, strict=True):
        for key, effect in _ENTITY_EFFECTS.items():
            if one.get(key) != now.get(key):
                yield _difference(name, f"{path}.entities.{one['name']}.{key}", one.get(key), now.get(key), effect)


def _of_features(
    name: str, path: str, old: Mapping[str, Document], new: Mapping[str, Document]
) -> Iterator[Difference]:
    for feature in sorted({*old, *new}):
        place = f"{path}.features.{feature}"
        before, now = old.get(feature), new.get(feature)
        if before is None and now is not None:
            yield _difference(name, place, None, now["value_type"], _FEATURE_ADDED)
        elif before is not None and now is None:
            yield _difference(name, place, before["value_type"], None, _FEATURE_REMOVED)
        elif before is not None and now is not None:
            yield from _of_keys(name, place, before, now, _FEATURE_EFFECTS)


def _of_time_to_live(name: str, path: str, old: float | None, new: float | None) -> Iterator[Difference]:
    if old == new:
        return
    is_longer = new is None or (old is not None and new > old)
    yield _difference(name, f"{path}.time_to_live_seconds", old, new, _LONGER if is_longer else _SHORTER)


def _of_keys(
    name: str, path: str, old: Document, new: Document, effects: Mapping[str, _Effect] = _VIEW_EFFECTS
) -> Iterator[Difference]:
    for key in sorted({*old, *new}):
        if _plain(old.get(key)) != _plain(new.get(key)):
            yield _difference(name, f"{path}.{key}", old.get(key), new.get(key), effects.get(key, _UNKNOWN))


def _difference(view: str, path: str, old: object, new: object, effect: _Effect) -> Difference:
    version = view.rpartition("_v")[2] or "0"
    return Difference(
        view=view,
        path=path,
        old=_plain(old),
        new=_plain(new),
        change=effect.change,
        kubernetes=effect.kubernetes,
        sagemaker=effect.sagemaker,
        fix=effect.fix.format(version=version, next=int(version) + 1),
    )


def _views(document: Document) -> dict[str, Document]:
    return {f"{one['name']}_v{_plain(one['version'])}": one for one in document.get("views", [])}


def _named(features: Iterable[Document]) -> dict[str, Document]:
    return {one["name"]: one for one in features}


def _plain(value: object) -> object:
    """Give whole numbers back what Pulumi's protocol takes from them."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _shown(value: object) -> str:
    return "nothing" if value is None else str(value)
