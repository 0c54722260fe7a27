"""Rows as SageMaker Feature Store has them: every value as a text, of one of three types, under its feature's name.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_feature_store_FeatureValue.html
"""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from mlops_runtime.features.definition import FeatureView, ValueType

TYPES: Mapping[ValueType, str] = {
    ValueType.FLOAT32: "Fractional",
    ValueType.FLOAT64: "Fractional",
    ValueType.INT64: "Integral",
    ValueType.BOOL: "Integral",
    ValueType.TEXT: "String",
    ValueType.DATETIME: "String",
}
"""What each type is there."""
KEY_COLUMN = "record_identifier"
"""Holds the keys of a view with several entities: a feature group has one record identifier."""
INT64_MAX = 2**63 - 1
INT64_MIN = -(2**63)


class RowError(ValueError):
    """A row cannot be a record. The text says which value, and what was expected."""


def record_of(view: FeatureView, row: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return a row as a record. A value that is missing is left out, which makes it null there.

    Args:
        view: Whose row it is.
        row: Its values, by column.

    Raises:
        RowError: The key or the event time is missing, or a value is not of its type.
    """
    values = {view.event_time: event_time_of(row.get(view.event_time), view.event_time)}
    values[key_column(view)] = key_of(view, row)
    columns = {one.name: one.value_type for one in view.entities}
    columns |= {one.name: one.value_type for one in view.features}
    for name, kind in columns.items():
        text = text_of(row.get(name), kind, name)
        if text is not None:
            values[name] = text
    return [{"FeatureName": name, "ValueAsString": text} for name, text in values.items()]


def columns_of(view: FeatureView) -> dict[str, str]:
    """Return the features that a view's feature group has, with their types there: the record identifier first."""
    columns = {key_column(view): "String"}
    columns |= {one.name: TYPES[one.value_type] for one in view.entities}
    return {**columns, view.event_time: "String", **{one.name: TYPES[one.value_type] for one in view.features}}


def key_column(view: FeatureView) -> str:
    """Return the name of the record identifier: the entity, or a column of its own for several."""
    return view.entity_names[0] if len(view.entities) == 1 else KEY_COLUMN


def key_of(view: FeatureView, row: Mapping[str, Any]) -> str:
    """Return the record identifier of a row: its key, or the keys of several entities with `|` between them.

    Raises:
        RowError: A key is missing, or not of its type.
    """
    texts = []
    for entity in view.entities:
        text = text_of(row.get(entity.name), entity.value_type, entity.name)
        # SageMaker takes no empty one.
        if not text:
            raise RowError(f"{entity.name}: got no value, expected the key of the row")
        texts.append(text)
    if len(texts) == 1:
        return texts[0]
    return "|".join(text.replace("\\", "\\\\").replace("|", "\\|") for text in texts)


def values_of(view: FeatureView, record: list[dict[str, str]] | None) -> dict[str, Any]:
    """Return the features of a record in their own types: None for what it has not, and for all without a record."""
    texts = {one["FeatureName"]: one.get("ValueAsString") for one in record or []}
    return {one.name: typed(texts.get(one.name), one.value_type) for one in view.features}


def text_of(value: Any, kind: ValueType, name: str) -> str | None:
    """Return a value as a record has it; None where it is missing.

    Raises:
        RowError: It is not of its type.
    """
    if _is_missing(value):
        return None
    if kind is ValueType.DATETIME:
        return event_time_of(value, name)
    if kind is ValueType.TEXT:
        if not isinstance(value, str):
            raise _wrong(name, value, "a text")
        return value
    if kind is ValueType.BOOL:
        if value not in (True, False):
            raise _wrong(name, value, "true or false")
        return str(int(value))
    if kind is ValueType.INT64:
        return _whole(value, name)
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise _wrong(name, value, "a number") from None
    if math.isinf(number):
        raise _wrong(name, value, "a finite number: SageMaker takes no infinity")
    return repr(number)


def typed(text: str | None, kind: ValueType) -> Any:
    """Return a record's text in its own type."""
    if text is None:
        return None
    if kind in (ValueType.FLOAT32, ValueType.FLOAT64):
        return float(text)
    if kind is ValueType.INT64:
        return int(text)
    if kind is ValueType.BOOL:
        return bool(int(text))
    return moment_of(text) if kind is ValueType.DATETIME else text


def event_time_of(value: Any, name: str) -> str:
    """Return a time as SageMaker takes it: UTC, in milliseconds, like `2013-01-01T10:00:00.000Z`.

    CreateFeatureGroup, EventTimeFeatureName: "The following formats are supported yyyy-MM-dd'T'HH:mm:ssZ and
    yyyy-MM-dd'T'HH:mm:ss.SSSZ". A time without a zone is UTC, as a definition says.

    Raises:
        RowError: It is no time.
    """
    if _is_missing(value):
        raise RowError(f"{name}: got no value, expected the time of the row")
    if hasattr(value, "to_pydatetime"):
        value = value.to_pydatetime(warn=False)
    if isinstance(value, str):
        try:
            value = moment_of(value)
        except ValueError:
            raise _wrong(name, value, "a time like 2013-01-01T10:00:00Z") from None
    if not isinstance(value, datetime):
        raise _wrong(name, value, "a time")
    utc = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"


def moment_of(text: str) -> datetime:
    """Return the time that a text says, in UTC.

    Raises:
        ValueError: It is no time.
    """
    found = datetime.fromisoformat(text)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _whole(value: Any, name: str) -> str:
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        raise _wrong(name, value, "a whole number") from None
    # A column of whole numbers with gaps comes as floats: 3.0 is 3, and 3.5 is none.
    if isinstance(value, str) or number != value or not INT64_MIN <= number <= INT64_MAX:
        raise _wrong(name, value, "a whole number of 64 bits")
    return str(number)


def _is_missing(value: Any) -> bool:
    """Tell whether there is no value: None, NaN or NaT, which differ from themselves."""
    return value is None or bool(value != value)  # noqa: PLR0124 - that is how they are known


def _wrong(name: str, value: Any, expected: str) -> RowError:
    return RowError(f"{name}: got {value!r:.80}, expected {expected}")
