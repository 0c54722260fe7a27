"""Training sets: each row with the features as they were known at its time, and none that came later."""

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd

from mlops_runtime.features.definition import FeatureStoreDefinition, FeatureView, ValueType
from mlops_runtime.features.errors import FeatureDefinitionError
from mlops_runtime.features.references import FeatureReference, references_of

Read = Callable[[FeatureView, Sequence[str]], pd.DataFrame]
"""Returns the columns of a view's source, all of its rows."""

_TIME = "__time"
_ROW = "__row"
_DTYPES = {
    ValueType.FLOAT32: "float32",
    ValueType.FLOAT64: "float64",
    ValueType.INT64: "Int64",
    ValueType.BOOL: "boolean",
    ValueType.TEXT: "object",
    ValueType.DATETIME: "datetime64[ns, UTC]",
}


def read_parquet(locate: Callable[[str], str]) -> Read:
    """Return what reads Parquet files: a file, or a folder of files.

    Args:
        locate: Where a view's source is, for this process.
    """

    def read(view: FeatureView, columns: Sequence[str]) -> pd.DataFrame:
        return pd.read_parquet(locate(view.source), columns=list(columns))

    return read


def historical(
    definition: FeatureStoreDefinition,
    entities: pd.DataFrame,
    features: Sequence[str],
    *,
    event_time: str,
    read: Read,
) -> pd.DataFrame:
    """Return rows with the features that were known at each row's time.

    Of each entity's rows the latest is taken that is no later than the row's own time, unless it is older than the
    view's time to live: what a lookup at that moment would have answered. The order in which rows came to the source
    does not matter; of several with the same time, the last one counts.

    Args:
        definition: The definition.
        entities: A row for each example, with the key of each entity and its time.
        features: Features by view and version, such as `weather_v1:wind_speed`; `weather_v1` is all of them.
        event_time: The column of `entities` with the time; without a time zone it is UTC.
        read: Reads the views' sources.

    Returns:
        The rows in their order, with a column for each feature, null where none is known.

    Raises:
        FeatureDefinitionError: A feature, or a column of `entities`, is not there.
    """
    wanted = references_of(definition, features)
    _check_columns(entities, wanted, event_time)
    frame = entities.reset_index(drop=True)
    times = pd.to_datetime(frame[event_time], utc=True).astype("datetime64[ns, UTC]")
    found = [
        _as_of(frame, times, view, [one.name for one in wanted if one.view is view], read) for view in _views(wanted)
    ]
    joined = pd.concat([frame, *found], axis="columns") if found else frame
    joined.index = entities.index
    return joined


def _views(wanted: Sequence[FeatureReference]) -> list[FeatureView]:
    return list({one.view.versioned_name: one.view for one in wanted}.values())


def _as_of(frame: pd.DataFrame, times: pd.Series, view: FeatureView, names: Sequence[str], read: Read) -> pd.DataFrame:
    keys = list(view.entity_names)
    asked = frame.loc[:, keys].copy()
    asked[_TIME], asked[_ROW] = times, frame.index
    known = read(view, [*keys, view.event_time, *names])
    known = known.assign(**{_TIME: pd.to_datetime(known[view.event_time], utc=True).astype("datetime64[ns, UTC]")})
    known = known.dropna(subset=[*keys, _TIME]).loc[:, [*keys, _TIME, *names]]
    # A row without key or time has no features; merge_asof takes neither.
    asked = asked.dropna(subset=[*keys, _TIME])
    for key, entity in zip(keys, view.entities, strict=True):
        kind: Any = "int64" if entity.value_type is ValueType.INT64 else "object"
        asked[key], known[key] = asked[key].astype(kind), known[key].astype(kind)
    # Before the join: a whole number that is missing in some row would be a float, which not every one is.
    kinds = {feature.name: _DTYPES[feature.value_type] for feature in view.features if feature.name in names}
    known = known.astype(kinds)
    age = None if view.time_to_live_seconds is None else pd.Timedelta(seconds=view.time_to_live_seconds)
    joined = pd.merge_asof(
        asked.sort_values(_TIME, kind="stable"),
        known.sort_values(_TIME, kind="stable"),
        on=_TIME,
        by=keys,
        direction="backward",
        tolerance=age,
    )
    return joined.set_index(_ROW).loc[:, list(names)].reindex(frame.index).astype(kinds)


def _check_columns(entities: pd.DataFrame, wanted: Sequence[FeatureReference], event_time: str) -> None:
    needed = dict.fromkeys([event_time, *(name for one in wanted for name in one.view.entity_names)])
    problems = [
        f"rows: got no column {name}, expected it, since features are looked up by it, fix: add it"
        for name in needed
        if name not in entities.columns
    ]
    problems += [
        f"rows: got a column {one.name}, expected none, since the feature of {one.view.versioned_name} is called so, "
        "fix: drop it"
        for one in wanted
        if one.name in entities.columns
    ]
    if problems:
        raise FeatureDefinitionError(problems)
