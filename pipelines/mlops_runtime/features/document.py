"""Reads a feature definition's document: plain values in, views out, every wrong value told at its place."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from mlops_runtime.features.definition import FORMAT, Entity, Feature, FeatureView, ValueType
from mlops_runtime.features.errors import FeatureDefinitionError

Made = TypeVar("Made")

_TEXT = (str, "a text")
_VIEW: Mapping[str, tuple[type | tuple[type, ...], str]] = {
    "name": _TEXT,
    "version": (int, "a whole number"),
    "entities": ((list, tuple), "a list"),
    "features": ((list, tuple), "a list"),
    "event_time": _TEXT,
    "time_to_live_seconds": ((int, type(None)), "a whole number or null"),
    "source": _TEXT,
    "online": (bool, "true or false"),
    "offline": (bool, "true or false"),
}
_ENTITY = dict.fromkeys(("name", "value_type", "description"), _TEXT)
_FEATURE = dict.fromkeys(("name", "value_type", "unit", "description"), _TEXT)
_OPTIONAL = frozenset({"version", "time_to_live_seconds", "online", "offline", "unit"})


def views_of(document: Mapping[str, object]) -> tuple[FeatureView, ...]:
    """Return the views of a document.

    Raises:
        FeatureDefinitionError: With every value that is not there, is of another type, or is unknown.
    """
    problems: list[str] = []
    if document.get("format") != FORMAT or isinstance(document.get("format"), bool):
        problems.append(f"format: got {document.get('format')!r}, expected {FORMAT}, fix: write it with this version")
    views = _made(document.get("views"), "views", _view, problems)
    if problems:
        raise FeatureDefinitionError(problems)
    return tuple(views)


def _made(
    values: object, place: str, make: Callable[[Mapping[str, Any], str, list[str]], Made | None], problems: list[str]
) -> list[Made]:
    if not isinstance(values, list | tuple):
        problems.append(f"{place}: got {_shown(values)}, expected a list, fix: write one")
        return []
    found = []
    for index, value in enumerate(values):
        if not isinstance(value, Mapping):
            problems.append(f"{place}[{index}]: got {_shown(value)}, expected a mapping, fix: write its keys")
        elif (one := make(value, f"{place}[{index}]", problems)) is not None:
            found.append(one)
    return found


def _view(values: Mapping[str, Any], place: str, problems: list[str]) -> FeatureView | None:
    if not _fits(values, _VIEW, place, problems):
        return None
    entities = _made(values["entities"], f"{place}.entities", _entity, problems)
    features = _made(values["features"], f"{place}.features", _feature, problems)
    return FeatureView(**{**values, "entities": tuple(entities), "features": tuple(features)})


def _entity(values: Mapping[str, Any], place: str, problems: list[str]) -> Entity | None:
    typed = _typed(values, _ENTITY, place, problems)
    return None if typed is None else Entity(**typed)


def _feature(values: Mapping[str, Any], place: str, problems: list[str]) -> Feature | None:
    typed = _typed(values, _FEATURE, place, problems)
    return None if typed is None else Feature(**typed)


def _typed(
    values: Mapping[str, Any], known: Mapping[str, Any], place: str, problems: list[str]
) -> dict[str, Any] | None:
    if not _fits(values, known, place, problems):
        return None
    if values["value_type"] not in list(ValueType):
        problems.append(
            f"{place}.value_type: got {_shown(values['value_type'])}, expected one of {', '.join(ValueType)}, "
            "fix: choose one of them"
        )
        return None
    return {**values, "value_type": ValueType(values["value_type"])}


def _fits(values: Mapping[str, Any], known: Mapping[str, Any], place: str, problems: list[str]) -> bool:
    before = len(problems)
    problems += _unknown(values, known, place)
    for key, (kinds, expected) in known.items():
        if key not in values:
            if key not in _OPTIONAL:
                problems.append(f"{place}: got no {key}, expected {expected}, fix: add it")
        elif not isinstance(values[key], kinds) or (kinds is not bool and isinstance(values[key], bool)):
            problems.append(f"{place}.{key}: got {_shown(values[key])}, expected {expected}, fix: correct it")
    return len(problems) == before


def _unknown(values: Iterable[str], known: Iterable[str], place: str) -> list[str]:
    keys = list(known)
    return [
        f"{place}.{key}: got an unknown key, expected one of {', '.join(keys)}, fix: remove it"
        for key in values
        if key not in keys
    ]


def _shown(value: object) -> str:
    return repr(value)[:80]
